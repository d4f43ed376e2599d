using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Watchword.Core;
using Watchword.Core.Apps;
using Watchword.Core.Otp;
using Watchword.Core.Sessions;
using Watchword.Server.Hosting;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

/// <summary>What is over is forgotten, and nothing else.</summary>
public sealed class HousekeepingTests
{
    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Expired_sessions_go_and_live_ones_stay_however_many_there_are(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var now = server.Clock.GetUtcNow();
        // More than one batch of the sweep, the live ones among the dead.
        var sessions = Enumerable.Range(0, 2500).Select(i =>
            new Session($"tenant{i % 3}", Ids.New(now.AddSeconds(-i)), "app", "client", "user", now, now, now.AddMilliseconds(i % 10 == 0 ? 1 : 0), [OtpChannel.Sms], null)).ToList();
        var client = new Client("tenant", "client", "app", "", new ClientSettings(), [], now);
        await server.Database.WriteAsync(async db =>
        {
            for (var i = 0; i < 3; i++)
                await new ApplicationStore(db).AddTenantAsync($"tenant{i}", $"Tenant {i}", now);
            var store = new SessionStore(db);
            foreach (var session in sessions)
            {
                await store.AddAsync(session, RandomNumberGenerator.GetBytes(32), previous: "");
                await store.AddRefreshTokenAsync(session, client, RandomNumberGenerator.GetBytes(32), now);
            }
        });

        var live = sessions.Where(s => s.ExpiresAt > now).Select(s => s.SessionId).Order(StringComparer.Ordinal).ToList();
        var housekeeping = server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single();

        // Refresh tokens are of no use from the end on; that there was a session is kept for a while.
        await housekeeping.RunOnceAsync();
        Assert.Equal(live, (await server.Database.ReadAsync(db => db.AllAsync<string>("SELECT session_id FROM refresh_tokens"))).Order(StringComparer.Ordinal));
        Assert.Equal(sessions.Count, await CountAsync(server));

        server.Clock.Advance(TimeSpan.FromDays(30) + TimeSpan.FromMilliseconds(1));
        await housekeeping.RunOnceAsync();
        Assert.Equal(live, (await server.Database.ReadAsync(db => db.AllAsync<string>("SELECT session_id FROM sessions"))).Order(StringComparer.Ordinal));
        Assert.Equal(0, await server.Database.ReadAsync(db => db.FirstAsync<long>("SELECT COUNT(*) FROM refresh_tokens")));
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task An_old_session_is_found_and_ended_though_all_newer_ones_have_ended(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var app = await server.ApplicationAsync();
        var user = await app.UserAsync();
        var logins = new List<JsonElement>();
        for (var i = 0; i < 4; i++)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            logins.Add(await app.LoginAsync());
        }
        var names = logins.Select(l => Wire.Claims(l.Str("id_token")).Str("sid")).ToList();
        // The latest expires, one in the middle is ended by its user, the others last long.
        var now = server.Clock.GetUtcNow();
        await server.Database.WriteAsync(async db => await db.ExecuteAsync(
            "UPDATE sessions SET expires_at = CASE WHEN session_id = @latest THEN @now ELSE @later END", new { latest = names[3], now = now.Ms(), later = now.AddDays(100).Ms() }));
        await app.Http.PostAsync("/cis/v1/auth/session/logout", new { session_id = logins[1].Str("session_id") }, 204);
        server.Clock.Advance(TimeSpan.FromDays(31));
        app = app with { Http = await server.ClientAsync(app.ClientId, app.ClientSecret) };

        await server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RunOnceAsync();
        var listed = (await app.Http.GetAsync($"/cis/v1/auth/users/{user}/sessions", 200)).EnumerateArray().Select(l => l.Str("session_id"));
        Assert.Equal([names[0], names[2]], listed.Order(StringComparer.Ordinal));
        Assert.Equal(4, await CountAsync(server));

        // When the oldest goes, so do those that were only kept for it.
        await server.Database.WriteAsync(async db => await db.ExecuteAsync("UPDATE sessions SET expires_at = @ended WHERE session_id = @oldest", new { oldest = names[0], ended = now.AddDays(31).Ms() }));
        server.Clock.Advance(TimeSpan.FromDays(31));
        await server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RunOnceAsync();
        Assert.Equal(2, await CountAsync(server));

        // The client's own token has expired meanwhile.
        app = app with { Http = await server.ClientAsync(app.ClientId, app.ClientSecret) };
        await app.Http.DeleteAsync($"/cis/v1/auth/users/{user}/sessions", 204);
        Assert.Equal(0, (await app.Http.GetAsync($"/cis/v1/auth/users/{user}/sessions", 200)).GetArrayLength());
        await app.Http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = logins[2].Str("refresh_token") }, 400);
    }

    [Fact]
    public async Task The_walk_over_all_sessions_is_made_once_an_hour()
    {
        await using var server = await TestServer.StartAsync();
        var housekeeping = server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single();
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        var login = await app.LoginAsync();
        await app.Http.PostAsync("/cis/v1/auth/session/logout", new { session_id = login.Str("session_id") }, 204);
        // A walk that comes a moment too early for this session, whose time is over then.
        server.Clock.Advance(TimeSpan.FromDays(30));
        await housekeeping.RunOnceAsync();

        server.Clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        await housekeeping.RunOnceAsync();
        Assert.Equal(1, await CountAsync(server));
        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await housekeeping.RunOnceAsync();
        Assert.Equal(0, await CountAsync(server));
    }

    private static Task<long> CountAsync(TestServer server) => server.Database.ReadAsync(db => db.FirstAsync<long>("SELECT COUNT(*) FROM sessions"));
}
