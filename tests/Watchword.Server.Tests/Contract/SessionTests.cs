using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

public sealed class SessionsOnSqlite(SharedServers servers) : SessionTests(servers, Engine.Sqlite);

public sealed class SessionsOnPostgres(SharedServers servers) : SessionTests(servers, Engine.Postgres);

/// <summary>Going on with a session, listing sessions and ending them.</summary>
public abstract class SessionTests(SharedServers servers, Engine engine)
{
    private const string Refresh = "/cis/v1/auth/token/refresh";
    private const string Resume = "/cis/v1/auth/session/authenticate";
    private const string Logout = "/cis/v1/auth/session/logout";

    [Fact]
    public async Task A_refresh_token_is_spent_for_new_tokens_without_a_session_id()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.UserAsync();
        var login = await app.LoginAsync();
        var fresh = await app.Http.PostAsync(Refresh, new { refresh_token = login.Str("refresh_token") }, 200);
        Assert.Equal(["access_token", "expires_in", "id_token", "refresh_token", "token_type"], fresh.Names());
        Assert.NotEqual(login.Str("refresh_token"), fresh.Str("refresh_token"));
        Assert.Equal(Wire.Claims(login.Str("id_token")).Str("sid"), Wire.Claims(fresh.Str("id_token")).Str("sid"));
        Assert.NotEqual(Wire.Claims(login.Str("access_token")).Str("jti"), Wire.Claims(fresh.Str("access_token")).Str("jti"));

