using System.Net.Http.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class TimeOnSqlite(SqliteServer shared) : TimeTests(shared), IClassFixture<SqliteServer>;

public sealed class TimeOnPostgres(PostgresServer shared) : TimeTests(shared), IClassFixture<PostgresServer>;

/// <summary>Every window, a millisecond before its edge and at it (I11, I27). Windows of messages are in <see cref="LimitTests"/>.</summary>
public abstract class TimeTests(SharedServer shared) : SecurityTests(shared)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task A_code_works_for_five_minutes_and_not_a_millisecond_longer()
    {
        var app = await ApplicationAsync(new { sms = new { }, direct_otp = new { } });
        await app.UserAsync();
        var code = await app.CodeAsync();
        Server.Clock.Advance(TimeSpan.FromMinutes(5) - Tick);
        await (await app.AuthenticateAsync(code)).JsonAsync(200);

        var late = await app.CodeAsync();
        Server.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("auth_otp_passcode_expired", await (await app.AuthenticateAsync(late)).ErrorAsync(400));
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(TestApplication.WrongCode(late))).ErrorAsync(400));

        var text = Attack.CodeIn(await app.SmsAsync());
        Server.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("auth_otp_passcode_expired", await (await app.AuthenticateAsync(text)).ErrorAsync(400));
    }

    [Fact]
    public async Task A_lock_holds_for_its_duration_and_not_a_millisecond_longer()
    {
        var app = await ApplicationAsync(new { direct_otp = new { lockoutDuration = 2 } });
        await app.UserAsync();
        await app.LockOutAsync();
        Assert.Equal(TimeSpan.FromMinutes(2), (await app.SendAsync()).Headers.RetryAfter?.Delta);
        Server.Clock.Advance(TimeSpan.FromMinutes(2) - Tick);
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync("no code")).ErrorAsync(403));
        var refused = await app.SendAsync();
        Assert.Equal("auth_locked", await refused.ErrorAsync(403));
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        Server.Clock.Advance(Tick);
        await app.LoginAsync();
    }

    [Fact]
    public async Task After_a_lock_the_count_begins_anew()
    {
        var app = await ApplicationAsync(new { direct_otp = new { lockoutDuration = 1 } });
        await app.UserAsync();
        await app.LockOutAsync();
        Server.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.LockOutAsync();
    }

    [Fact]
    public async Task A_clients_token_works_for_an_hour_and_not_a_millisecond_longer()
    {
        AlignClock();
        var app = await ApplicationAsync();
        await app.UserAsync();
        // One that the server has seen before, and one that it has not.
        var fresh = await AgainAsync(app);
        await app.CodeAsync();
        Server.Clock.Advance(TimeSpan.FromHours(1) - Tick);
        await app.CodeAsync();
        Server.Clock.Advance(Tick);
        foreach (var old in (TestApplication[])[app, fresh])
        {
            Assert.Equal("unauthorized", await (await old.SendAsync()).ErrorAsync(401));
            Assert.Equal(401, (int)(await old.Management.GetAsync("/cis/v1/applications")).StatusCode);
        }
    }

    [Fact]
    public async Task A_users_token_is_active_for_an_hour_and_not_a_millisecond_longer()
    {
        AlignClock();
        var app = await ApplicationAsync();
        await app.UserAsync();
        var token = (await app.LoginAsync()).Text("access_token");
        Server.Clock.Advance(TimeSpan.FromHours(1) - Tick);
        Assert.True(await app.IsActiveAsync(token));
        Server.Clock.Advance(Tick);
        Assert.Equal("""{"active":false}""", await app.IntrospectAsync(token));
        using var me = new HttpRequestMessage(HttpMethod.Get, "/cis/oidc/me") { Headers = { { "Authorization", "Bearer " + token } } };
        Assert.Equal(401, (int)(await Server.Http.SendAsync(me)).StatusCode);
    }

    [Fact]
    public async Task A_session_ends_on_time_however_often_it_is_refreshed()
    {
        var app = await ApplicationAsync();
        await app.ChangeClientAsync(new { session_lifetime = 600 });
        await app.UserAsync();
        var login = await app.LoginAsync();
        var refresh = login.Text("refresh_token");
        for (var i = 0; i < 5; i++)
        {
            Server.Clock.Advance(TimeSpan.FromSeconds(100));
            refresh = (await (await app.RefreshAsync(refresh)).JsonAsync(200)).Text("refresh_token");
        }
        Server.Clock.Advance(TimeSpan.FromSeconds(100) - Tick);
        refresh = (await (await app.RefreshAsync(refresh)).JsonAsync(200)).Text("refresh_token");
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(200);
        Assert.True(await app.IsActiveAsync(refresh));

        Server.Clock.Advance(Tick);
        await (await app.RefreshAsync(refresh)).JsonAsync(400);
        await (await app.RefreshByFormAsync(refresh)).JsonAsync(400);
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(400);
        Assert.Equal("""{"active":false}""", await app.IntrospectAsync(refresh));
    }

    [Fact]
    public async Task No_token_outlives_its_session()
    {
        AlignClock();
        var app = await ApplicationAsync();
        await app.ChangeClientAsync(new { session_lifetime = 600 });
        await app.UserAsync();
        var login = await app.LoginAsync();
        Assert.Equal(600, login.GetProperty("expires_in").GetInt32());
        foreach (var token in (string[])["access_token", "id_token"])
        {
            var claims = Attack.ClaimsOf(login.Text(token));
            Assert.Equal(600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        }
    }

    [Fact]
    public async Task A_refresh_token_works_for_its_lifetime_and_not_a_millisecond_longer()
    {
        var app = await ApplicationAsync();
        await app.ChangeClientAsync(new { refresh_token_lifetime = 60 });
        await app.UserAsync();
        var refresh = (await app.LoginAsync()).Text("refresh_token");
        Server.Clock.Advance(TimeSpan.FromSeconds(60) - Tick);
        refresh = (await (await app.RefreshAsync(refresh)).JsonAsync(200)).Text("refresh_token");
        Assert.True(await app.IsActiveAsync(refresh));
        Server.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("""{"active":false}""", await app.IntrospectAsync(refresh));
        await (await app.RefreshAsync(refresh)).JsonAsync(400);
        await (await app.RefreshByFormAsync(refresh)).JsonAsync(400);
    }

    [Fact]
    public async Task The_old_secret_works_for_the_overlap_and_not_a_millisecond_longer()
    {
        var app = await ApplicationAsync();
        var first = app.ClientSecret;
        var second = await RotateAsync(60);
        Server.Clock.Advance(TimeSpan.FromSeconds(60) - Tick);
        Assert.Equal(200, await AskAsync(first));
        Assert.Equal(200, await AskAsync(second));
        Server.Clock.Advance(Tick);
        Assert.Equal(401, await AskAsync(first));
        Assert.Equal(200, await AskAsync(second));

        // Never more than two: a rotation inside the overlap of another ends the oldest at once.
        var third = await RotateAsync(60);
        var fourth = await RotateAsync(60);
        Assert.Equal("401 200 200", $"{await AskAsync(second)} {await AskAsync(third)} {await AskAsync(fourth)}");
        var fifth = await RotateAsync(0);
        Assert.Equal("401 401 200", $"{await AskAsync(third)} {await AskAsync(fourth)} {await AskAsync(fifth)}");

        async Task<string> RotateAsync(int overlap) =>
            (await (await app.Management.PostAsJsonAsync($"/cis/v1/applications/{app.AppId}/clients/{app.ClientId}/rotate-secret", new { overlap_seconds = overlap })).JsonAsync(200))
                .GetProperty("result").Text("client_secret");

        async Task<int> AskAsync(string secret) => (int)(await (app with { ClientSecret = secret }).FormAsync("/oidc/token", ("grant_type", "client_credentials"))).StatusCode;
    }

    /// <summary>To a whole second: the times in a JWT have no fractions.</summary>
    private void AlignClock() => Server.Clock.Advance(TimeSpan.FromMilliseconds(1000 - Server.Clock.GetUtcNow().Millisecond));
}
