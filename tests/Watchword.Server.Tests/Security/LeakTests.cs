using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Watchword.Server.Delivery;
using Watchword.Server.Tests.Delivery.Providers;
using Watchword.Server.Tests.Events;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class LeaksOnSqlite() : LeakTests(Engine.Sqlite);

public sealed class LeaksOnPostgres() : LeakTests(Engine.Postgres);

/// <summary>
/// Logins watched through every opening at once: answers, logs at every level, traces, metrics and the database. No code, no secret, no
/// whole phone number is seen where it does not belong (I12, I13).
/// </summary>
public abstract class LeakTests(Engine engine) : IAsyncLifetime
{
    // Nobody else's in the process, since traces and metrics are heard from all servers in it.
    private readonly string _phone = engine == Engine.Sqlite ? "+447400771234" : "+447400775678";
    private readonly string _custom = engine == Engine.Sqlite ? "+447400881234" : "+447400885678";
    private readonly ConcurrentQueue<string> _heard = new();
    private readonly ConcurrentQueue<string> _answers = new();
    private readonly ActivityListener _traces = new();
    private readonly MeterListener _metrics = new();
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        // All but what the tests' own HTTP client says of itself.
        _traces.ShouldListenTo = source => source.Name != "System.Net.Http";
        _traces.Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded;
        _traces.ActivityStopped = activity => _heard.Enqueue(
            $"{activity.OperationName} {activity.DisplayName} {activity.StatusDescription} {Join(activity.TagObjects)} {Join(activity.Baggage!)} "
            + string.Join(' ', activity.Events.Select(e => e.Name + " " + Join(e.Tags))));
        ActivitySource.AddActivityListener(_traces);
        _metrics.InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument);
        _metrics.SetMeasurementEventCallback<long>((instrument, _, tags, _) => _heard.Enqueue($"{instrument.Name} {Join(tags.ToArray())}"));
        _metrics.SetMeasurementEventCallback<double>((instrument, _, tags, _) => _heard.Enqueue($"{instrument.Name} {Join(tags.ToArray())}"));
        _metrics.SetMeasurementEventCallback<int>((instrument, _, tags, _) => _heard.Enqueue($"{instrument.Name} {Join(tags.ToArray())}"));
        _metrics.Start();
        _server = await TestServer.StartAsync(
            engine,
            builder => builder.Services.PostConfigure<LoggerFilterOptions>(filter =>
            {
                filter.Rules.Clear();
                filter.Rules.Add(new LoggerFilterRule(null, null, LogLevel.None, null));
                filter.Rules.Add(new LoggerFilterRule(typeof(LogRecorder).FullName, null, LogLevel.Trace, null));
            }),
            // Nobody listens there; what matters is that the instrumentation is switched on.
            ("Watchword:Telemetry:OtlpEndpoint", "http://127.0.0.1:9"));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _traces.Dispose();
        _metrics.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_login_leaves_no_code_no_secret_and_no_number_behind()
    {
        var plain = await _server.ApplicationAsync(
            new { sms = new { codeLength = 8, maxFailures = 20 }, email_otp = new { codeLength = 8 }, direct_otp = new { codeLength = 8 } }, Attack.NoSendLimits);
        using var recorded = new HttpClient(new Recorder(_answers)) { BaseAddress = new Uri(_server.Url) };
        recorded.DefaultRequestHeaders.Authorization = plain.Http.DefaultRequestHeaders.Authorization;
        var app = plain with { Http = recorded };
        List<string> secrets = [TestServer.ManagementClientSecret, app.ClientSecret, .. TokenParts(recorded.DefaultRequestHeaders.Authorization!.Parameter!)];
        var user = (await (await app.PostAsync("/cis/v1/users", new { phone_number = _phone, email = "alice@leaks.example" })).JsonAsync(201)).GetProperty("result").Text("user_id");

        // While the provider is down, its message waits on disk.
        string? waiting = null;
        _server.Sender.Answer = message =>
        {
            waiting = Attack.CodeIn(message.Text);
            return new SendResult(SendOutcome.TryLater, "The provider is busy.");
        };
        var sent = await (await app.SendAsync(new
        {
            channel = "sms", identifier_type = "phone_number", identifier = _phone, generate_request_id = true, approval_data = new { iban = "GB33BUKB20201555555555" },
        })).JsonAsync(200);
        await Attack.UntilAsync(async () => await _server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE fault IS NOT NULL") > 0);
        Assert.NotNull(waiting);
        var requestId = sent.Text("request_id");
        secrets.AddRange([waiting, requestId, "GB33BUKB20201555555555"]);
        await NothingAsync(secrets, isAnswerOf: "request_id");
        _server.Sender.Answer = _ => new SendResult(SendOutcome.Accepted);
        _server.Clock.Advance(TimeSpan.FromSeconds(2));

        // Codes by SMS, to a custom number and by email; wrong guesses, right ones and garbage.
        var codes = new List<string> { Attack.CodeIn((await _server.Sender.WaitAsync(1)).Text) };
        await Refused(await app.AuthenticateAsync(new { passcode = TestApplication.WrongCode(codes[0]), identifier_type = "phone_number", identifier = _phone }));
        await Refused(await app.AuthenticateAsync(new { passcode = codes[0], identifier_type = "nonsense", identifier = _phone }));
        await Refused(await recorded.PostAsync("/cis/v1/auth/otp/authenticate", new StringContent($"{{\"passcode\":{codes[0]},\"identifier\":", Encoding.UTF8, "application/json")));
        await Refused(await app.AuthenticateAsync(new { passcode = codes[0], identifier_type = "phone_number", identifier = _phone, claims = codes[0] }));
        var login = await (await app.AuthenticateAsync(new { passcode = codes[0], identifier_type = "phone_number", identifier = _phone, request_id = requestId })).JsonAsync(200);
        codes.Add(Attack.CodeIn((await app.MessageAsync(new { channel = "sms", identifier_type = "user_id", identifier = user, custom_phone_number = _custom })).Text));
        await (await app.AuthenticateAsync(codes[1], _phone)).JsonAsync(200);
        codes.Add(Attack.CodeIn((await app.MessageAsync(new { channel = "email", identifier_type = "phone_number", identifier = _phone })).Text));
        await (await app.AuthenticateAsync(codes[2], _phone)).JsonAsync(200);
        await (await app.SendAsync(new { channel = "direct", identifier_type = "phone_number", identifier = "+447400999999" })).JsonAsync(404);
        var direct = (await (await plain.SendAsync(new { channel = "direct", identifier_type = "phone_number", identifier = _phone })).JsonAsync(200)).Text("code");
        var again = await (await app.RefreshAsync(login.Text("refresh_token"))).JsonAsync(200);
        var resumed = await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(200);
        await (await app.RefreshAsync(login.Text("refresh_token"))).JsonAsync(400);
        await app.IntrospectAsync(again.Text("access_token"));
        await (await app.PostAsync("/cis/v1/users", new { phone_number = _phone })).JsonAsync(409);

        // An accident: the log will hold an exception from the depths.
        await _server.TamperAsync("ALTER TABLE challenges RENAME TO gone");
        await (await app.SendAsync(new { channel = "sms", identifier_type = "phone_number", identifier = _phone })).JsonAsync(500);
        await (await app.AuthenticateAsync(codes[0], _phone)).JsonAsync(500);
        await _server.TamperAsync("ALTER TABLE gone RENAME TO challenges");

        secrets.AddRange([.. codes, direct]);
        foreach (var tokens in (JsonElement[])[login, again, resumed])
        {
            foreach (var name in (string[])["access_token", "id_token", "refresh_token", "session_id"])
            {
                if (tokens.TryGetProperty(name, out var token))
                    secrets.AddRange(TokenParts(token.GetString()!));
            }
        }
        Assert.DoesNotContain(_answers, answer => codes.Append(direct).Any(code => answer.Contains(code, StringComparison.Ordinal)));
        await NothingAsync(secrets, isAnswerOf: null);

        static async Task Refused(HttpResponseMessage answer) => Assert.Equal(400, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_login_by_a_configured_gateway_leaves_no_code_no_text_and_no_credential_behind()
    {
        const string Key = "key-of-the-gateway-6e1f", Secret = "secret-of-the-callback-9a2b";
        await using var gateway = new LoopbackGateway();
        // Busy at first, and it repeats all that it was told.
        gateway.Answer = asked => asked.Method == "GET"
            ? new(200, $$"""{"key":"{{asked.Headers["X-Verification-Key"]}}"}""")
            : gateway.Requests.Count(r => r.Method == "POST") == 1
                ? new(503, JsonSerializer.Serialize(new { error = "busy", message = $"busy: {asked.Json.Text("message")} to {asked.Json.Text("phone_number")} by {Key}" }))
                : new(200, """{"id":"gw-17"}""");
        var plain = await _server.ApplicationAsync(new { sms = new { codeLength = 8 } });
        using var management = new HttpClient(new Recorder(_answers)) { BaseAddress = new Uri(_server.Url) };
        management.DefaultRequestHeaders.Authorization = plain.Management.DefaultRequestHeaders.Authorization;
        using var recorded = new HttpClient(new Recorder(_answers)) { BaseAddress = new Uri(_server.Url) };
        recorded.DefaultRequestHeaders.Authorization = plain.Http.DefaultRequestHeaders.Authorization;
        var app = plain with { Http = recorded };
        await (await management.PutAsJsonAsync(
            "/cis/v1/tenantsmsproviders", new { provider = "CustomGateway", uri = gateway.Url + "/sms", api_key = Key, callback_secret = Secret })).JsonAsync(200);
        await app.UserAsync(_phone);

        await (await app.SendAsync(_phone, "sms")).JsonAsync(200);
        await Attack.UntilAsync(async () => await _server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE fault IS NOT NULL") > 0);
        var asked = gateway.Requests[^1];
        var text = asked.Json.Text("message");
        var code = Attack.CodeIn(text);
        Assert.Equal((_phone, Key), (asked.Json.Text("phone_number"), asked.Headers["X-API-Key"]));
        string[] secrets = [Key, Secret, text, code];
        await NothingAsync(secrets, isAnswerOf: null);

        _server.Clock.Advance(TimeSpan.FromSeconds(2));
        await Attack.UntilAsync(async () => await _server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE status = 'sent'") > 0);
        var receipts = new Uri(asked.Headers["X-Receipt-Url"]).PathAndQuery;
        foreach (var (status, key) in new (int, string)[] { (403, "secret-of-somebody-else"), (200, Secret), (200, Secret) })
        {
            var report = JsonSerializer.SerializeToUtf8Bytes(new { message_id = asked.Headers["X-Message-Id"], status = "delivered", error_code = code, id = _phone });
            using var body = new ByteArrayContent(report);
            body.Headers.Add("X-Signature", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), report)));
            await (await management.PostAsync(receipts, body)).JsonAsync(status);
        }
        await (await app.AuthenticateAsync(TestApplication.WrongCode(code), _phone)).JsonAsync(400);
        await (await app.AuthenticateAsync(code, _phone)).JsonAsync(200);

        // All that an administrator can read of it.
        foreach (var path in (string[])["", "/kinds", "/health"])
            await (await management.GetAsync("/cis/v1/tenantsmsproviders" + path)).JsonAsync(200);
        var logged = Assert.Single((await (await management.GetAsync("/cis/v1/messages")).JsonAsync(200)).GetProperty("result").EnumerateArray());
        Assert.Equal(("delivered", "CustomGateway"), (logged.Text("status"), logged.Text("provider")));
        await (await management.PostAsJsonAsync("/cis/v1/tenantsmsproviders/test", new { to = _custom })).JsonAsync(200);
        Assert.Contains(_answers, a => a.Contains("busy", StringComparison.Ordinal));
        foreach (var secret in secrets.Append(_phone[1..]))
            Assert.DoesNotContain(_answers, a => a.Contains(secret, StringComparison.Ordinal) && !a.Contains("\"phone_number_verified\"", StringComparison.Ordinal));
        await NothingAsync(secrets, isAnswerOf: null);
    }

    [Fact]
    public async Task A_login_by_a_test_number_leaves_neither_its_number_nor_its_fixed_code_behind()
    {
        var app = await _server.ApplicationAsync();
        await app.UserAsync(_phone);
        const string Code = "73829164";
        await app.ChangeSettingsAsync(new
        {
            test_numbers = new[] { _phone, _custom }.Select(number => new { phone_number = number, code = Code, expires_at = _server.Clock.GetUtcNow().AddDays(1).ToString("O") }),
        });
        await (await app.SendAsync(_phone, "sms")).JsonAsync(200);
        await (await app.AuthenticateAsync(TestApplication.WrongCode(Code), _phone)).JsonAsync(400);
        await (await app.AuthenticateAsync(Code, _phone)).JsonAsync(200);
        await (await app.SendAsync(new { channel = "sms", identifier_type = "phone_number", identifier = _phone, custom_phone_number = _custom })).JsonAsync(200);
        await (await app.AuthenticateAsync(Code, _phone)).JsonAsync(200);
        await (await app.Management.PutAsJsonAsync($"/cis/v1/applications/{app.AppId}", new { settings = new { test_numbers = new[] { new { phone_number = _phone, code = Code } } } })).JsonAsync(400);
        await NothingAsync([Code], isAnswerOf: null);
    }

    [Fact]
    public async Task A_number_in_an_address_reaches_neither_logs_nor_traces()
    {
        // At the levels of production: at others the web server's own log holds every address that was asked for.
        await using var server = await TestServer.StartAsync(engine, settings: ("Watchword:Telemetry:OtlpEndpoint", "http://127.0.0.1:9"));
        var app = await server.ApplicationAsync();
        await app.UserAsync(_phone);
        await (await app.Http.GetAsync($"/cis/v1/users/phone-number/{Uri.EscapeDataString(_phone)}")).JsonAsync(200);
        await (await app.Http.GetAsync($"/cis/v1/users?search={Uri.EscapeDataString($"phone_number eq \"{_phone}\"")}")).JsonAsync(200);
        await (await app.Http.GetAsync("/cis/v1/users/email/carol@leaks.example")).JsonAsync(404);
        Assert.NotEmpty(server.Logs.Lines);
        Assert.Contains(_heard, line => line.Contains("/cis/v1/users/phone-number/", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Logs.Lines.Concat(_heard), line =>
            line.Contains(_phone[1..], StringComparison.Ordinal) || line.Contains("carol", StringComparison.Ordinal));
    }

    /// <summary>Looks everywhere but in the answers.</summary>
    private async Task NothingAsync(IReadOnlyList<string> secrets, string? isAnswerOf)
    {
        try
        {
            _metrics.RecordObservableInstruments();
        }
        catch (AggregateException)
        {
            // Gauges of servers that other tests have stopped meanwhile; those of this one were read all the same.
        }
        await _server.RelayAsync();
        Assert.NotEqual(0, await _server.PeekAsync<long>("SELECT COUNT(*) FROM audit"));
        Assert.Contains(_server.Logs.Lines, line => line.StartsWith("Trace", StringComparison.Ordinal) || line.StartsWith("Debug", StringComparison.Ordinal));
        Assert.Contains(_heard, line => line.Contains("watchword.otp.sends", StringComparison.Ordinal));
        Assert.Contains(_heard, line => line.Contains("/cis/v1/auth/otp/send", StringComparison.Ordinal));
        string[] numbers = [_phone[1..], _custom[1..]];
        foreach (var line in _server.Logs.Lines.Concat(_heard))
        {
            foreach (var secret in secrets.Concat(numbers))
                Assert.False(line.Contains(secret, StringComparison.Ordinal), $"{secret} in: {line}");
        }

        foreach (var (where, bytes) in await _server.ColumnsAsync())
        {
            foreach (var secret in where == "users.phone_number" ? secrets : secrets.Concat(numbers))
                Assert.False(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0, $"{secret} in {where}: {Encoding.UTF8.GetString(bytes)}");
        }
        foreach (var file in Directory.GetFiles(_server.Folder))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var memory = new MemoryStream();
            await stream.CopyToAsync(memory);
            Assert.NotEqual(0, memory.Length);
            foreach (var secret in secrets)
                Assert.False(memory.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0, $"{secret} in {Path.GetFileName(file)}");
        }
        Assert.True(isAnswerOf is null || _answers.Any(a => a.Contains(isAnswerOf, StringComparison.Ordinal)));
    }

    /// <summary>A token, and each part of it that is secret by itself.</summary>
    private static IEnumerable<string> TokenParts(string token) => [token, token.Split('.')[^1]];

    private static string Join(IEnumerable<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.Select(t => $"{t.Key}={t.Value}"));

    private static string Join(IEnumerable<KeyValuePair<string, string?>> tags) => string.Join(' ', tags.Select(t => $"{t.Key}={t.Value}"));

    private sealed class Recorder(ConcurrentQueue<string> answers) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            await answer.Content.LoadIntoBufferAsync(cancellationToken);
            answers.Enqueue(answer.ToString() + await answer.Content.ReadAsStringAsync(cancellationToken));
            return answer;
        }
    }
}
