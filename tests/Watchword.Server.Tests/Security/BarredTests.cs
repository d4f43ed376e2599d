using System.Net.Http.Headers;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class BarredOnSqlite(SqliteServer shared) : BarredTests(shared), IClassFixture<SqliteServer>;

public sealed class BarredOnPostgres(PostgresServer shared) : BarredTests(shared), IClassFixture<PostgresServer>;

/// <summary>Whoever is barred is barred at every door (I8), and what they held is worth nothing (I18).</summary>
public abstract class BarredTests(SharedServer shared) : SecurityTests(shared)
{
    public static TheoryData<string> WaysOut => ["disable", "delete", "remove from the application", "new number", "log out", "end all sessions", "revoke"];

    [Fact]
    public async Task A_lock_holds_at_every_door_and_spends_nothing()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var login = await app.LoginAsync();
        var code = await app.CodeAsync();
        await app.LockOutAsync();

        Assert.Equal("auth_locked", await (await app.SendAsync()).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(code)).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.RefreshAsync(login.Text("refresh_token"))).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.ResumeAsync(login.Text("session_id"))).ErrorAsync(403));
        await NoGrantAsync(app, login.Text("refresh_token"));
        await DeadAsync(app, login.Text("access_token"), login.Text("refresh_token"));

        Server.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.True(await app.IsActiveAsync(login.Text("access_token")));
        await (await app.RefreshAsync(login.Text("refresh_token"))).JsonAsync(200);
    }

    [Fact]
    public async Task A_disabled_user_is_refused_at_every_door_even_where_a_session_is_left()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        var code = await app.CodeAsync();
        // Past the API, which would have ended the session and killed the code: each door must look for itself.
        await Server.TamperAsync("UPDATE users SET status = 'Disabled' WHERE user_id = @user", new { user });

        Assert.Equal("user_not_active", await (await app.SendAsync()).ErrorAsync(403));
        Assert.Equal("user_not_active", await (await app.SendAsync(channel: "sms")).ErrorAsync(403));
        Assert.Equal("user_not_active", await (await app.AuthenticateAsync(code)).ErrorAsync(403));
        Assert.Equal("user_not_active", await (await app.RefreshAsync(login.Text("refresh_token"))).ErrorAsync(403));
        Assert.Equal("user_not_active", await (await app.ResumeAsync(login.Text("session_id"))).ErrorAsync(403));
        await NoGrantAsync(app, login.Text("refresh_token"));
        await DeadAsync(app, login.Text("access_token"), login.Text("refresh_token"));
    }

    [Theory]
    [MemberData(nameof(WaysOut))]
    public async Task What_was_held_before_is_dead_after(string how)
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        var (access, refresh, session) = (login.Text("access_token"), login.Text("refresh_token"), login.Text("session_id"));
        var code = await app.CodeAsync();
        Assert.True(await app.IsActiveAsync(access));
        Assert.True(await app.IsActiveAsync(refresh));

        using var done = how switch
        {
            "disable" => await app.Management.PutAsync($"/cis/v1/users/{user}", Json("""{"status":"Disabled"}""")),
            "delete" => await app.Management.DeleteAsync($"/cis/v1/manage/users/{user}"),
            "remove from the application" => await app.Http.DeleteAsync($"/cis/v1/users/{user}/apps"),
            "new number" => await app.Http.PutAsync($"/cis/v1/users/{user}", Json("""{"phone_number":"+447400000009"}""")),
            "log out" => await app.PostAsync("/cis/v1/auth/session/logout", new { session_id = session }),
            "end all sessions" => await app.Http.DeleteAsync($"/cis/v1/auth/users/{user}/sessions"),
            _ => await app.FormAsync("/cis/oidc/token/revocation", ("token", refresh)),
        };
        Assert.True(done.IsSuccessStatusCode, how);

        await (await app.RefreshAsync(refresh)).JsonAsync(400);
        await NoGrantAsync(app, refresh);
        await (await app.ResumeAsync(session)).JsonAsync(400);
        await DeadAsync(app, access, refresh);
        if (how is "disable" or "delete" or "remove from the application" or "new number")
        {
            Assert.NotEqual(200, (int)(await app.AuthenticateAsync(code)).StatusCode);
            Assert.NotEqual(200, (int)(await app.AuthenticateAsync(new { passcode = code, identifier_type = "user_id", identifier = user })).StatusCode);
        }

        // What ended stays ended, even when the user comes back.
        if (how == "disable")
        {
            await app.ChangeUserAsync(user, new { status = "Active" });
            await (await app.RefreshAsync(refresh)).JsonAsync(400);
            await (await app.AuthenticateAsync(code)).JsonAsync(400);
            await app.LoginAsync();
        }
    }

    [Fact]
    public async Task A_client_that_was_deleted_gets_nothing_more()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var second = await app.AnotherClientAsync();
        var login = await second.LoginAsync();
        var code = await second.CodeAsync();
        var own = second.Http.DefaultRequestHeaders.Authorization!.Parameter!;
        Assert.Equal(204, (int)(await app.Management.DeleteAsync($"/cis/v1/applications/{app.AppId}/clients/{second.ClientId}")).StatusCode);

        Assert.Equal("unauthorized", await (await second.SendAsync()).ErrorAsync(401));
        Assert.Equal("unauthorized", await (await second.AuthenticateAsync(code)).ErrorAsync(401));
        await (await second.RefreshByFormAsync(login.Text("refresh_token"))).JsonAsync(401);
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(400);
        await DeadAsync(app, login.Text("access_token"), own);
        await (await app.AuthenticateAsync(code)).JsonAsync(400);
    }

    private static StringContent Json(string text) => new(text, MediaTypeHeaderValue.Parse("application/json"));

    /// <summary>Both addresses of the token endpoint.</summary>
    private static async Task NoGrantAsync(TestApplication app, string refresh)
    {
        foreach (var path in (string[])["/oidc/token", "/cis/oidc/token"])
            Assert.Equal("invalid_grant", (await (await app.RefreshByFormAsync(refresh, path)).JsonAsync(400)).Text("error"));
    }

    private static async Task DeadAsync(TestApplication app, string access, params string[] tokens)
    {
        foreach (var token in tokens.Append(access))
            Assert.Equal("""{"active":false}""", await app.IntrospectAsync(token));
        using var me = new HttpRequestMessage(HttpMethod.Get, "/cis/oidc/me") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", access) } };
        Assert.Equal(401, (int)(await app.Server.Http.SendAsync(me)).StatusCode);
    }
}
