using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Watchword.Server.Delivery;
using Watchword.Server.Hosting;
using Watchword.Server.Portal;
using Watchword.Server.Portal.Accounts;
using Watchword.Server.Storage;

namespace Watchword.Server.Tests.Harness;

/// <summary>Which database a test runs on.</summary>
public enum Engine
{
    Sqlite,
    Postgres,
}

/// <summary>
/// A whole server on a loopback port, in production mode, with a database of its own, a clock that tests move, and a recorder in place of
/// SMS and email providers. Dispose it and its database is gone.
/// </summary>
public sealed class TestServer : IAsyncDisposable
{
    public const string ManagementClientId = "management";
    public const string ManagementClientSecret = "management-secret-0123456789";

    private readonly string _folder;
    private readonly string? _postgresDatabase;
    private readonly Func<Task<WebApplication>> _start;
    private readonly bool _ownsDatabase;
    private WebApplication _app;

    private TestServer(
        WebApplication app, Func<Task<WebApplication>> start, FakeTimeProvider clock, RecordingSender sender, LogRecorder logs, string folder, string? postgresDatabase,
        bool ownsDatabase)
    {
        (_app, _start, Clock, Sender, Logs, _folder, _postgresDatabase, _ownsDatabase) = (app, start, clock, sender, logs, folder, postgresDatabase, ownsDatabase);
        Http = new HttpClient { BaseAddress = new Uri(Url) };
    }

    public string Url => _app.Urls.First();

    /// <summary>A client without credentials.</summary>
    public HttpClient Http { get; private set; }

    /// <summary>Where a SQLite server keeps its files.</summary>
    public string Folder => _folder;

    /// <summary>The server's clock. It stands still until a test moves it.</summary>
    public FakeTimeProvider Clock { get; }

    /// <summary>What would have been sent.</summary>
    internal RecordingSender Sender { get; }

    /// <summary>Everything that was logged at the levels of production, unless the configuration says otherwise.</summary>
    public LogRecorder Logs { get; }

    public IServiceProvider Services => _app.Services;

    internal Database Database => _app.Services.GetRequiredService<Database>();

