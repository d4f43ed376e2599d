using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Audit;
using Watchword.Server.Administration;
using Watchword.Server.Events;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Delivery.Providers;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

public sealed class WebhookDeliveryOnSqlite() : WebhookDeliveryTests(Engine.Sqlite);

public sealed class WebhookDeliveryOnPostgres() : WebhookDeliveryTests(Engine.Postgres)
{
    [Fact]
    public async Task Of_two_nodes_one_delivers_each_event()
    {
        await using var house = await HookHouse.StartAsync(Engine.Postgres);
        await using var there = await house.Server.AnotherNodeAsync();
        var hook = house.Hook();
        var id = (await house.CreateAsync(hook, "user.locked")).Str("webhook_id")!;
        await house.HappenAsync("user.locked", times: 250);
        await Task.WhenAll(house.RelayAsync(), there.Services.GetRequiredService<EventRelay>().RelayAllAsync(CancellationToken.None));
        there.Services.GetRequiredService<WebhookDispatcher>().Ring();
        await Attack.UntilAsync(async () => (await house.DeliveriesAsync(id, "?status=delivered&page_limit=500")).Count == 250);
        Assert.Equal(250, (await hook.GotAsync(250)).Select(g => g.Json.Str("data", "user_id")).Distinct().Count());
    }
}

