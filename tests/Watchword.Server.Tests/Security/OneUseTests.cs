using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class OneUseOnSqlite(SqliteServer shared) : OneUseTests(shared), IClassFixture<SqliteServer>;

public sealed class OneUseOnPostgres(PostgresServer shared) : OneUseTests(shared), IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Fifty_right_codes_at_once_on_two_nodes_log_in_once()
    {
        await using var second = await Server.AnotherNodeAsync();
        var app = await ApplicationAsync(new { direct_otp = new { maxFailures = 20 } });
        var there = await AgainAsync(app, second);
        await app.UserAsync();
        for (var round = 0; round < 3; round++)
        {
            var code = await app.CodeAsync();
            var answers = await Attack.AtOnceAsync(50, i => (i % 2 == 0 ? app : there).AuthenticateAsync(code));
            Assert.Equal(1, answers.Of(200));
            Server.Clock.Advance(TimeSpan.FromMinutes(15));
        }
    }

    [Fact]
    public async Task A_hundred_refreshes_at_once_on_two_nodes_have_one_winner()
    {
        await using var second = await Server.AnotherNodeAsync();
        var app = await ApplicationAsync();
        var there = await AgainAsync(app, second);
        await app.UserAsync();
        var spent = (await app.LoginAsync()).Text("refresh_token");
        var answers = await Attack.AtOnceAsync(100, i => (i % 2 == 0 ? app : there).RefreshAsync(spent));
        Assert.Equal(1, answers.Of(200));
        Assert.Equal(99, answers.Of(400));
    }
}

/// <summary>What works once works once, whoever else tries at the same instant (I1, I19, I20, I21).</summary>
public abstract class OneUseTests(SharedServer shared) : SecurityTests(shared)
{
    [Fact]
    public async Task Fifty_right_codes_at_once_log_in_once()
    {
        var app = await ApplicationAsync(new { direct_otp = new { maxFailures = 20 } });
        await app.UserAsync();
        var code = await app.CodeAsync();
        var answers = await Attack.AtOnceAsync(50, _ => app.AuthenticateAsync(code));
        Assert.Equal(1, answers.Of(200));
        Assert.Equal(1, await Server.PeekAsync<long>("SELECT COUNT(*) FROM sessions WHERE app_id = @app", new { app = app.AppId }));
    }

    [Fact]
    public async Task Two_hundred_refreshes_at_once_have_one_winner_and_end_the_session()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var login = await app.LoginAsync();
        var spent = login.Text("refresh_token");

        var answers = await Attack.AtOnceAsync(200, i => i % 2 == 0 ? app.RefreshAsync(spent) : app.RefreshByFormAsync(spent));
        Assert.Equal(1, answers.Of(200));
        Assert.Equal(199, answers.Of(400));

        // Someone had a copy: whatever came of it is worth nothing.
        var won = (await answers.Single(a => a.IsSuccessStatusCode).JsonAsync(200)).Text("refresh_token");
        await (await app.RefreshAsync(won)).JsonAsync(400);
        Assert.Equal("session_not_found", await (await app.ResumeAsync(login.Text("session_id"))).ErrorAsync(400));
    }

    [Fact]
    public async Task A_spent_refresh_token_ends_its_session()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var login = await app.LoginAsync();
        var spent = login.Text("refresh_token");
        var next = await (await app.RefreshAsync(spent)).JsonAsync(200);
        Assert.True(await app.IsActiveAsync(next.Text("access_token")));

        Assert.Equal("auth_invalid_credentials", await (await app.RefreshAsync(spent)).ErrorAsync(400));
        Assert.Equal("auth_invalid_credentials", await (await app.RefreshAsync(next.Text("refresh_token"))).ErrorAsync(400));
        Assert.Equal("""{"active":false}""", await app.IntrospectAsync(next.Text("access_token")));
        Assert.Equal("session_not_found", await (await app.ResumeAsync(login.Text("session_id"))).ErrorAsync(400));
    }

    [Fact]
    public async Task A_refresh_token_is_no_use_to_another_client()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var token = (await app.LoginAsync()).Text("refresh_token");
        var thief = await app.AnotherClientAsync();
        await (await thief.RefreshAsync(token)).JsonAsync(400);
        await (await thief.RefreshByFormAsync(token)).JsonAsync(400);
        await (await app.RefreshAsync(token)).JsonAsync(200);
    }

    [Fact]
    public async Task A_success_kills_the_codes_on_other_channels_and_clients()
    {
        var app = await ApplicationAsync(new { sms = new { crossClientsAllowed = true }, direct_otp = new { crossClientsAllowed = true } });
        var second = await app.AnotherClientAsync();
        await app.UserAsync();
        var direct = await app.CodeAsync();
        var sms = Attack.CodeIn(await app.SmsAsync());
        var elsewhere = await second.CodeAsync();

        await (await app.AuthenticateAsync(direct)).JsonAsync(200);
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(sms)).ErrorAsync(400));
        Assert.Equal("auth_invalid_credentials", await (await second.AuthenticateAsync(elsewhere)).ErrorAsync(400));
    }

    [Fact]
    public async Task Every_one_time_credential_is_taken_by_exactly_one_of_many()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        await app.LoginAsync();
        await app.CodeAsync();
        var tenant = (await Server.PeekAsync<string>("SELECT tenant_id FROM users WHERE user_id = @user", new { user }))!;
        var id = await Server.PeekAsync<string>("SELECT challenge_id FROM challenges WHERE user_id = @user AND used_at IS NULL", new { user });
        var session = await Server.PeekAsync<string>("SELECT session_id FROM sessions WHERE user_id = @user", new { user });
        var hash = await Server.PeekAsync<byte[]>("SELECT token_hash FROM refresh_tokens WHERE session_id = @session", new { session });

        // Past all that stands before it: the guard is in the statement itself.
        var codes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() =>
            Server.Database.WriteAsync(db => OneTime.Passcode.ConsumeAsync(db, new { tenant, app = app.AppId, user, id, now = 1L })))));
        var tokens = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() =>
            Server.Database.WriteAsync(db => OneTime.RefreshToken.ConsumeAsync(db, new { tenant, session, hash, now = 1L })))));
        var assertions = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() =>
            Server.Database.WriteAsync(db => OneTime.ClientAssertion.ConsumeAsync(db, new { client = app.ClientId, hash, expires = 1L })))));
        Assert.Single(assertions, taken => taken);
        Assert.Single(codes, taken => taken);
        Assert.Single(tokens, taken => taken);
    }

    [Fact]
    public async Task A_new_code_replaces_the_old_one()
    {
        var app = await ApplicationAsync(new { direct_otp = new { codeLength = 8 } });
        await app.UserAsync();
        var old = await app.CodeAsync();
        var code = await app.CodeAsync();
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(old)).ErrorAsync(400));
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }
}