    public static async Task<TestServer> StartAsync(Engine engine = Engine.Sqlite, Action<WebApplicationBuilder>? configure = null, params (string Key, string Value)[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("watchword-test-").FullName;
        var clock = new TestClock(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
        var sender = new RecordingSender();
        var logs = new LogRecorder();
        var postgresDatabase = engine == Engine.Postgres ? await Postgres.CreateDatabaseAsync() : null;
        var configuration = new Dictionary<string, string?>
        {
            ["Logging:Console:LogLevel:Default"] = "None",
            ["Watchword:PublicUrl"] = "http://127.0.0.1:5080",
            ["Watchword:MasterKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["Watchword:Storage:Engine"] = engine.ToString(),
            ["Watchword:Storage:ConnectionString"] = postgresDatabase is null ? $"Data Source={folder}/watchword.db" : Postgres.ConnectionStringOf(postgresDatabase),
            ["Watchword:Bootstrap:ManagementClientId"] = ManagementClientId,
            ["Watchword:Bootstrap:ManagementClientSecret"] = ManagementClientSecret,
        };
        foreach (var (key, value) in settings)
            configuration[key] = value;
        return new TestServer(await RunAsync(), RunAsync, clock, sender, logs, folder, postgresDatabase, ownsDatabase: true);

        async Task<WebApplication> RunAsync()
        {
            var app = WatchwordHost.Build([], builder =>
            {
                builder.Environment.EnvironmentName = "Production";
                builder.Configuration.AddInMemoryCollection(configuration);
                builder.WebHost.UseUrls("http://127.0.0.1:0");
                builder.Services.AddSingleton<TimeProvider>(clock);
                builder.Services.AddSingleton<IMessageSender>(sender);
                builder.Services.AddSingleton(new OperatorConsole(TextWriter.Null));
                // The clock stands still, and a refusal would wait for it.
                builder.Services.AddSingleton(new RefusalPace(TimeSpan.Zero));
                builder.Services.AddSingleton(new TestKeys().Maker);
                // Passwords of administrators, which would take a tenth of a second each.
                builder.Services.PostConfigure<PasswordHasherOptions>(hasher => hasher.IterationCount = 1_000);
                configure?.Invoke(builder);
            });
            // Here, because the server clears the providers that it finds.
            app.Services.GetRequiredService<ILoggerFactory>().AddProvider(logs);
            await WatchwordHost.PrepareAsync(app);
            await app.StartAsync();
            return app;
        }
    }

    /// <summary>Stops the server and starts it again on the same database, with the same clock and sender. Its address changes.</summary>
    public async Task RestartAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _app = await _start();
        Http = new HttpClient { BaseAddress = new Uri(Url) };
    }

    /// <summary>A second server on the same database, clock and sender. Dispose it before this one.</summary>
    public async Task<TestServer> AnotherNodeAsync() =>
        new(await _start(), _start, Clock, Sender, Logs, _folder, _postgresDatabase, ownsDatabase: false);

    /// <summary>A client with a token of the bootstrap management client.</summary>
    public Task<HttpClient> ManagementAsync() => ClientAsync(ManagementClientId, ManagementClientSecret);

    /// <summary>A client with a token for these credentials.</summary>
    public async Task<HttpClient> ClientAsync(string clientId, string clientSecret)
    {
        var answer = await Http.PostAsync("/oidc/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = clientId,
            ["client_secret"] = clientSecret,
        }));
        answer.EnsureSuccessStatusCode();
        var token = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString();
        return new HttpClient { BaseAddress = Http.BaseAddress, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
    }

    /// <summary>A new application with a client that is logged in. <c>direct_otp</c> is open unless told otherwise.</summary>
    public async Task<TestApplication> ApplicationAsync(object? authMethods = null, object? settings = null, HttpClient? management = null)
    {
        management ??= await ManagementAsync();
        var created = await (await management.PostAsJsonAsync("/cis/v1/applications", new { app_name = "Acme", redirect_uris = new[] { "https://acme.example/callback" }, settings }))
            .JsonAsync(201);
        var result = created.GetProperty("result");
        var app = result.GetProperty("app_id").GetString()!;
        await (await management.PutAsJsonAsync($"/cis/loginPreferences/{app}/authMethods", authMethods ?? new { sms = new { }, email_otp = new { }, direct_otp = new { } })).JsonAsync(200);
        var (id, secret) = (result.GetProperty("client_id").GetString()!, result.GetProperty("client_secret").GetString()!);
        return new TestApplication(this, management, await ClientAsync(id, secret), app, id, secret);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (!_ownsDatabase)
            return;
        if (_postgresDatabase is not null)
            await Postgres.DropDatabaseAsync(_postgresDatabase);
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>An application, as its backend and its administrator use it.</summary>
public sealed record TestApplication(TestServer Server, HttpClient Management, HttpClient Http, string AppId, string ClientId, string ClientSecret)
{
    /// <summary>Creates a user by phone number; its id.</summary>
    public async Task<string> UserAsync(string phone = "+447400000001") =>
        (await (await Http.PostAsJsonAsync("/cis/v1/users", new { phone_number = phone })).JsonAsync(201)).GetProperty("result").GetProperty("user_id").GetString()!;

    /// <summary>Sends by any channel; the raw answer.</summary>
    public Task<HttpResponseMessage> SendAsync(string phone = "+447400000001", string channel = "direct", HttpClient? http = null) =>
        (http ?? Http).PostAsJsonAsync("/cis/v1/auth/otp/send", new { channel, identifier_type = "phone_number", identifier = phone });

    /// <summary>Has a code made on channel <c>direct</c>; the code.</summary>
    public async Task<string> CodeAsync(string phone = "+447400000001") =>
        (await (await SendAsync(phone)).JsonAsync(200)).GetProperty("code").GetString()!;

    /// <summary>Sends an SMS and waits for it; its text.</summary>
    public async Task<string> SmsAsync(string phone = "+447400000001")
    {
        var before = Server.Sender.Messages.Count;
        await (await SendAsync(phone, "sms")).JsonAsync(200);
        return (await Server.Sender.WaitAsync(before + 1)).Text;
    }

    /// <summary>Guesses; the raw answer.</summary>
    public Task<HttpResponseMessage> AuthenticateAsync(string passcode, string phone = "+447400000001", HttpClient? http = null) =>
        (http ?? Http).PostAsJsonAsync("/cis/v1/auth/otp/authenticate", new { passcode, identifier_type = "phone_number", identifier = phone });

    /// <summary>A whole login on channel <c>direct</c>; the answer with the tokens.</summary>
    public async Task<JsonElement> LoginAsync(string phone = "+447400000001") =>
        await (await AuthenticateAsync(await CodeAsync(phone), phone)).JsonAsync(200);

    /// <summary>A code that is certainly not this one.</summary>
    public static string WrongCode(string code) => (code[0] == '0' ? "1" : "0") + code[1..];
}

/// <summary>Reading answers.</summary>
public static class Answers
{
    /// <summary>The body, once the status is the expected one; otherwise the test fails and shows the body.</summary>
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage answer, int status)
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True((int)answer.StatusCode == status, $"expected {status}, got {(int)answer.StatusCode}: {body}");
        return body.Length == 0 ? default : JsonElement.Parse(body);
    }

    /// <summary>The error code of a refusal with this status.</summary>
    public static async Task<string> ErrorAsync(this HttpResponseMessage answer, int status) =>
        (await answer.JsonAsync(status)).GetProperty("error_code").ToString();
}
