using System.Text.Json;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tokens;

namespace Watchword.Server.Tests.Security;

public sealed class SessionLifeOnSqlite(SqliteServer shared) : SessionLifeTests(shared), IClassFixture<SqliteServer>;

public sealed class SessionLifeOnPostgres(PostgresServer shared) : SessionLifeTests(shared), IClassFixture<PostgresServer>;

/// <summary>How long a session lies idle, how old its login may be, and what its tokens go on saying.</summary>
public abstract class SessionLifeTests(SharedServer shared) : SecurityTests(shared)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(300);

    [Theory]
    [InlineData("refresh")]
    [InlineData("refresh by form")]
    [InlineData("session")]
    [InlineData("second login")]
    public async Task Each_use_puts_off_the_end_of_an_idle_session_and_none_passes_its_last(string use)
    {
        var app = await ApplicationAsync();
        await app.ChangeClientAsync(new { session_idle_lifetime = 300, session_lifetime = 1000 });
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        var (refresh, session) = (login.Text("refresh_token"), login.Text("session_id"));
        Assert.Equal(300, login.GetProperty("expires_in").GetInt32());
        for (var i = 0; i < 3; i++)
        {
            Server.Clock.Advance(Idle - Tick);
            refresh = await UseAsync();
        }
        // 900 s less 3 ms are gone: the end is nearer now than the idle limit.
        Assert.Equal(100, await ExpiresInAsync(app, refresh), tolerance: 1);
        Server.Clock.Advance(TimeSpan.FromSeconds(100) + (2 * Tick));
        Assert.True(await app.IsActiveAsync(refresh));
        Server.Clock.Advance(Tick);
        await DeadAsync(app, user, refresh, session);

        async Task<string> UseAsync() => (await (await (use switch
        {
            "refresh" => app.RefreshAsync(refresh),
            "refresh by form" => app.RefreshByFormAsync(refresh),
            "session" => app.ResumeAsync(session),
            _ => app.AuthenticateAsync(new { passcode = await app.CodeAsync(), identifier_type = "user_id", identifier = user, session_id = session }),
        })).JsonAsync(200)).Text("refresh_token");
    }

    [Fact]
    public async Task An_idle_session_ends_on_time_at_every_door()
    {
        var app = await ApplicationAsync();
        await app.ChangeClientAsync(new { session_idle_lifetime = 300 });
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        Server.Clock.Advance(Idle - Tick);
        Assert.True(await app.IsActiveAsync(login.Text("refresh_token")));
        Server.Clock.Advance(Tick);
        await DeadAsync(app, user, login.Text("refresh_token"), login.Text("session_id"));
    }

    [Fact]
    public async Task Looking_at_a_session_is_not_using_it()
    {
        var app = await ApplicationAsync();
        await app.ChangeClientAsync(new { session_idle_lifetime = 300 });
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        Server.Clock.Advance(Idle - Tick);
        Assert.True(await app.IsActiveAsync(login.Text("refresh_token")));
        await (await app.Http.GetAsync($"/cis/v1/auth/users/{user}/sessions")).JsonAsync(200);
        Assert.Equal("fresh_login_required", await (await app.ResumeAsync(login.Text("session_id"), maxAge: 1)).ErrorAsync(403));
        Server.Clock.Advance(Tick);
        await DeadAsync(app, user, login.Text("refresh_token"), login.Text("session_id"));
    }

    [Fact]
    public async Task Without_an_idle_limit_a_use_changes_nothing_of_the_session()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var login = await app.LoginAsync();
        var sid = Attack.ClaimsOf(login.Text("id_token")).Text("sid");
        var before = await ExpiryAsync(sid);
        Server.Clock.Advance(TimeSpan.FromDays(1));
        app = await AgainAsync(app);
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(200);
        Assert.Equal(before, await ExpiryAsync(sid));
    }

    [Fact]
    public async Task An_idle_limit_is_that_of_the_client_that_uses_the_session()
    {
        var app = await ApplicationAsync();
        await app.ChangeClientAsync(new { session_idle_lifetime = 300 });
        await app.UserAsync();
        var other = await app.AnotherClientAsync();
        var login = await app.LoginAsync();
        // The other client has no limit and puts nothing off.
        Server.Clock.Advance(TimeSpan.FromSeconds(200));
        await (await other.ResumeAsync(login.Text("session_id"))).JsonAsync(200);
        Server.Clock.Advance(TimeSpan.FromSeconds(100) - Tick);
        // Once lifted, the limit goes at the next use.
        await app.ChangeClientAsync(new { session_idle_lifetime = 0 });
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(200);
        Server.Clock.Advance(TimeSpan.FromMinutes(50));
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(200);
    }

    [Fact]
    public async Task A_session_that_was_ended_is_not_brought_back_by_a_use_under_way()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        var tenant = (await Server.PeekAsync<string>("SELECT tenant_id FROM users WHERE user_id = @user", new { user }))!;
        var now = Server.Clock.GetUtcNow();
        var session = (await Server.Database.ReadAsync(db => new SessionStore(db).FindAsync(tenant, Attack.ClaimsOf(login.Text("id_token")).Text("sid"), now)))!;
        // It was read; then it is logged out; then comes the write of whoever read it.
        Assert.Equal(204, (int)(await app.PostAsync("/cis/v1/auth/session/logout", new { session_id = login.Text("session_id") })).StatusCode);
        Assert.False(await Server.Database.WriteAsync(db => new SessionStore(db).ExtendAsync(session, now)));
        Assert.False(await Server.Database.WriteAsync(db => new SessionStore(db).UpdateAsync(session, now)));
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(400);
    }

    [Fact]
    public async Task A_login_older_than_asked_for_is_refused_and_spends_nothing()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        var (refresh, session) = (login.Text("refresh_token"), login.Text("session_id"));
        Server.Clock.Advance(TimeSpan.FromSeconds(100) + Tick);
        var stored = await StoredOfAsync(session);
        Assert.Equal(2, stored.Count);
        Assert.Equal("fresh_login_required", await (await app.RefreshAsync(refresh, maxAge: 100)).ErrorAsync(403));
        Assert.Equal("fresh_login_required", await (await app.ResumeAsync(session, maxAge: 100)).ErrorAsync(403));
        Assert.Equal("fresh_login_required", await (await app.ResumeAsync(session, maxAge: 0)).ErrorAsync(403));
        // invalid_grant would make clients throw the token away.
        Assert.Equal("unmet_authentication_requirements", (await (await app.RefreshByFormAsync(refresh, ("max_age", "100"))).JsonAsync(400)).Text("error"));
        Assert.Equal(stored, await StoredOfAsync(session));

        await (await app.ResumeAsync(session, maxAge: 101)).JsonAsync(200);
        refresh = (await (await app.RefreshAsync(refresh, maxAge: 101)).JsonAsync(200)).Text("refresh_token");
        refresh = (await (await app.RefreshByFormAsync(refresh, ("max_age", "101"))).JsonAsync(200)).Text("refresh_token");
        // Going on with a session is no login.
        Assert.Equal("fresh_login_required", await (await app.RefreshAsync(refresh, maxAge: 100)).ErrorAsync(403));

        await (await app.AuthenticateAsync(new { passcode = await app.CodeAsync(), identifier_type = "user_id", identifier = user, session_id = session })).JsonAsync(200);
        Server.Clock.Advance(TimeSpan.FromSeconds(100));
        await (await app.RefreshAsync(refresh, maxAge: 100)).JsonAsync(200);
    }

    [Fact]
    public async Task Two_methods_can_be_asked_for_and_nothing_is_spent_until_they_were_used()
    {
        const string Mfa = "urn:watchword:acr:mfa", Otp = "urn:watchword:acr:otp";
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        var (refresh, session) = (login.Text("refresh_token"), login.Text("session_id"));
        Assert.Equal("second_method_required", await (await app.RefreshAsync(refresh, acr: Mfa)).ErrorAsync(403));
        Assert.Equal("second_method_required", await (await app.ResumeAsync(session, acr: Mfa)).ErrorAsync(403));
        Assert.Equal("unmet_authentication_requirements", (await (await app.RefreshByFormAsync(refresh, ("acr_values", Mfa))).JsonAsync(400)).Text("error"));
        refresh = (await (await app.RefreshAsync(refresh, acr: $"{Mfa} {Otp}")).JsonAsync(200)).Text("refresh_token");
        // The same method again is not another one.
        await (await app.AuthenticateAsync(new { passcode = await app.CodeAsync(), identifier_type = "user_id", identifier = user, session_id = session })).JsonAsync(200);
        Assert.Equal("second_method_required", await (await app.ResumeAsync(session, acr: Mfa)).ErrorAsync(403));
        await (await app.AuthenticateAsync(new { passcode = Attack.CodeIn(await app.SmsAsync()), identifier_type = "user_id", identifier = user, session_id = session })).JsonAsync(200);
        var both = await (await app.RefreshAsync(refresh, acr: Mfa)).JsonAsync(200);
        Assert.Equal(Mfa, Attack.ClaimsOf(both.Text("access_token")).Text("acr"));
        await (await app.RefreshAsync(both.Text("refresh_token"), acr: Otp)).JsonAsync(200);
    }

    [Theory]
    [InlineData("max_age", -1)]
    [InlineData("max_age", 315360001)]
    [InlineData("acr_values", "urn:example:gold")]
    public async Task A_demand_that_nobody_can_meet_is_a_fault(string name, object value)
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var refresh = (await app.LoginAsync()).Text("refresh_token");
        foreach (var (path, token) in new[] { ("/cis/v1/auth/token/refresh", "refresh_token"), ("/cis/v1/auth/session/authenticate", "session_id") })
            Assert.Equal("system_invalid_input", await (await app.PostAsync(path, new Dictionary<string, object> { [token] = refresh, [name] = value })).ErrorAsync(400));
        Assert.Equal("invalid_request", (await (await app.RefreshByFormAsync(refresh, (name, $"{value}"))).JsonAsync(400)).Text("error"));
        await (await app.RefreshAsync(refresh)).JsonAsync(200);
    }

    [Fact]
    public async Task Claims_asked_for_at_login_are_in_refreshed_tokens_until_the_next_login()
    {
        var app = await ApplicationAsync();
        await app.ChangeClientAsync(new { access_token_claims = new[] { "status", "nonsense" } });
        var user = await app.UserAsync();
        var login = await LoginAsync(new { id_token = new[] { "phone_number" }, access_token = new[] { "phone_number_verified" } }, null);
        var session = login.Text("session_id");
        Says(login, id: ["phone_number"], access: ["phone_number_verified", "status"]);
        var fresh = await (await app.RefreshAsync(login.Text("refresh_token"))).JsonAsync(200);
        Says(fresh, id: ["phone_number"], access: ["phone_number_verified", "status"]);
        Says(await (await app.RefreshByFormAsync(fresh.Text("refresh_token"))).JsonAsync(200), id: ["phone_number"], access: ["phone_number_verified", "status"]);
        Says(await (await app.ResumeAsync(session)).JsonAsync(200), id: ["phone_number"], access: ["phone_number_verified", "status"]);

        Says(await LoginAsync(new { id_token = new[] { "updated_at" } }, session), id: ["updated_at"], access: ["status"]);
        Says(await (await app.ResumeAsync(session)).JsonAsync(200), id: ["updated_at"], access: ["status"]);
        await LoginAsync(null, session);
        Says(await (await app.ResumeAsync(session)).JsonAsync(200), id: [], access: ["status"]);
        Assert.Equal("", await Server.PeekAsync<string>("SELECT claims FROM sessions WHERE user_id = @user", new { user }));

        async Task<JsonElement> LoginAsync(object? claims, string? into) => await (await app.AuthenticateAsync(new
        {
            passcode = await app.CodeAsync(), identifier_type = "user_id", identifier = user, session_id = into, claims,
        })).JsonAsync(200);

        static void Says(JsonElement tokens, string[] id, string[] access)
        {
            string[] asked = ["phone_number", "phone_number_verified", "status", "updated_at"];
            Assert.Equal(id, asked.Where(n => Attack.ClaimsOf(tokens.Text("id_token")).TryGetProperty(n, out _)));
            Assert.Equal(access, asked.Where(n => Attack.ClaimsOf(tokens.Text("access_token")).TryGetProperty(n, out _)));
        }
    }

    private async Task<double> ExpiresInAsync(TestApplication app, string refresh) =>
        JsonElement.Parse(await app.IntrospectAsync(refresh)).GetProperty("exp").GetInt64() - (Server.Clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);

    private Task<long> ExpiryAsync(string sid) => Server.PeekAsync<long>("SELECT expires_at FROM sessions WHERE session_id = @sid", new { sid });

    private static async Task DeadAsync(TestApplication app, string user, string refresh, string session)
    {
        await (await app.RefreshAsync(refresh)).JsonAsync(400);
        await (await app.RefreshByFormAsync(refresh)).JsonAsync(400);
        await (await app.ResumeAsync(session)).JsonAsync(400);
        Assert.Equal("session_not_found", await (await app.AuthenticateAsync(new { passcode = await app.CodeAsync(), identifier_type = "user_id", identifier = user, session_id = session })).ErrorAsync(400));
        Assert.Equal("""{"active":false}""", await app.IntrospectAsync(refresh));
        Assert.Equal("[]", await app.Http.GetStringAsync($"/cis/v1/auth/users/{user}/sessions"));
    }

    /// <summary>The rows of a session and its refresh tokens; housekeeping may be forgetting those of others meanwhile.</summary>
    private async Task<IReadOnlyList<string>> StoredOfAsync(string session)
    {
        Assert.True(OpaqueToken.TryParseSession(session, out var token));
        var tables = (await Robustness.Surface.StoredAsync(Server)).Split("\nsessions: ")[1];
        return [.. tables.Split('\n').Where(row => row.Contains($"|{token.SessionId}|", StringComparison.Ordinal))];
    }
}
