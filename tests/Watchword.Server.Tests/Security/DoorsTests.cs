using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class DoorsOnSqlite(SqliteServer shared) : DoorsTests(shared), IClassFixture<SqliteServer>;

public sealed class DoorsOnPostgres(PostgresServer shared) : DoorsTests(shared), IClassFixture<PostgresServer>;

/// <summary>Every door behind which there are tokens, by everything that shuts it (I8, I9). A new door without a row fails.</summary>
public abstract class DoorsTests(SharedServer shared) : SecurityTests(shared)
{
    private static readonly Door[] Doors =
    [
        new("/cis/v1/auth/otp/authenticate", "a code", held => held.App.AuthenticateAsync(new { passcode = held.Code, identifier_type = "user_id", identifier = held.User, session_id = held.Session })),
        new("/cis/v1/auth/token/refresh", "a refresh token", held => held.App.RefreshAsync(held.Refresh)),
        new("/cis/v1/auth/session/authenticate", "a session id", held => held.App.ResumeAsync(held.Session)),
        .. from path in (string[])["/oidc/token", "/cis/oidc/token"]
           from method in (string[])["basic", "post", "private_key_jwt"]
           from grant in (string[])["refresh_token", "client_credentials"]
           select new Door(path, $"{grant} by {method}", held => held.GrantAsync(path, method, grant)) { OfUser = grant == "refresh_token" },
    ];

    public static TheoryData<string> WhatShutsThem =>
        ["lock", "disable", "disable behind our back", "delete", "remove from the application", "log out", "revoke", "session expires", "session lies idle", "new number", "delete the client"];

    [Fact]
    public async Task Every_door_that_gives_out_a_token_is_in_the_table_and_opens()
    {
        var giving = Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.OfType<IProducesResponseTypeMetadata>().Any(p => p.Type?.GetProperty("AccessToken") is not null))
            .Select(e => e.RoutePattern.RawText!);
        Assert.Equal(Doors.Select(d => d.Path).Distinct().Order(), giving.Order());
        var held = await HoldAsync();
        // The code last: with it the session id gets a login more, and the code is gone.
        foreach (var door in Doors.Reverse())
        {
            var tokens = await (await door.TryAsync(held)).JsonAsync(200);
            Assert.True(await held.App.IsActiveAsync(tokens.Text("access_token")), door.Name);
            held = tokens.TryGetProperty("refresh_token", out var next) ? held with { Refresh = next.GetString()! } : held;
        }
    }

    [Theory]
    [MemberData(nameof(WhatShutsThem))]
    public async Task What_shuts_one_door_shuts_them_all(string what)
    {
        var held = await HoldAsync();
        await ShutAsync(held, what);
        foreach (var door in Doors.Reverse())
        {
            var open = !door.OfUser && what != "delete the client";
            var answer = await door.TryAsync(held);
            var status = (int)answer.StatusCode;
            Assert.True(open ? status == 200 : status is 400 or 401 or 403, $"{door.Path} with {door.Name} after {what}: {status}");
            Assert.Equal(open, (await answer.Content.ReadAsStringAsync()).Contains("access_token", StringComparison.Ordinal));
        }
    }

    private async Task<Held> HoldAsync()
    {
        var first = await ApplicationAsync();
        // Not the application's only client, so that it can be deleted and the application asked afterwards.
        var app = await first.AnotherClientAsync();
        var key = new ClientKeyPair();
        await app.ChangeClientAsync(new { jwks = new { keys = new[] { key.Jwk() } }, session_lifetime = 200, session_idle_lifetime = 100 });
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        return new Held(first, app, key, user, login.Text("refresh_token"), login.Text("session_id"), await app.CodeAsync());
    }

    private async Task ShutAsync(Held held, string what)
    {
        var (app, user) = (held.First, held.User);
        switch (what)
        {
            case "lock": await held.App.LockOutAsync(); break;
            case "disable": await app.ChangeUserAsync(user, new { status = "Disabled" }); break;
            case "disable behind our back": await Server.TamperAsync("UPDATE users SET status = 'Disabled' WHERE user_id = @user", new { user }); break;
            case "delete": await app.Management.DeleteAsync($"/cis/v1/manage/users/{user}", 204); break;
            case "remove from the application": await app.Http.DeleteAsync($"/cis/v1/users/{user}/apps", 204); break;
            case "log out": await app.Http.PostAsync("/cis/v1/auth/session/logout", new { session_id = held.Session }, 204); break;
            case "revoke": await (await held.App.FormAsync("/oidc/token/revocation", ("token", held.Refresh))).JsonAsync(200); break;
            case "session lies idle": Server.Clock.Advance(TimeSpan.FromSeconds(100)); break;
            case "new number": await app.ChangeUserAsync(user, new { phone_number = "+447400000009" }); break;
            case "delete the client": await app.Management.DeleteAsync($"/cis/v1/applications/{app.AppId}/clients/{held.App.ClientId}", 204); break;
            case "session expires":
                // Used all the time, it is not the idle limit that ends it.
                for (var i = 0; i < 4; i++)
                {
                    await (await held.App.ResumeAsync(held.Session)).JsonAsync(200);
                    Server.Clock.Advance(TimeSpan.FromSeconds(50));
                }
                break;
            default: throw new ArgumentOutOfRangeException(nameof(what), what, "Nothing shuts a door like that.");
        }
    }

    private sealed record Door(string Path, string Name, Func<Held, Task<HttpResponseMessage>> TryAsync)
    {
        /// <summary>Whether a user's tokens are behind it; otherwise the client's own.</summary>
        public bool OfUser { get; init; } = true;
    }

    /// <summary>All that a backend holds of a user who is logged in and has just been sent another code.</summary>
    private sealed record Held(TestApplication First, TestApplication App, ClientKeyPair Key, string User, string Refresh, string Session, string Code)
    {
        public Task<HttpResponseMessage> GrantAsync(string path, string method, string grant)
        {
            (string, string)[] fields = [("grant_type", grant), ("refresh_token", Refresh)];
            return method switch
            {
                "basic" => App.Server.Http.FormAsync(path, (App.ClientId, App.ClientSecret), fields),
                "post" => App.FormAsync(path, fields),
                _ => App.Server.Http.FormAsync(path, null, [.. fields, ("client_assertion_type", AssertionTests.Type), ("client_assertion", Key.Assert(App))]),
            };
        }
    }
}
