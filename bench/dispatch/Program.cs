// What the dispatcher does in a second, and what a broken provider costs those who send. Everything is in this process and on the same
// cores: the server, the gateway and the load.
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Watchword.Core;
using Watchword.Core.Otp;
using Watchword.DispatchBench;
using Watchword.Server.Delivery;
using Watchword.Server.Hosting;
using Watchword.Server.Storage;

var arguments = new ConfigurationBuilder().AddCommandLine(args).Build();
var folder = Directory.CreateDirectory(Path.Combine(arguments["folder"] ?? throw new InvalidOperationException("Say --folder DIR, on a real disk."), "dispatch-" + Environment.ProcessId)).FullName;
var messages = int.Parse(arguments["messages"] ?? "20000", CultureInfo.InvariantCulture);
var seconds = int.Parse(arguments["seconds"] ?? "15", CultureInfo.InvariantCulture);
var rate = int.Parse(arguments["rate"] ?? "200", CultureInfo.InvariantCulture);
try
{
    if (arguments["only"] is null or "throughput")
        await ThroughputAsync();
    if (arguments["only"] is null or "latency")
    {
        Console.WriteLine($"send under {rate} sends/s for {seconds} s, first provider in a mood, second fast");
        Console.WriteLine("| first provider | p50 ms | p99 ms | sent | copies that may be double | not sent |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var mood in Enum.GetValues<Mood>())
            await LatencyAsync(mood);
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

async Task ThroughputAsync()
{
    await using var gateway = await Gateway.StartAsync();
    for (var round = 1; round <= 3; round++)
    {
        var app = await StartAsync($"throughput{round}", new GatewaySender("fast", gateway.Url));
        var (database, outbox, time) = (app.Services.GetRequiredService<Database>(), app.Services.GetRequiredService<Outbox>(), TimeProvider.System);
        var now = time.GetUtcNow();
        // Due a little later, so that the clock starts when all are on disk.
        var due = now.AddMinutes(1);
        for (var done = 0; done < messages; done += 1000)
        {
            var rows = Enumerable.Range(done, Math.Min(1000, messages - done)).Select(i => MessageOf(outbox, now, i)).ToList();
            await database.WriteAsync(async db =>
            {
                var store = new OutboxStore(db);
                foreach (var row in rows)
                    await store.AddAsync(row);
                await db.ExecuteAsync("UPDATE outbox SET next_try_at = @due WHERE next_try_at <= @now", new { due = due.ToUnixTimeMilliseconds(), now = now.ToUnixTimeMilliseconds() });
            });
        }
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        await database.WriteAsync(async db => await db.ExecuteAsync("UPDATE outbox SET next_try_at = created_at"));
        var began = Stopwatch.GetTimestamp();
        outbox.Ring();
        while (await CountAsync(database, "status <> 'sent'") > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        var (tries, unknown) = (await SumAsync(database, "tries"), await SumAsync(database, "unknown_tries"));
        Console.WriteLine(
            $"throughput, round {round}: {messages} messages in {took:F2} s = {messages / took:F0}/s; {cpu.TotalMicroseconds / messages:F0} µs of CPU each, gateway included; tries {tries}, unknown {unknown}");
        await app.StopAsync();
        await app.DisposeAsync();
    }
}

async Task LatencyAsync(Mood mood)
{
    await using var first = await Gateway.StartAsync();
    await using var second = await Gateway.StartAsync();
    var app = await StartAsync("latency" + mood, new GatewaySender("first", first.Url), new GatewaySender("second", second.Url));
    var database = app.Services.GetRequiredService<Database>();
    var http = await ApplicationAsync(app);
    const int Users = 500;
    for (var i = 0; i < Users; i++)
        (await http.PostAsJsonAsync("/cis/v1/users", new { phone_number = PhoneOf(i) })).EnsureSuccessStatusCode();
    await LoadAsync(http, Users, 3);
    first.Mood = mood;
    var took = await LoadAsync(http, Users, seconds);
    var began = Stopwatch.GetTimestamp();
    while (await CountAsync(database, "status IN ('queued', 'sending')") > 0 && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(2))
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
    Array.Sort(took);
    var (sent, unknown, notSent) = (await CountAsync(database, "status = 'sent'"), await SumAsync(database, "unknown_tries"), await CountAsync(database, "status <> 'sent'"));
    Console.WriteLine($"| {mood} | {took[took.Length / 2]:F1} | {took[took.Length * 99 / 100]:F1} | {sent} | {unknown} | {notSent} |");
    first.Mood = Mood.Down;
    await app.StopAsync();
    await app.DisposeAsync();
}

// An open loop: a send begins every 1/rate s, whether or not those before it are done; so a server that is slow is not spared.
async Task<double[]> LoadAsync(HttpClient http, int users, int duration)
{
    var sends = new List<Task<double>>();
    var began = Stopwatch.GetTimestamp();
    for (var i = 0; i < rate * duration; i++)
    {
        var wait = TimeSpan.FromSeconds((double)i / rate) - Stopwatch.GetElapsedTime(began);
        if (wait > TimeSpan.FromMilliseconds(1))
            await Task.Delay(wait, TimeProvider.System);
        sends.Add(SendAsync(http, PhoneOf(i % users)));
    }
    return await Task.WhenAll(sends);
}

static async Task<double> SendAsync(HttpClient http, string phone)
{
    var began = Stopwatch.GetTimestamp();
    (await http.PostAsJsonAsync("/cis/v1/auth/otp/send", new { channel = "sms", identifier_type = "phone_number", identifier = phone })).EnsureSuccessStatusCode();
    return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
}

async Task<WebApplication> StartAsync(string name, params IMessageSender[] senders)
{
    var app = WatchwordHost.Build([], builder =>
    {
        builder.Environment.EnvironmentName = "Production";
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Logging:Console:LogLevel:Default"] = "None",
            ["Watchword:PublicUrl"] = "http://127.0.0.1:5080",
            ["Watchword:MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["Watchword:Storage:ConnectionString"] = $"Data Source={folder}/{name}.db",
            ["Watchword:Bootstrap:ManagementClientId"] = "management",
            ["Watchword:Bootstrap:ManagementClientSecret"] = "management-secret-0123456789",
        });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        foreach (var sender in senders)
            builder.Services.AddSingleton(sender);
    });
    await WatchwordHost.PrepareAsync(app);
    await app.StartAsync();
    return app;
}

static async Task<HttpClient> ApplicationAsync(WebApplication app)
{
    var management = await ClientAsync(app, "management", "management-secret-0123456789");
    var answer = await management.PostAsJsonAsync("/cis/v1/applications", new
    {
        app_name = "Bench",
        redirect_uris = (string[])["https://bench.example/"],
        settings = new { send_limits = new { cooldown_seconds = 0, per_10_minutes = 0, per_hour = 0, per_day = 0 } },
    });
    var result = (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("result");
    return await ClientAsync(app, result.GetProperty("client_id").GetString()!, result.GetProperty("client_secret").GetString()!);
}

static async Task<HttpClient> ClientAsync(WebApplication app, string id, string secret)
{
    var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(app.Urls.First()) };
    var answer = await http.PostAsync("/oidc/token", new FormUrlEncodedContent(new Dictionary<string, string>
    {
        ["grant_type"] = "client_credentials", ["client_id"] = id, ["client_secret"] = secret,
    }));
    var token = (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString();
    http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    return http;
}

static OutboxMessage MessageOf(Outbox outbox, DateTimeOffset now, int i) => Sealed(outbox, Ids.New(now), now, i);

static OutboxMessage Sealed(Outbox outbox, string id, DateTimeOffset now, int i) => new()
{
    TenantId = "bench",
    MessageId = id,
    AppId = "bench",
    UserId = "u" + i,
    Channel = OtpChannel.Sms,
    Body = outbox.SealBody("bench", id, new MessageContent(PhoneOf(i), null, "This is your One Time Password: 123456 from Bench", null)),
    MaskedDestination = "+44",
    Region = "GB",
    Segments = 1,
    CreatedAt = now,
    ExpiresAt = now.AddMinutes(10),
};

static string PhoneOf(int i) => "+447" + (400_000_000 + i).ToString(CultureInfo.InvariantCulture);

static async Task<long> CountAsync(Database database, string where) => await database.ReadAsync(db => db.FirstAsync<long>("SELECT COUNT(*) FROM outbox WHERE " + where));

static async Task<long> SumAsync(Database database, string column) => await database.ReadAsync(db => db.FirstAsync<long>($"SELECT COALESCE(SUM({column}), 0) FROM outbox"));
