using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

/// <summary>
/// The real process is killed by SIGKILL while it hands messages to a gateway, again and again. WATCHWORD_KILL_ROUNDS says how often;
/// three times unless told otherwise.
/// </summary>
public sealed class DispatchKillTests
{
    private const int Workers = 8;
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("WATCHWORD_KILL_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : 3;

    [Fact]
    public async Task No_acknowledged_message_is_lost_and_every_copy_is_counted_when_the_process_is_killed()
    {
        await using var gateway = await Gateway.StartAsync();
        using var site = new Site();
        var server = await site.StartAsync();
        var acknowledged = new ConcurrentBag<(string Phone, string User)>();
        try
        {
            var management = await server.ClientAsync(TestServer.ManagementClientId, TestServer.ManagementClientSecret);
            await management.PutAsync("/cis/v1/tenantsmsproviders", new { provider = "CustomGateway", uri = gateway.Url, api_key = "gateway-key-0123456789" }, 200);
            var app = (await management.PostAsync("/cis/v1/applications", new { app_name = "A", redirect_uris = new[] { "https://a.example/" } }, 201)).At("result");
            var phones = 0;
            for (var round = 1; round <= Rounds; round++)
            {
                var http = await server.ClientAsync(app.Str("client_id")!, app.Str("client_secret")!);
                var (before, target) = (acknowledged.Count, RandomNumberGenerator.GetInt32(50, 250));
                var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var load = Enumerable.Range(0, Workers).Select(_ => WorkAsync(http, () => $"+447{400_000_000 + Interlocked.Increment(ref phones)}", one =>
                {
                    acknowledged.Add(one);
                    if (acknowledged.Count - before >= target)
                        enough.TrySetResult();
                })).ToList();
                await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
                await server.KillAsync();
                await Task.WhenAll(load);
                await server.DisposeAsync();
                server = await site.StartAsync();
            }
            // The last of the dead hold their messages until their lease ends.
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
            while (Read(site.DatabaseFile, m => m.Values.Any(r => r.Status is "queued" or "sending")))
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, patience.Token);
        }
        finally
        {
            await server.DisposeAsync();
        }

        var messages = Read(site.DatabaseFile, m => m);
        var copies = 0;
        foreach (var (phone, user) in acknowledged)
        {
            var message = messages[user];
            var taken = gateway.Taken(phone);
            // Two unknown tries end a message; whether it arrived is not known, and its record says that.
            Assert.True(taken >= 1 || message is { Status: "failed", UnknownTries: 2 }, $"A message was lost: {message}");
            Assert.True(message.Status == "sent" || message is { Status: "failed", UnknownTries: 2 }, $"A message is not over: {message}");
            Assert.True(taken <= 1 + message.UnknownTries && taken <= 2, $"A copy was not counted: {taken} taken, {message}");
            copies += Math.Max(0, taken - 1);
        }
        Assert.True(copies <= messages.Values.Sum(m => m.UnknownTries));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Rounds} rounds: {acknowledged.Count} acknowledged, {messages.Values.Sum(m => m.UnknownTries)} tries unknown, {copies} second copies, {messages.Values.Count(m => m.Status == "failed")} given up");
    }

    private static async Task WorkAsync(HttpClient http, Func<string> newPhone, Action<(string Phone, string User)> acknowledge)
    {
        try
        {
            while (true)
            {
                var phone = newPhone();
                var user = (await http.PostAsync("/cis/v1/users", new { phone_number = phone }, 201)).Str("result", "user_id")!;
                await http.PostAsync("/cis/v1/auth/otp/send", new { channel = "sms", identifier_type = "phone_number", identifier = phone }, 200);
                acknowledge((phone, user));
            }
        }
        catch (HttpRequestException)
        {
            // Killed in the middle of an answer, or before it.
        }
        catch (IOException)
        {
            // The same, while the body was read.
        }
    }

    private static T Read<T>(string file, Func<Dictionary<string, Row>, T> read)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT user_id, status, tries, unknown_tries, fault FROM outbox";
        using var reader = command.ExecuteReader();
        var rows = new Dictionary<string, Row>();
        while (reader.Read())
            rows.Add(reader.GetString(0), new Row(reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.IsDBNull(4) ? null : reader.GetString(4)));
        return read(rows);
    }

    private sealed record Row(string Status, long Tries, long UnknownTries, string? Fault);

    /// <summary>A gateway that outlives the server: it counts what it takes, each a moment after it came.</summary>
    private sealed class Gateway : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<string, int> _taken = new();
        private readonly WebApplication _app;

        private Gateway(WebApplication app) => _app = app;

        public string Url => _app.Urls.First() + "/sms";

        public int Taken(string phone) => _taken.GetValueOrDefault(phone);

        public static async Task<Gateway> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var gateway = new Gateway(app);
            app.MapGet("/sms", (HttpContext context) => Results.Json(new { key = context.Request.Headers["X-Verification-Key"].ToString() }));
            app.MapPost("/sms", async (JsonElement body) =>
            {
                gateway._taken.AddOrUpdate(body.GetProperty("phone_number").GetString()!, 1, (_, n) => n + 1);
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
                return Results.Ok();
            });
            await app.StartAsync();
            return gateway;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
