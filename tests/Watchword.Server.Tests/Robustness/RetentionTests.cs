using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Core.Otp;
using Watchword.Core.Retention;
using Watchword.Server.Hosting;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Robustness;

public sealed class RetentionOnSqlite(SqliteServer shared) : RetentionTests(shared), IClassFixture<SqliteServer>;

public sealed class RetentionOnPostgres(PostgresServer shared) : RetentionTests(shared), IClassFixture<PostgresServer>;

/// <summary>What is over is kept for as long as its tenant says, to the millisecond, and not longer.</summary>
public abstract class RetentionTests(SharedServer shared) : SecurityTests(shared)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task A_tenant_settles_how_long_things_are_kept_and_who_changed_it_is_written_down()
    {
        using var management = await TenantAsync();
        var by = "client:" + Manager.Id;
        Assert.Equal((90, 7, 30, 400), Days(await management.GetAsync("/cis/v1/retention", 200)));

        Assert.Equal((14, 7, 30, 0), Days(await management.PutAsync("/cis/v1/retention", new { message_days = 14, audit_days = 0 }, 200)));
        // Nothing new, nothing written down.
        Assert.Equal((14, 7, 30, 0), Days(await management.PutAsync("/cis/v1/retention", new { message_days = 14 }, 200)));
        Assert.Equal((14, 7, 30, 0), Days(await management.GetAsync("/cis/v1/retention", 200)));
        using var another = await TenantAsync();
        Assert.Equal((90, 7, 30, 400), Days(await another.GetAsync("/cis/v1/retention", 200)));

        var entry = JsonElement.Parse(Assert.Single(await NotesAsync(AuditAction.RetentionChanged, by)));
        Assert.Equal((90, 14), (entry.At("old", "message_days").GetInt32(), entry.At("new", "message_days").GetInt32()));
        Assert.Equal((400, 0), (entry.At("old", "audit_days").GetInt32(), entry.At("new", "audit_days").GetInt32()));
    }

    [Fact]
    public async Task Every_number_that_is_out_of_range_is_told_at_once_and_nothing_is_kept()
    {
        using var management = await TenantAsync();
        var refused = await management.PutAsync("/cis/v1/retention", new { message_days = 0, challenge_days = -1, session_days = 3651, audit_days = 29 }, 400);
        Assert.Equal(["message_days", "challenge_days", "session_days", "audit_days"], refused.At("message").Strings().Select(m => m!.Split(' ')[0]));
        await management.PutAsync("/cis/v1/retention", new { message_days = 5, audit_days = 3651 }, 400);
        Assert.Equal((90, 7, 30, 400), Days(await management.GetAsync("/cis/v1/retention", 200)));
        Assert.Equal((1, 1, 1, 30), Days(await management.PutAsync("/cis/v1/retention", new { message_days = 1, challenge_days = 1, session_days = 1, audit_days = 30 }, 200)));
        Assert.Equal((3650, 3650, 3650, 3650), Days(await management.PutAsync("/cis/v1/retention", new { message_days = 3650, challenge_days = 3650, session_days = 3650, audit_days = 3650 }, 200)));
    }

    [Fact]
    public async Task Two_changes_at_once_are_both_kept()
    {
        using var management = await TenantAsync();
        for (var round = 1; round <= 10; round++)
        {
            await Task.WhenAll(
                management.PutAsync("/cis/v1/retention", new { message_days = round }, 200),
                management.PutAsync("/cis/v1/retention", new { session_days = round + 100 }, 200));
            Assert.Equal((round, 7, round + 100, 400), Days(await management.GetAsync("/cis/v1/retention", 200)));
        }
    }

    [Fact]
    public async Task A_message_is_kept_for_its_tenants_days_and_one_that_waits_for_ever()
    {
        var (soon, usual) = (await TenantOfAsync(new RetentionPolicy(MessageDays: 1)), await TenantOfAsync(null));
        var began = Server.Clock.GetUtcNow();
        foreach (var tenant in new[] { soon, usual })
            await AddMessagesAsync(tenant, 1);
        await AddMessagesAsync(soon, 1);
        await Server.TamperAsync("UPDATE outbox SET status = 'queued', next_try_at = 99999999999999 WHERE message_id = (SELECT MIN(message_id) FROM outbox WHERE tenant_id = @soon)", new { soon });

        await ForgetAsync(began + Day);
        Assert.Equal((2, 1), (await CountAsync("outbox", soon), await CountAsync("outbox", usual)));
        await ForgetAsync(began + Day + Tick);
        Assert.Equal((1, 1), (await CountAsync("outbox", soon), await CountAsync("outbox", usual)));
        await ForgetAsync(began + (90 * Day));
        Assert.Equal((1, 1), (await CountAsync("outbox", soon), await CountAsync("outbox", usual)));
        await ForgetAsync(began + (90 * Day) + Tick);
        Assert.Equal((1, 0), (await CountAsync("outbox", soon), await CountAsync("outbox", usual)));

        await Server.TamperAsync("UPDATE outbox SET status = 'expired' WHERE tenant_id = @soon", new { soon });
        await ForgetAsync(began + (90 * Day) + Tick);
        Assert.Equal(0, await CountAsync("outbox", soon));
    }

    [Fact]
    public async Task A_code_is_kept_for_its_tenants_days_after_its_expiry()
    {
        var (soon, usual) = (await ApplicationAsync(), await ApplicationAsync());
        var policy = new RetentionPolicy(ChallengeDays: 1);
        await KeepAsync(await TenantIdOfAsync(soon), policy);
        foreach (var app in new[] { soon, usual })
        {
            await app.UserAsync();
            await app.CodeAsync();
        }
        var (first, second) = (await TenantIdOfAsync(soon), await TenantIdOfAsync(usual));
        var expired = (await Server.PeekAsync<long>("SELECT MAX(expires_at) FROM challenges WHERE tenant_id = @first", new { first })).At();

        await ForgetAsync(expired + Day);
        Assert.Equal((1, 1), (await CountAsync("challenges", first), await CountAsync("challenges", second)));
        await ForgetAsync(expired + Day + Tick);
        Assert.Equal((0, 1), (await CountAsync("challenges", first), await CountAsync("challenges", second)));
        await ForgetAsync(expired + (7 * Day));
        Assert.Equal(1, await CountAsync("challenges", second));
        await ForgetAsync(expired + (7 * Day) + Tick);
        Assert.Equal(0, await CountAsync("challenges", second));
    }

    [Fact]
    public async Task A_session_is_kept_for_its_tenants_days_after_its_end_however_it_ended()
    {
        var (soon, usual) = (await ApplicationAsync(), await ApplicationAsync());
        var (first, second) = (await TenantIdOfAsync(soon), await TenantIdOfAsync(usual));
        await KeepAsync(first, new RetentionPolicy(SessionDays: 1));
        var opened = new List<(TestApplication App, string User, string Session)>();
        foreach (var app in new[] { soon, usual })
        {
            // Of three users, so that none waits for another in a chain: one logs out, one is logged out everywhere, one leaves it be.
            await app.UserAsync();
            var login = await app.LoginAsync();
            opened.Add((app, await app.UserAsync(Attack.Bob), login.Str("session_id")!));
            await app.LoginAsync(Attack.Bob);
            await app.UserAsync("+447400000003");
            await app.LoginAsync("+447400000003");
        }
        // It is the end that counts, not the beginning.
        Server.Clock.Advance(TimeSpan.FromSeconds(1));
        foreach (var (app, user, session) in opened)
        {
            await app.Http.PostAsync("/cis/v1/auth/session/logout", new { session_id = session }, 204);
            await app.Http.DeleteAsync($"/cis/v1/auth/users/{user}/sessions", 204);
        }
        var now = Server.Clock.GetUtcNow();
        var expires = (await Server.PeekAsync<long>("SELECT MAX(expires_at) FROM sessions WHERE tenant_id = @first", new { first })).At();
        Assert.True(expires > now + (2 * Day));

        await ForgetAsync(now + Day);
        Assert.Equal((3, 3), (await CountAsync("sessions", first), await CountAsync("sessions", second)));
        await ForgetAsync(now + Day + Tick);
        Assert.Equal((1, 3), (await CountAsync("sessions", first), await CountAsync("sessions", second)));
        await ForgetAsync(expires - Tick);
        Assert.Equal((1, 1), (await CountAsync("refresh_tokens", first), await CountAsync("refresh_tokens", second)));
        await ForgetAsync(expires);
        Assert.Equal((0, 0), (await CountAsync("refresh_tokens", first), await CountAsync("refresh_tokens", second)));
        await ForgetAsync(expires + Day);
        Assert.Equal(1, await CountAsync("sessions", first));
        await ForgetAsync(expires + Day + Tick);
        Assert.Equal(0, await CountAsync("sessions", first));
        await ForgetAsync(expires + (30 * Day));
        Assert.Equal(1, await CountAsync("sessions", second));
        await ForgetAsync(expires + (30 * Day) + Tick);
        Assert.Equal(0, await CountAsync("sessions", second));
    }

    [Fact]
    public async Task Two_nodes_that_forget_at_once_forget_everything_once_and_nothing_else()
    {
        var tenant = await TenantOfAsync(new RetentionPolicy(MessageDays: 1));
        var began = Server.Clock.GetUtcNow();
        await AddMessagesAsync(tenant, (3 * Sweep.AtOnce) + 1);
        var young = Ids.New(began + Day);
        await AddMessageAsync(tenant, young, began + Day);

        await using var another = await Server.AnotherNodeAsync();
        var late = began + Day + Tick;
        await Task.WhenAll(new[] { Server, another }.Select(s => Task.Run(() => s.Services.GetRequiredService<Forgetting>().RunAsync(late, CancellationToken.None))));
        Assert.Equal([young], await Server.Database.ReadAsync(db => db.AllAsync<string>("SELECT message_id FROM outbox WHERE tenant_id = @tenant", new { tenant })));
    }

    private static (int Messages, int Challenges, int Sessions, int Audit) Days(JsonElement answer)
    {
        var result = answer.At("result");
        return (Of("message_days"), Of("challenge_days"), Of("session_days"), Of("audit_days"));

        int Of(string name) => result.GetProperty(name).GetInt32();
    }

    private Task ForgetAsync(DateTimeOffset now) => Server.Services.GetRequiredService<Forgetting>().RunAsync(now, CancellationToken.None);

    private Task<long> CountAsync(string table, string tenant) => Server.PeekAsync<long>($"SELECT COUNT(*) FROM {table} WHERE tenant_id = @tenant", new { tenant });

    private async Task<string> TenantIdOfAsync(TestApplication app) => (await Server.PeekAsync<string>("SELECT tenant_id FROM applications WHERE app_id = @app", new { app = app.AppId }))!;

    private async Task<string> TenantOfAsync(RetentionPolicy? policy)
    {
        var tenant = await TenantIdOfAsync(await ApplicationAsync());
        if (policy is not null)
            await KeepAsync(tenant, policy);
        return tenant;
    }

    private Task KeepAsync(string tenant, RetentionPolicy policy) => Server.Database.WriteAsync(async db =>
    {
        var store = new TenantSettingsStore(db);
        await store.ReplaceAsync(tenant, await store.HoldAsync(tenant, Server.Clock.GetUtcNow()) with { Retention = policy });
    });

    private async Task AddMessagesAsync(string tenant, int count)
    {
        var now = Server.Clock.GetUtcNow();
        for (var i = 0; i < count; i++)
            await AddMessageAsync(tenant, Ids.New(now), now);
    }

    /// <summary>A message that is over, because it was never to be sent.</summary>
    private Task AddMessageAsync(string tenant, string id, DateTimeOffset at) => Server.Database.WriteAsync(db => new OutboxStore(db).AddAsync(new OutboxMessage
    {
        TenantId = tenant,
        MessageId = id,
        AppId = "app",
        UserId = "user",
        Channel = OtpChannel.Sms,
        Body = "",
        MaskedDestination = "+44*****",
        Region = "GB",
        Segments = 1,
        CreatedAt = at,
        ExpiresAt = at,
        Test = true,
    }));

    /// <summary>The details of what somebody did of this kind, whether moved to the log already or not.</summary>
    private Task<List<string>> NotesAsync(string action, string actor) => Server.Database.ReadAsync(db =>
        db.AllAsync<string>("SELECT detail FROM audit WHERE action = @action AND actor = @actor UNION ALL SELECT detail FROM events WHERE action = @action AND actor = @actor", new { action, actor }));
}
