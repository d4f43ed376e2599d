using System.Text.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class ConcealmentOnSqlite(SqliteServer shared) : ConcealmentTests(shared), IClassFixture<SqliteServer>;

public sealed class ConcealmentOnPostgres(PostgresServer shared) : ConcealmentTests(shared), IClassFixture<PostgresServer>;

/// <summary>With <c>conceal_unknown_users</c>, whoever asks cannot tell by any answer who is a user (I17).</summary>
public abstract class ConcealmentTests(SharedServer shared) : SecurityTests(shared)
{
    private static readonly object Conceal = new { conceal_unknown_users = true };

    [Fact]
    public async Task Known_unknown_disabled_and_foreign_users_all_look_the_same()
    {
        var app = await ApplicationAsync(settings: Conceal);
        var other = await ApplicationAsync(beside: app);
        var user = await app.UserAsync();
        await other.UserAsync("+447400000003");
        await app.ChangeUserAsync(await app.UserAsync("+447400000004"), new { status = "Disabled" });

        var known = await WatchAsync(app, "phone_number", Attack.Alice);
        Assert.Contains("200", known, StringComparison.Ordinal);
        Assert.Contains("429", known, StringComparison.Ordinal);
        Assert.Contains("auth_locked", known, StringComparison.Ordinal);
        foreach (var number in (string[])["+447400000002", "+447400000003", "+447400000004"])
            Assert.Equal(known, await WatchAsync(app, "phone_number", number));

        // Messages were made for the one who is a user, and for nobody else.
        Assert.Equal(0, await Server.PeekAsync<long>(
            "SELECT COUNT(*) FROM outbox WHERE app_id = @app AND user_id <> @user AND (status <> 'suppressed' OR body <> '')", new { app = app.AppId, user }));
        Assert.Equal(2, await Server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE app_id = @app AND user_id = @user", new { app = app.AppId, user }));
    }

    [Theory]
    [InlineData("email", "alice@acme.example", "nobody@acme.example")]
    [InlineData("username", "alice", "nobody")]
    [InlineData("user_id", null, "0198a1b2c3d4e5f60718293a4b5c6d7e")]
    public async Task Whatever_names_a_user_tells_nothing(string type, string? known, string unknown)
    {
        var app = await ApplicationAsync(settings: Conceal);
        var user = (await (await app.PostAsync("/cis/v1/users", new { phone_number = Attack.Alice, email = "alice@acme.example", username = "alice" })).JsonAsync(201))
            .GetProperty("result").Text("user_id");
        Assert.Equal(await WatchAsync(app, type, known ?? user), await WatchAsync(app, type, unknown));
    }

    [Fact]
    public async Task A_user_without_a_number_looks_like_no_user_at_all()
    {
        var app = await ApplicationAsync(settings: Conceal);
        await (await app.PostAsync("/cis/v1/users", new { email = "alice@acme.example" })).JsonAsync(201);
        Assert.Equal(await WatchAsync(app, "email", "nobody@acme.example"), await WatchAsync(app, "email", "alice@acme.example"));
    }

    [Fact]
    public async Task A_direct_code_of_an_unknown_user_is_no_code()
    {
        var app = await ApplicationAsync(settings: Conceal);
        var code = await app.CodeAsync(Attack.Bob);
        Assert.Matches("^[0-9]{6}$", code);
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(code, Attack.Bob)).ErrorAsync(400));
        // Nor does it become one when the user joins.
        await app.UserAsync(Attack.Bob);
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(code, Attack.Bob)).ErrorAsync(400));
        await app.LoginAsync(Attack.Bob);
    }

    [Theory]
    [InlineData("phone_number")]
    [InlineData("email")]
    public async Task Signing_up_does_not_tell_by_the_lock_who_was_there_before(string type)
    {
        var app = await ApplicationAsync(settings: Conceal);
        var (there, later) = type == "email" ? ("alice@acme.example", "bob@acme.example") : (Attack.Alice, Attack.Bob);
        Task<HttpResponseMessage> JoinAsync(string who) => app.PostAsync("/cis/v1/users", new Dictionary<string, string> { [type] = who });
        Task<HttpResponseMessage> SendAsync(string who) =>
            app.SendAsync(new { channel = type == "email" ? "email" : "sms", identifier_type = type, identifier = who });
        Task<HttpResponseMessage> GuessAsync(string who) => app.AuthenticateAsync(new { passcode = "no code", identifier_type = type, identifier = who });
        await (await JoinAsync(there)).JsonAsync(201);
        foreach (var who in new[] { there, later })
        {
            await (await SendAsync(who)).JsonAsync(200);
            for (var i = 0; i < 3; i++)
                await (await GuessAsync(who)).JsonAsync(400);
        }

        await (await JoinAsync(later)).JsonAsync(201);
        Assert.Equal("auth_locked", await (await SendAsync(there)).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await SendAsync(later)).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await GuessAsync(later)).ErrorAsync(403));
        Server.Clock.Advance(TimeSpan.FromMinutes(15));
        await (await SendAsync(there)).JsonAsync(200);
        await (await SendAsync(later)).JsonAsync(200);
    }

    /// <summary>What someone sees who sends, sends again, guesses until locked, waits, and goes on.</summary>
    private async Task<string> WatchAsync(TestApplication app, string type, string identifier)
    {
        app = await AgainAsync(app);
        var seen = new List<string>();
        await SendAsync();
        await SendAsync();
        for (var i = 0; i < 5; i++)
            await GuessAsync();
        await SendAsync();
        Server.Clock.Advance(TimeSpan.FromMinutes(15));
        await GuessAsync();
        await SendAsync();
        Server.Clock.Advance(TimeSpan.FromMinutes(6));
        for (var i = 0; i < 4; i++)
            await GuessAsync();
        Server.Clock.Advance(TimeSpan.FromMinutes(16));
        return string.Join('\n', seen);

        async Task SendAsync() => await AddAsync(await app.SendAsync(new
        {
            channel = "sms", identifier_type = type, identifier, generate_request_id = true, approval_data = new { amount = "10" },
        }));

        async Task GuessAsync() => await AddAsync(await app.AuthenticateAsync(new { passcode = "no code", identifier_type = type, identifier }));

        async Task AddAsync(HttpResponseMessage answer)
        {
            var headers = answer.Headers.Concat(answer.Content.Headers).Where(h => h.Key != "Date").OrderBy(h => h.Key, StringComparer.Ordinal)
                .Select(h => $"{h.Key}: {string.Join(',', h.Value)}");
            var body = await answer.Content.ReadAsStringAsync();
            if (JsonElement.Parse(body).TryGetProperty("request_id", out var id))
                body = body.Replace(id.GetString()!, new string('x', id.GetString()!.Length), StringComparison.Ordinal);
            seen.Add($"{(int)answer.StatusCode} {string.Join("; ", headers)} {body}");
        }
    }
}