        // Used again, it has been copied: the whole session ends.
        Assert.Equal("auth_invalid_credentials", (await app.Http.PostAsync(Refresh, new { refresh_token = login.Str("refresh_token") }, 400)).Str("error_code"));
        await app.Http.PostAsync(Refresh, new { refresh_token = fresh.Str("refresh_token") }, 400);
        Assert.Equal("session_not_found", (await app.Http.PostAsync(Resume, new { session_id = login.Str("session_id") }, 400)).Str("error_code"));
    }

    [Fact]
    public async Task The_token_endpoint_refreshes_too()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.UserAsync();
        var login = await app.LoginAsync();
        var answer = await app.Server.Http.FormAsync("/oidc/token", (app.ClientId, app.ClientSecret), ("grant_type", "refresh_token"), ("refresh_token", login.Str("refresh_token")!));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var fresh = await answer.JsonAsync(200);
        Assert.Equal(["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"], fresh.Names());
        Assert.Equal("openid offline_access", fresh.Str("scope"));
        var again = await app.Server.Http.FormAsync("/cis/oidc/token", (app.ClientId, app.ClientSecret), ("grant_type", "refresh_token"), ("refresh_token", login.Str("refresh_token")!));
        Assert.Equal("invalid_grant", (await again.JsonAsync(400)).Str("error"));
        await app.Http.PostAsync(Refresh, new { refresh_token = fresh.Str("refresh_token") }, 400);
    }

    [Fact]
    public async Task A_refresh_token_is_its_clients_alone()
    {
        var tenant = await servers.TenantAsync(engine);
        var (one, two) = (await tenant.ApplicationAsync(), await tenant.ApplicationAsync());
        await one.UserAsync();
        var login = await one.LoginAsync();
        await two.Http.PostAsync(Refresh, new { refresh_token = login.Str("refresh_token") }, 400);
        await two.Http.PostAsync(Resume, new { session_id = login.Str("session_id") }, 400);
        await two.Http.PostAsync(Logout, new { session_id = login.Str("session_id") }, 400);
        await tenant.Management.PostAsync(Refresh, new { refresh_token = login.Str("refresh_token") }, 403);
        // None of that ended it.
        await one.Http.PostAsync(Refresh, new { refresh_token = login.Str("refresh_token") }, 200);
    }

    [Fact]
    public async Task A_session_id_gives_new_tokens_again_and_again()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.UserAsync();
        var login = await app.LoginAsync();
        for (var i = 0; i < 2; i++)
        {
            var tokens = await app.Http.PostAsync(Resume, new { session_id = login.Str("session_id") }, 200);
            Assert.Equal(["access_token", "expires_in", "id_token", "refresh_token", "session_id", "token_type"], tokens.Names());
            Assert.Equal(login.Str("session_id"), tokens.Str("session_id"));
            await app.Http.PostAsync(Refresh, new { refresh_token = tokens.Str("refresh_token") }, 200);
        }
    }

    [Fact]
    public async Task An_unknown_session_is_not_found_in_the_documented_words()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.UserAsync();
        var login = await app.LoginAsync();
        // The public name of a session opens nothing.
        foreach (var session in new[] { "nonsense", "", login.Str("session_id") + "x", Wire.Claims(login.Str("id_token")).Str("sid"), login.Str("refresh_token") })
            Assert.Equal("""{"error_code":"session_not_found","message":"Session not found"}""", (await app.Http.PostAsync(Resume, new { session_id = session }, 400)).GetRawText());
        Assert.Equal("""{"error_code":"session_not_found","message":"Session not found"}""", (await app.Http.PostAsync(Logout, new { session_id = "nonsense" }, 400)).GetRawText());
    }

    [Fact]
    public async Task Logging_out_ends_the_session_and_its_refresh_tokens()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.UserAsync();
        var (login, other) = (await app.LoginAsync(), await app.LoginAsync());
        await app.Http.PostAsync(Logout, new { session_id = login.Str("session_id") }, 204);
        await app.Http.PostAsync(Logout, new { session_id = login.Str("session_id") }, 400);
        await app.Http.PostAsync(Resume, new { session_id = login.Str("session_id") }, 400);
        await app.Http.PostAsync(Refresh, new { refresh_token = login.Str("refresh_token") }, 400);
        await app.Http.PostAsync(Refresh, new { refresh_token = other.Str("refresh_token") }, 200);
    }

    [Fact]
    public async Task A_users_sessions_are_listed_and_ended_by_either_kind_of_client()
    {
        var tenant = await servers.TenantAsync(engine);
        var (one, two) = (await tenant.ApplicationAsync(), await tenant.ApplicationAsync());
        var user = await one.UserAsync();
        await two.UserAsync();
        var logins = new[] { await one.LoginAsync(), await one.LoginAsync(), await two.LoginAsync() };
        var path = $"/cis/v1/auth/users/{user}/sessions";
        var listed = (await one.Http.GetAsync(path, 200)).EnumerateArray().ToList();
        Assert.Equal(logins.Take(2).Select(l => Wire.Claims(l.Str("id_token")).Str("sid")).Order(), listed.Select(s => s.Str("session_id")).Order());
        Assert.All(listed, s =>
        {
            Assert.Equal(["expiration_time", "session_id", "start_time"], s.Names());
            Assert.Equal(tenant.Server.Clock.GetUtcNow(), s.At("start_time").GetDateTimeOffset());
            Assert.Equal(tenant.Server.Clock.GetUtcNow().AddDays(14), s.At("expiration_time").GetDateTimeOffset());
        });
        Assert.Equal(3, (await tenant.Management.GetAsync(path, 200)).GetArrayLength());
        foreach (var unknown in new[] { "/cis/v1/auth/users/nobody/sessions" })
        {
            Assert.Equal(404, (await one.Http.GetAsync(unknown, 404)).At("error_code").GetInt32());
            await one.Http.DeleteAsync(unknown, 404);
        }

        await one.Http.DeleteAsync(path, 204);
        Assert.Equal("[]", (await one.Http.GetAsync(path, 200)).GetRawText());
        await one.Http.PostAsync(Refresh, new { refresh_token = logins[1].Str("refresh_token") }, 400);
        Assert.Equal(1, (await tenant.Management.GetAsync(path, 200)).GetArrayLength());
        await tenant.Management.DeleteAsync(path, 204);
        await two.Http.PostAsync(Resume, new { session_id = logins[2].Str("session_id") }, 400);
    }

    [Fact]
    public async Task A_session_ends_after_fourteen_days_whatever_was_refreshed()
    {
        await using var server = await TestServer.StartAsync(engine);
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        var login = await app.LoginAsync();
        server.Clock.Advance(TimeSpan.FromDays(14) - TimeSpan.FromSeconds(30));
        app = app with { Http = await server.ClientAsync(app.ClientId, app.ClientSecret) };
        var fresh = await app.Http.PostAsync(Refresh, new { refresh_token = login.Str("refresh_token") }, 200);
        // Tokens never outlive their session.
        Assert.Equal(30, fresh.At("expires_in").GetInt32());
        server.Clock.Advance(TimeSpan.FromSeconds(30));
        await app.Http.PostAsync(Refresh, new { refresh_token = fresh.Str("refresh_token") }, 400);
        await app.Http.PostAsync(Resume, new { session_id = login.Str("session_id") }, 400);
    }
}