/// <summary>What happens comes to those who want to know, signed, at least once, and without what nobody may know.</summary>
public abstract class WebhookDeliveryTests(Engine engine) : IAsyncLifetime
{
    private const string Path = HookHouse.Path;
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1);
    private HookHouse _house = null!;

    private TestServer Server => _house.Server;

    private HttpClient Management => _house.Management;

    public async ValueTask InitializeAsync() => _house = await HookHouse.StartAsync(engine);

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Each_event_comes_once_to_each_webhook_that_wants_it()
    {
        var (all, some) = (_house.Hook(), _house.Hook());
        await _house.CreateAsync(all);
        await _house.CreateAsync(some, "user.locked", "session.ended");
        foreach (var name in WebhookEvents.Offered)
        {
            await _house.HappenAsync(name, more: e => e with
            {
                Target = "t-" + name, Outcome = name == "otp.failed" ? "auth_invalid_credentials" : "ok", Detail = """{"channel":"sms"}""",
                Origin = """{"address":"203.0.113.7","user_ip":"203.0.113.8"}""",
            });
        }
        // Not offered, or it did not happen.
        await _house.HappenAsync("client.created");
        await _house.HappenAsync("user.updated", more: e => e with { Outcome = "user_not_found" });
        await _house.RelayAsync();

        var got = await all.GotAsync(WebhookEvents.Offered.Count);
        Assert.Equal(WebhookEvents.Offered.Order(StringComparer.Ordinal), got.Select(g => g.Json.Str("type")).Order(StringComparer.Ordinal));
        Assert.Equal(got.Count, got.Select(g => g.Headers["webhook-id"]).Distinct().Count());
        foreach (var one in got)
        {
            var json = one.Json;
            var name = json.Str("type")!;
            Assert.Equal(["created_at", "data", "id", "tenant_id", "type"], json.Names());
            Assert.Equal((one.Headers["webhook-id"], "2026-11-23T12:00:00.000Z", _house.TenantId), (json.Str("id"), json.Str("created_at"), json.Str("tenant_id")));
            var target = name switch { "user.logged_in" or "session.ended" => "session_id", "otp.sent" or "message.failed" => "message_id", _ => "target" };
            Assert.Equal(new[] { "actor", "app_id", "detail", "outcome", "user_id", target }.Order(StringComparer.Ordinal), json.At("data").Names());
            Assert.Equal(("t-" + name, "u0", "a1", "sms"), (json.Str("data", target), json.Str("data", "user_id"), json.Str("data", "app_id"), json.Str("data", "detail", "channel")));
        }
        var few = await some.GotAsync(2);
        Assert.Equal(["session.ended", "user.locked"], few.Select(g => g.Json.Str("type")).Order(StringComparer.Ordinal));
        // One event, one id, whoever gets it.
        Assert.All(few, f => Assert.Contains(got, g => g.Headers["webhook-id"] == f.Headers["webhook-id"] && g.Body == f.Body));
    }

    [Fact]
    public async Task A_delivery_is_signed_and_two_secrets_sign_for_a_day_after_a_rotation()
    {
        var hook = _house.Hook();
        var made = await _house.CreateAsync(hook);
        var (at, first) = ($"{Path}/{made.Str("webhook_id")}", made.Str("signing_secret")!);
        Assert.Equal([Signature(first, await OneAsync())], Signatures(hook.Got[^1]));
        Assert.Equal(("application/json", Hook.ApiKey, "1795435200"), (hook.Got[^1].Headers["Content-Type"], hook.Got[^1].Headers["X-API-Key"], hook.Got[^1].Headers["webhook-timestamp"]));

        var second = (await Management.PostAsync($"{at}/rotate-secret", new { }, 200)).Str("result", "signing_secret")!;
        Assert.NotEqual(first, second);
        var both = await OneAsync();
        Assert.Equal([Signature(second, both), Signature(first, both)], Signatures(both));
        _house.Advance(TimeSpan.FromHours(24) - Ms);
        both = await OneAsync();
        Assert.Equal([Signature(second, both), Signature(first, both)], Signatures(both));
        _house.Advance(Ms);
        Assert.Equal([Signature(second, await OneAsync())], Signatures(hook.Got[^1]));

        // A secret that has leaked stops at once.
        await _house.RenewAsync();
        var third = (await Management.PostAsync($"{at}/rotate-secret", new { overlap_seconds = 0 }, 200)).Str("result", "signing_secret")!;
        Assert.Equal([Signature(third, await OneAsync())], Signatures(hook.Got[^1]));

        async Task<Asked> OneAsync()
        {
            var before = hook.Got.Count;
            await _house.HappenAsync("user.locked");
            await _house.RelayAsync();
            return (await hook.GotAsync(before + 1))[^1];
        }
    }

    [Fact]
    public async Task A_code_that_is_sent_is_told_only_where_somebody_wants_to_know()
    {
        var app = await Server.ApplicationAsync(settings: new { conceal_unknown_users = true });
        var user = await app.UserAsync();
        await app.CodeAsync();
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM events WHERE action = 'otp.sent'"));

        var hook = _house.Hook();
        var id = (await _house.CreateAsync(hook, "otp.sent")).Str("webhook_id")!;
        await app.CodeAsync();
        await app.SmsAsync();
        // Nobody has this number; who asked is not to know, and neither is there anything to tell.
        await (await app.SendAsync("+447400000099", "sms")).JsonAsync(200);
        await _house.RelayAsync();
        var got = (await hook.GotAsync(2)).Select(g => g.Json.At("data")).OrderBy(d => d.Str("detail", "channel"), StringComparer.Ordinal).ToList();
        Assert.Equal(["direct", "sms"], got.Select(d => d.Str("detail", "channel")));
        Assert.All(got, d => Assert.Equal((app.AppId, user, "client:" + app.ClientId), (d.Str("app_id"), d.Str("user_id"), d.Str("actor"))));
        Assert.False(got[0].Has("message_id"));
        await Security.Attack.UntilAsync(async () => (await app.Management.GetAsync($"/cis/v1/messages/{got[1].Str("message_id")}", 200)).Str("result", "status") == "sent");

        await Management.PutAsync($"{Path}/{id}", new { enabled = false }, 200);
        await app.CodeAsync();
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM events WHERE action = 'otp.sent'"));
    }

    [Fact]
    public async Task A_failing_webhook_is_tried_at_the_times_of_the_table_and_then_given_up()
    {
        var hook = _house.Hook();
        hook.Answer = _ => new Reply(500, "no");
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        for (var i = 0; i < WebhookRetries.Waits.Count; i++)
        {
            var waits = await _house.UntilAsync(id, "queued", i + 1);
            var (now, due) = (Server.Clock.GetUtcNow(), waits.At("next_try_at").GetDateTimeOffset());
            Assert.InRange(due - now, WebhookRetries.Waits[i], WebhookRetries.Waits[i] * 1.1);
            Server.Clock.Advance(due - now - Ms);
            await _house.RenewAsync();
            Assert.Equal(0, await _house.DueAsync());
            _house.Advance(Ms);
            await hook.GotAsync(i + 2);
        }
        await Attack.UntilAsync(async () => (await StatusAsync(id)) == "failed");
        var failed = (await Management.GetAsync($"{Path}/{id}/deliveries", 200)).At("result")[0];
        Assert.Equal((11, 11, 500), (failed.At("tries").GetInt32(), failed.At("history").GetArrayLength(), failed.At("http_status").GetInt32()));
        Assert.False(failed.Has("next_try_at"));
        Assert.Single(hook.Got.Select(g => g.Headers["webhook-id"]).Distinct());
        Assert.Equal(11, hook.Got.Select(g => g.Headers["webhook-timestamp"]).Distinct().Count());
        Server.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, await _house.DueAsync());
    }

    [Fact]
    public async Task A_webhook_that_comes_back_gets_what_it_missed()
    {
        var hook = _house.Hook();
        hook.Answer = _ => Reply.Reset;
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        await _house.UntilAsync(id, "queued", 1);
        var ill = await _house.ReadAsync(id);
        Assert.Equal(Server.Clock.GetUtcNow(), ill.At("failing_since").GetDateTimeOffset());
        Assert.Contains("connection broke", ill.Str("fault"), StringComparison.Ordinal);

        hook.Answer = _ => new Reply(200, "");
        _house.Advance(TimeSpan.FromSeconds(6));
        var delivered = await _house.UntilAsync(id, "delivered", 2);
        Assert.Equal((2, 200), (delivered.At("tries").GetInt32(), delivered.At("http_status").GetInt32()));
        var well = await _house.ReadAsync(id);
        Assert.False(well.Has("failing_since") || well.Has("fault"));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        var (hook, thief) = (_house.Hook(), _house.Hook());
        hook.Answer = _ => new Reply(307, "", ("Location", thief.Uri));
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        Assert.Contains("redirect", (await _house.UntilAsync(id, "queued", 1)).Str("reason"), StringComparison.Ordinal);
        Assert.Empty(thief.Got);
    }

    [Theory]
    [InlineData("60", 60)]
    [InlineData("86400", 3600)]
    [InlineData("1", 5)]
    public async Task A_webhook_is_left_alone_for_as_long_as_it_asks_up_to_an_hour(string asked, int seconds)
    {
        var hook = _house.Hook();
        hook.Answer = _ => new Reply(429, "", ("Retry-After", asked));
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        var due = (await _house.UntilAsync(id, "queued", 1)).At("next_try_at").GetDateTimeOffset();
        Assert.InRange((due - Server.Clock.GetUtcNow()).TotalSeconds, seconds, seconds * 1.1);
    }

    [Fact]
    public async Task While_a_webhook_rests_what_happens_next_waits_too()
    {
        var hook = _house.Hook();
        hook.Answer = _ => new Reply(429, "", ("Retry-After", "60"));
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        await _house.UntilAsync(id, "queued", 1);
        hook.Answer = _ => new Reply(200, "");
        // Another webhook shows that the queues have been looked at.
        var other = _house.Hook();
        await _house.CreateAsync(other);
        await _house.HappenAsync("user.created");
        await _house.RelayAsync();
        await other.GotAsync(1);
        _house.Advance(TimeSpan.FromSeconds(60) - Ms);
        await _house.HappenAsync("user.created");
        await _house.RelayAsync();
        await other.GotAsync(2);
        Assert.Single(hook.Got);
        _house.Advance(Ms);
        await Attack.UntilAsync(() => Task.FromResult(hook.Got.Count >= 3));
    }

    [Fact]
    public async Task A_webhook_that_answers_410_is_switched_off_at_once()
    {
        var hook = _house.Hook();
        hook.Answer = _ => new Reply(410, "");
        var id = (await _house.CreateAsync(hook, "user.locked")).Str("webhook_id")!;
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        await _house.UntilAsync(id, "failed", 1);
        await Attack.UntilAsync(async () => !(await _house.ReadAsync(id)).At("enabled").GetBoolean());
        Assert.Contains("410", (await _house.ReadAsync(id)).Str("fault"), StringComparison.Ordinal);
        Assert.Contains(Server.Logs.Lines, l => l.Contains($"Webhook {id}", StringComparison.Ordinal) && l.Contains("switched off", StringComparison.Ordinal));
        // What happens from now on is not kept for it.
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        Assert.Single(await _house.DeliveriesAsync(id));
        Assert.Equal(
            "system", await Server.PeekAsync<string>("SELECT actor FROM audit WHERE action = 'webhook.changed' AND target = @id", new { id }));
    }

    [Fact]
    public async Task After_five_days_of_failures_a_webhook_is_switched_off_and_what_waits_can_be_retried_by_hand()
    {
        var hook = _house.Hook();
        hook.Answer = _ => new Reply(500, "");
        var id = (await _house.CreateAsync(hook, "user.locked")).Str("webhook_id")!;
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        await _house.UntilAsync(id, "queued", 1);
        Server.Clock.Advance(WebhookRetries.Patience - Ms);
        _house.Wake();
        await hook.GotAsync(2);
        await _house.RenewAsync();
        await Attack.UntilAsync(async () => await StatusAsync(id) == "queued");
        Assert.True((await Management.GetAsync($"{Path}/{id}", 200)).At("result", "enabled").GetBoolean());

        _house.Advance(TimeSpan.FromMinutes(1));
        await hook.GotAsync(3);
        await Attack.UntilAsync(async () => !(await Management.GetAsync($"{Path}/{id}", 200)).At("result", "enabled").GetBoolean());
        await Attack.UntilAsync(async () => await StatusAsync(id) == "failed");
        var fault = (await Management.GetAsync($"{Path}/{id}", 200)).Str("result", "fault");
        Assert.Contains("for 5 days", fault, StringComparison.Ordinal);

        var delivery = (await Management.GetAsync($"{Path}/{id}/deliveries", 200)).At("result")[0].Str("delivery_id");
        await Management.PostAsync($"{Path}/{id}/deliveries/{delivery}/retry", new { }, 409);
        var on = (await Management.PutAsync($"{Path}/{id}", new { enabled = true }, 200)).At("result");
        Assert.False(on.Has("fault") || on.Has("failing_since"));
        hook.Answer = _ => new Reply(200, "");
        Assert.Equal("queued", (await Management.PostAsync($"{Path}/{id}/deliveries/{delivery}/retry", new { }, 200)).Str("result", "status"));
        await hook.GotAsync(4);
        await Attack.UntilAsync(async () => await StatusAsync(id) == "delivered");
    }

    [Fact]
    public async Task What_waits_for_a_webhook_that_is_switched_off_ends_and_is_not_sent()
    {
        var hook = _house.Hook();
        hook.Answer = _ => new Reply(500, "");
        var id = (await _house.CreateAsync(hook, "user.locked")).Str("webhook_id")!;
        // More than are ended at once.
        await _house.HappenAsync("user.locked", times: 1200);
        await _house.RelayAsync();
        await Attack.UntilAsync(async () => (await _house.ReadAsync(id)).Has("failing_since"));
        await Management.PutAsync($"{Path}/{id}", new { enabled = false }, 200);
        await Attack.UntilAsync(async () => await Server.PeekAsync<long>("SELECT COUNT(*) FROM webhook_deliveries WHERE status = 'failed'") == 1200);
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM webhook_deliveries WHERE next_try_at IS NOT NULL"));
        Assert.Contains("switched off", (await _house.DeliveriesAsync(id))[0].Str("reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_process_had_taken_when_it_died_is_delivered_when_its_lease_ends()
    {
        var hook = _house.Hook();
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        await _house.HappenAsync("user.locked", times: 2);
        // Both are moved on, and one is taken, by a process of which nobody ever hears again.
        var now = Server.Clock.GetUtcNow();
        await Server.Database.WriteAsync(async db =>
        {
            await WebhookFanOut.AddAsync(db, _house.TenantId, await new EventStore(db).TakeAsync(100), now);
            Assert.NotNull(await new WebhookDeliveryStore(db).ClaimAsync(_house.TenantId, id, now, now + WebhookDispatcher.Lease));
        });
        await Server.RestartAsync();
        _house.Wake();
        await hook.GotAsync(1);
        await _house.RenewAsync();
        var deliveryId = "";
        await Attack.UntilAsync(async () =>
        {
            var left = (await Management.GetAsync($"{Path}/{id}/deliveries?status=sending", 200)).At("result");
            deliveryId = left.GetArrayLength() == 1 ? left[0].Str("delivery_id")! : "";
            return deliveryId.Length > 0;
        });
        await Management.PostAsync($"{Path}/{id}/deliveries/{deliveryId}/retry", new { }, 409);

        Server.Clock.Advance(WebhookDispatcher.Lease - Ms);
        Assert.Equal(0, await _house.DueAsync());
        _house.Advance(Ms);
        await hook.GotAsync(2);
        await Attack.UntilAsync(async () => (await Management.GetAsync($"{Path}/{id}/deliveries?status=delivered", 200)).At("result").GetArrayLength() == 2);
        var again = (await Management.GetAsync($"{Path}/{id}/deliveries", 200)).At("result").EnumerateArray().Single(d => d.Str("delivery_id") == deliveryId);
        Assert.Equal(2, again.At("tries").GetInt32());
    }

    [Fact]
    public async Task Hanging_webhooks_delay_neither_others_nor_codes()
    {
        var (hanging, well) = (_house.Hook(), _house.Hook());
        hanging.Answer = _ => Reply.Hang;
        var id = (await _house.CreateAsync(hanging, "user.locked")).Str("webhook_id")!;
        await _house.CreateAsync(well, "user.locked");
        await _house.HappenAsync("user.locked", times: 50);
        await _house.RelayAsync();
        await well.GotAsync(50);
        await hanging.GotAsync(WebhookDispatcher.AtOnce);
        var app = await Server.ApplicationAsync();
        await app.UserAsync();
        Assert.NotEmpty(await app.SmsAsync());

        // It did not answer in ten seconds, and from now on gets one at a time.
        _house.Advance(WebhookSender.Timeout);
        await Attack.UntilAsync(async () => (await _house.ReadAsync(id)).Has("fault"));
        Assert.Contains("within 10 seconds", (await _house.ReadAsync(id)).Str("fault"), StringComparison.Ordinal);
        await Attack.UntilAsync(() => Task.FromResult(hanging.Got.Count > WebhookDispatcher.AtOnce));
        await _house.HappenAsync("user.locked", times: 10);
        await _house.RelayAsync();
        await well.GotAsync(60);
        // One, and perhaps some that were taken before the first failure was written; as many as before would make twice as many.
        Assert.InRange(hanging.Got.Count, WebhookDispatcher.AtOnce + 1, (2 * WebhookDispatcher.AtOnce) - 1);
        // A server that stops waits for the calls under way.
        hanging.Answer = _ => new Reply(200, "");
        _house.Advance(WebhookSender.Timeout);
    }

    [Fact]
    public async Task Tenants_whose_webhooks_all_hang_leave_places_to_the_others()
    {
        var (hanging, well) = (_house.Hook(), _house.Hook());
        hanging.Answer = _ => Reply.Hang;
        for (var tenants = 0; tenants < 4; tenants++)
        {
            var made = (await Server.Services.GetRequiredService<ApplicationAdministration>().CreateTenantAsync("Slow " + tenants)).Value!;
            using var management = await Server.ClientAsync(made.Client.ClientId, made.Secret);
            var slow = new HookHouse(Server, management, made.Client.TenantId);
            for (var webhooks = 0; webhooks < WebhookStore.Most; webhooks++)
                await slow.CreateAsync(hanging, "user.locked");
            await slow.HappenAsync("user.locked", times: WebhookDispatcher.AtOnce);
        }
        await _house.RelayAsync();
        await hanging.GotAsync(4 * WebhookDispatcher.PlacesOfTenant);

        await _house.CreateAsync(well, "user.locked");
        await _house.HappenAsync("user.locked", times: 10);
        await _house.RelayAsync();
        await well.GotAsync(10);
        // A server that stops waits for the calls under way.
        hanging.Answer = _ => new Reply(200, "");
        _house.Advance(WebhookSender.Timeout);
    }

    [Fact]
    public async Task Deliveries_are_read_page_by_page_and_can_be_made_again()
    {
        var hook = _house.Hook();
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        await _house.HappenAsync("user.locked", times: 5);
        await _house.RelayAsync();
        await Attack.UntilAsync(async () => (await _house.DeliveriesAsync(id, "?status=delivered")).Count == 5);
        var seen = new List<string>();
        var token = "";
        do
        {
            var page = await Management.GetAsync($"{Path}/{id}/deliveries?page_limit=2{token}", 200);
            seen.AddRange(page.At("result").EnumerateArray().Select(d => d.Str("delivery_id")!));
            token = page.Has("next_page_token") ? "&page_token=" + page.Str("next_page_token") : "";
        }
        while (token.Length > 0);
        Assert.Equal((await _house.DeliveriesAsync(id)).Select(d => d.Str("delivery_id")), seen);
        Assert.Equal(5, seen.Distinct().Count());
        Assert.Equal(seen.OrderDescending(StringComparer.Ordinal), seen);
        Assert.Empty(await _house.DeliveriesAsync(id, "?status=failed"));
        foreach (var query in new[] { "?status=lost", "?page_limit=0", "?page_limit=501", "?page_token=x" })
            await Management.GetAsync($"{Path}/{id}/deliveries{query}", 400);

        await Management.PostAsync($"{Path}/{id}/deliveries/{seen[2]}/retry", new { }, 200);
        var got = await hook.GotAsync(6);
        Assert.Equal(5, got.Select(g => g.Headers["webhook-id"]).Distinct().Count());
        await Management.PostAsync($"{Path}/{id}/deliveries/{new string('0', 32)}/retry", new { }, 404);
        await Management.PostAsync($"{Path}/{id}/deliveries/x/retry", new { }, 404);
    }

    [Fact]
    public async Task Deleting_a_webhook_drops_its_queue()
    {
        var (hook, other) = (_house.Hook(), _house.Hook());
        hook.Answer = other.Answer = _ => new Reply(500, "");
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        var kept = (await _house.CreateAsync(other)).Str("webhook_id")!;
        // More than are dropped at once.
        await _house.HappenAsync("user.locked", times: 600);
        await _house.RelayAsync();
        await Management.DeleteAsync($"{Path}/{id}", 204);
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = @id", new { id }));
        Assert.Equal(600, await Server.PeekAsync<long>("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = @kept", new { kept }));
        await Management.GetAsync($"{Path}/{id}", 404);
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = @id", new { id }));
    }

    [Fact]
    public async Task Old_deliveries_are_forgotten_and_those_that_wait_are_not()
    {
        var (hook, failing) = (_house.Hook(), _house.Hook());
        failing.Answer = _ => new Reply(500, "");
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        var waiting = (await _house.CreateAsync(failing)).Str("webhook_id")!;
        await _house.HappenAsync("user.locked", times: 3);
        await _house.RelayAsync();
        await Attack.UntilAsync(async () => (await _house.DeliveriesAsync(id, "?status=delivered")).Count == 3);
        await Attack.UntilAsync(async () => (await _house.ReadAsync(waiting)).Has("failing_since"));
        // Left behind by a process that died while it deleted their webhook.
        await Server.TamperAsync("UPDATE webhook_deliveries SET webhook_id = 'gone' WHERE webhook_id = @waiting AND status = 'queued' AND delivery_id = (SELECT MAX(delivery_id) FROM webhook_deliveries WHERE webhook_id = @waiting AND status = 'queued')", new { waiting });
        var now = Server.Clock.GetUtcNow();
        var tenant = (await Server.PeekAsync<string>("SELECT tenant_id FROM webhooks WHERE webhook_id = @id", new { id }))!;
        Assert.Equal(0, await PruneAsync(now - Ms, 100));
        var before = now.AddDays(1);
        Assert.Equal(2, await PruneAsync(before, 2));
        Assert.Equal(2, await PruneAsync(before, 100));
        Assert.Equal(0, await PruneAsync(before, 100));
        Assert.Equal(2, await Server.PeekAsync<long>("SELECT COUNT(*) FROM webhook_deliveries"));

        Task<int> PruneAsync(DateTimeOffset limit, int most) => Server.Database.WriteAsync(db => new WebhookStore(db).PruneAsync(tenant, limit, most));
    }

    [Fact]
    public async Task No_number_no_code_and_no_secret_comes_to_a_webhook_or_stays_behind()
    {
        const string Phone = "+447400661234";
        var hook = _house.Hook();
        var made = await _house.CreateAsync(hook);
        var id = made.Str("webhook_id")!;
        var secret = made.Str("signing_secret")!;
        hook.Answer = asked => new Reply(500, asked.Headers["X-API-Key"] + asked.Body);
        var app = await Server.ApplicationAsync();
        var user = await app.UserAsync(Phone);
        Server.Sender.Answer = _ => new Watchword.Server.Delivery.SendResult(Watchword.Server.Delivery.SendOutcome.Refused, "There is no such number.");
        await (await app.SendAsync(Phone, "sms")).JsonAsync(200);
        await Attack.UntilAsync(async () => await Server.PeekAsync<long>("SELECT COUNT(*) FROM events WHERE action = 'message.failed'") == 1);
        var code = await app.CodeAsync(Phone);
        var login = await (await app.AuthenticateAsync(code, Phone)).JsonAsync(200);
        await _house.RelayAsync();
        await Attack.UntilAsync(() => Task.FromResult(hook.Got.Any(g => g.Json.Str("type") == "message.failed") && hook.Got.Count(g => g.Json.Str("type") == "otp.sent") == 2));
        var failed = hook.Got.First(g => g.Json.Str("type") == "message.failed").Json.At("data");
        Assert.Equal((user, "failed", "There is no such number."), (failed.Str("user_id"), failed.Str("outcome"), failed.Str("detail", "reason")));
        await Attack.UntilAsync(async () => (await _house.DeliveriesAsync(id)).All(d => d.Str("status") != "sending"));

        List<string> secrets = [Phone[1..], Phone[4..], code, .. new[] { "access_token", "id_token", "refresh_token", "session_id" }.Where(n => login.Has(n)).Select(n => login.Str(n)!)];
        Assert.All(secrets, s => Assert.DoesNotContain(hook.Got, g => g.Body.Contains(s, StringComparison.Ordinal)));
        var stored = string.Join('\n', (await Server.Database.ReadAsync(db => db.AllAsync<WebhookDelivery>(
            "SELECT tenant_id, webhook_id, delivery_id, event_id, action, payload, status, tries, created_at, next_try_at, status_at, history FROM webhook_deliveries"))).Select(d => d.Payload + d.History));
        var webhooks = string.Join('\n', (await Server.Database.ReadAsync(db => new WebhookStore(db).ListAsync(_house.TenantId))).Select(w => w.ToString()));
        secrets.AddRange([Hook.ApiKey, secret, secret[6..]]);
        Assert.All(secrets, s => Assert.DoesNotContain(s, stored + webhooks + string.Join('\n', Server.Logs.Lines), StringComparison.Ordinal));
        Assert.DoesNotContain(Hook.ApiKey, (await _house.ReadAsync(id)).GetRawText() + string.Concat((await _house.DeliveriesAsync(id)).Select(d => d.GetRawText())), StringComparison.Ordinal);
    }

    private async Task<string?> StatusAsync(string id) =>
        (await Management.GetAsync($"{Path}/{id}/deliveries", 200)).At("result")[0].Str("status");

    private static string[] Signatures(Asked asked) => asked.Headers["webhook-signature"].Split(' ');

    /// <summary>By the letter of the specification, and by none of our code.</summary>
    private static string Signature(string secret, Asked asked) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(
        Convert.FromBase64String(secret["whsec_".Length..]),
        Encoding.UTF8.GetBytes($"{asked.Headers["webhook-id"]}.{asked.Headers["webhook-timestamp"]}.{asked.Body}")));
}
