// What the portal's Dashboard and Messages pages wait for, with much in the database.
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Watchword.Core.Statistics;
using Watchword.ReadsBench;
using Watchword.Server.Administration;
using Watchword.Server.Storage;

var arguments = new ConfigurationBuilder().AddCommandLine(args).Build();
var folder = Path.Combine(arguments["folder"] ?? throw new InvalidOperationException("Say --folder DIR, on a real disk."), "reads");
var postgres = arguments["engine"] == "postgres";
var messages = int.Parse(arguments["messages"] ?? "5000000", CultureInfo.InvariantCulture);
Directory.CreateDirectory(folder);
var options = new StorageOptions
{
    Engine = postgres ? Database.StorageEngine.Postgres : Database.StorageEngine.Sqlite,
    ConnectionString = arguments["connection"] ?? $"Data Source={folder}/watchword.db",
};
Migrations.Run(options);
await using (var database = Database.Open(options))
{
    var time = new StillTime(await NowAsync(database));
    if (await database.ReadAsync(db => db.FirstAsync<string>("SELECT message_id FROM outbox LIMIT 1")) is null)
    {
        var began = Stopwatch.GetTimestamp();
        var seed = new Seed(database, time.GetUtcNow());
        await seed.StatisticsAsync();
        await seed.MessagesAsync(messages);
        if (postgres)
            await AnalyzeAsync();
        Console.WriteLine($"filled in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s");
    }
    Console.WriteLine($"{options.Engine}, {messages:N0} messages, best, median and worst of 15, after one that is not counted (in brackets)");
    Console.WriteLine("| | ms |\n|---|--:|");

    var dashboard = new Dashboard(database, time);
    foreach (var period in arguments["only"] is null or "dashboard" ? DashboardPeriod.All : [])
    {
        await MeasureAsync($"dashboard, {period.Name}, all applications", () => dashboard.ReadAsync(Seed.Tenant, period));
        await MeasureAsync($"dashboard, {period.Name}, one application", () => dashboard.ReadAsync(Seed.Tenant, period, Seed.App(7)));
    }
    (string Name, MessageLogQuery Query)[] queries =
    [
        ("no filter", new()),
        ("delivered", new() { Status = "delivered" }),
        ("failed, one in 50,000", new() { Status = "failed" }),
        ("undelivered, one in 30", new() { Status = "undelivered" }),
        ("undelivered in a country that is rare", new() { Status = "undelivered", Region = Seed.RareRegion }),
        ("queued, of which there are none", new() { Status = "queued" }),
        ("a country that is common", new() { Region = "GB" }),
        ("a country seen once", new() { Region = Seed.RareRegion }),
        ("a provider no longer used", new() { ProviderId = Seed.OldProvider }),
        ("a user", new() { UserId = Seed.RareUser }),
        ("an application", new() { AppId = Seed.App(7) }),
        ("an application that is not there", new() { AppId = "nothing" }),
        ("all filters but user", new() { AppId = Seed.App(7), Channel = "sms", Status = "sent", ProviderId = "twilio", Region = "AU" }),
        ("a rare provider, in one week", new() { ProviderId = Seed.OldProvider, Since = time.GetUtcNow().AddDays(-90), Until = time.GetUtcNow().AddDays(-83) }),
    ];
    foreach (var (name, query) in arguments["only"] is null or "messages" ? queries : [])
    {
        var page = new MessagePage([], null);
        await MeasureAsync($"messages: {name}", async () => page = await database.ReadAsync(db => new MessageLogStore(db).ReadAsync(Seed.Tenant, query, 50)));
        var pages = 1;
        var began = Stopwatch.GetTimestamp();
        for (var found = page.Messages.Count; found < 50 && page.NextBefore is { } next; found += page.Messages.Count, pages++)
            page = await database.ReadAsync(db => new MessageLogStore(db).ReadAsync(Seed.Tenant, query with { Before = next }, 50));
        if (pages > 1)
            Console.WriteLine($"| … {pages} pages to fifty messages, or to the end | {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} in all |");
    }
}
if (!postgres && arguments["keep"] is null)
    Directory.Delete(folder, recursive: true);

async Task MeasureAsync(string name, Func<Task> read)
{
    var first = await TimeAsync(read);
    var times = new List<double>();
    for (var i = 0; i < 15; i++)
        times.Add(await TimeAsync(read));
    times.Sort();
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {times[0]:0.0}, {times[7]:0.0}, {times[^1]:0.0} ({first:0.0}) |"));
}

static async Task<double> TimeAsync(Func<Task> read)
{
    var began = Stopwatch.GetTimestamp();
    await read();
    return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
}

// A database that was kept is read as of when it was filled.
static async Task<DateTimeOffset> NowAsync(Database database) =>
    await database.ReadAsync(db => db.FirstAsync<long?>("SELECT MAX(at) FROM code_statistics WHERE tenant_id = @tenant AND app_id = '' AND grain = 60000", new { tenant = Seed.Tenant })) is { } last
        ? last.At()
        : Grain.Minute.Begin(TimeProvider.System.GetUtcNow());

async Task AnalyzeAsync()
{
    await using var source = NpgsqlDataSource.Create(options.ConnectionString!);
    await using var command = source.CreateCommand("VACUUM ANALYZE");
    command.CommandTimeout = 0;
    await command.ExecuteNonQueryAsync();
}

/// <summary>A clock that stands still.</summary>
internal sealed class StillTime(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
