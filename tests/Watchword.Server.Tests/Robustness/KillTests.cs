using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

/// <summary>
/// What was acknowledged is on disk: the real process is killed by SIGKILL in the middle of its work, started again, and asked.
/// WATCHWORD_KILL_ROUNDS says how often; three times unless told otherwise.
/// </summary>
public sealed class KillTests
{
    private const int Workers = 16;
    private static int Rounds => int.TryParse(Environment.GetEnvironmentVariable("WATCHWORD_KILL_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : 3;

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_no_code_works_twice_when_the_process_is_killed()
    {
        using var site = new Site();
        var server = await site.StartAsync();
        try
        {
            var management = await server.ClientAsync(TestServer.ManagementClientId, TestServer.ManagementClientSecret);
            var app = (await management.PostAsync("/cis/v1/applications", new { app_name = "A", redirect_uris = new[] { "https://a.example/" } }, 201)).At("result");
            await management.PutAsync($"/cis/loginPreferences/{app.Str("app_id")}/authMethods", new { direct_otp = new { } }, 200);
            var phones = 0;
            for (var round = 1; round <= Rounds; round++)
            {
                var http = await server.ClientAsync(app.Str("client_id")!, app.Str("client_secret")!);
                var done = new Acknowledged();
                var load = Enumerable.Range(0, Workers).Select(w => WorkAsync(http, done, () => $"+447{500_000_000 + Interlocked.Increment(ref phones)}")).ToList();
                await done.ReachedAsync(RandomNumberGenerator.GetInt32(150, 700));
                await server.KillAsync();
                await Task.WhenAll(load);
                await server.DisposeAsync();

                server = await site.StartAsync();
                http = await server.ClientAsync(app.Str("client_id")!, app.Str("client_secret")!);
                Assert.True(done.Users.Count > 20 && !done.Codes.IsEmpty && !done.Logins.IsEmpty, "The load did nothing worth losing.");
                await Parallel.ForEachAsync(done.Users, async (user, _) => await http.GetAsync($"/cis/v1/users/{user}", 200));
                await Parallel.ForEachAsync(done.Codes, async (one, _) =>
                {
                    await AuthenticateAsync(http, one.Phone, one.Code, 200);
                    await AuthenticateAsync(http, one.Phone, one.Code, 400);
                });
                await Parallel.ForEachAsync(done.Logins, async (one, _) =>
                {
                    Assert.Equal("Active", (await http.GetAsync($"/cis/v1/users/phone-number/{one.Phone}", 200)).Str("result", "status"));
                    await http.PostAsync("/cis/v1/auth/session/authenticate", new { session_id = one.Session }, 200);
                    await http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = one.Refresh }, 200);
                    await AuthenticateAsync(http, one.Phone, one.Code, 400);
                    if (one.Spent is not null)
                        await http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = one.Spent }, 400);
                });
                // Of a login that was under way nobody knows; its code has worked once at most.
                await Parallel.ForEachAsync(done.Unknown, async (one, stop) =>
                {
                    var tries = new List<int>();
                    for (var i = 0; i < 2; i++)
                        tries.Add((int)(await http.PostAsJsonAsync("/cis/v1/auth/otp/authenticate", new { passcode = one.Code, identifier_type = "phone_number", identifier = one.Phone }, stop)).StatusCode);
                    Assert.Contains(400, tries);
                });
                Assert.Equal("ok", Integrity(site.DatabaseFile));
                TestContext.Current.TestOutputHelper?.WriteLine($"round {round}: {done.Users.Count} users, {done.Codes.Count} codes, {done.Logins.Count} logins, {done.Unknown.Count} unknown");
            }
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static async Task WorkAsync(HttpClient http, Acknowledged done, Func<string> newPhone)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                var phone = newPhone();
                done.Add(done.Users, (await http.PostAsync("/cis/v1/users", new { phone_number = phone }, 201)).Str("result", "user_id")!);
                if (i % 4 == 0)
                    continue;
                var code = (await http.PostAsync("/cis/v1/auth/otp/send", new { channel = "direct", identifier_type = "phone_number", identifier = phone }, 200)).Str("code")!;
                if (i % 4 == 1)
                {
                    done.Add(done.Codes, (phone, code));
                    continue;
                }
                Login login;
                try
                {
                    var tokens = await AuthenticateAsync(http, phone, code, 200);
                    login = new Login(phone, code, tokens.Str("session_id")!, tokens.Str("refresh_token")!, null);
                }
                catch (HttpRequestException)
                {
                    done.Unknown.Add((phone, code));
                    return;
                }
                if (i % 4 == 3)
                {
                    // A refresh under way when the process dies may or may not have happened; only a whole one is checked.
                    var fresh = await http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = login.Refresh }, 200);
                    login = login with { Refresh = fresh.Str("refresh_token")!, Spent = login.Refresh };
                }
                done.Add(done.Logins, login);
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

    private static Task<System.Text.Json.JsonElement> AuthenticateAsync(HttpClient http, string phone, string code, int status) =>
        http.PostAsync("/cis/v1/auth/otp/authenticate", new { passcode = code, identifier_type = "phone_number", identifier = phone }, status);

    private static string Integrity(string file)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        return (string)command.ExecuteScalar()!;
    }

    private sealed record Login(string Phone, string Code, string Session, string Refresh, string? Spent);

    /// <summary>What the server said yes to.</summary>
    private sealed class Acknowledged
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;
        private int _target = int.MaxValue;

        public ConcurrentBag<string> Users { get; } = [];

        public ConcurrentBag<(string Phone, string Code)> Codes { get; } = [];

        public ConcurrentBag<Login> Logins { get; } = [];

        public ConcurrentBag<(string Phone, string Code)> Unknown { get; } = [];

        public void Add<T>(ConcurrentBag<T> bag, T one)
        {
            bag.Add(one);
            if (Interlocked.Increment(ref _count) >= Volatile.Read(ref _target))
                _reached.TrySetResult();
        }

        public Task ReachedAsync(int target)
        {
            Volatile.Write(ref _target, target);
            return _reached.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }
}
