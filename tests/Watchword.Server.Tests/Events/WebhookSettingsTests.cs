using System.Net.Http.Json;
using Watchword.Core.Audit;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Delivery.Providers;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

public sealed class WebhookSettingsOnSqlite(SharedServers servers) : WebhookSettingsTests(servers, Engine.Sqlite);

public sealed class WebhookSettingsOnPostgres(SharedServers servers) : WebhookSettingsTests(servers, Engine.Postgres);

/// <summary>What an administrator writes about webhooks and reads again.</summary>
public abstract class WebhookSettingsTests(SharedServers servers, Engine engine) : IAsyncLifetime
{
    private const string Path = HookHouse.Path;
    private HookHouse _house = null!;

    private HttpClient Management => _house.Management;

    public async ValueTask InitializeAsync() => _house = await HouseAsync();

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_webhook_that_returns_the_challenge_is_made_and_its_secrets_are_never_read_back()
    {
        var hook = _house.Hook();
        var answer = await Management.PostAsync(Path, new { uri = hook.Uri, api_key = Hook.ApiKey, events = new[] { "user.locked", "user.created", "user.locked" } }, 201);
        var made = answer.At("result");
        Assert.Equal(["created_at", "enabled", "events", "signing_secret", "updated_at", "uri", "webhook_id"], made.Names());
        Assert.Equal((hook.Uri, true), (made.Str("uri"), made.At("enabled").GetBoolean()));
        Assert.Equal(["user.created", "user.locked"], made.At("events").Strings());
        Assert.StartsWith("whsec_", made.Str("signing_secret"), StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(made.Str("signing_secret")![6..]).Length);
        var asked = Assert.Single(hook.Asked);
        Assert.Equal(("/hook?a=1", Hook.ApiKey, 64), (asked.Path, asked.Headers["X-API-Key"], asked.Headers["X-Verification-Key"].Length));

        var listed = Assert.Single((await Management.GetAsync(Path, 200)).At("result").EnumerateArray());
        Assert.Equal(["created_at", "enabled", "events", "updated_at", "uri", "webhook_id"], listed.Names());
        Assert.Equal(listed.GetRawText(), (await _house.ReadAsync(made.Str("webhook_id")!)).GetRawText());
    }

    [Fact]
    public async Task A_webhook_that_does_not_prove_itself_is_refused_with_what_to_do()
    {
        var hook = _house.Hook();
        foreach (var (proof, words) in new (Func<Asked, Reply>, string)[]
        {
            (_ => new Reply(200, """{"key":"abc"}"""), "{\"key\":"),
            (_ => new Reply(204, ""), "with 200; it answered 204"),
            (asked => new Reply(302, $$"""{"key":"{{asked.Headers["X-Verification-Key"]}}"}""", ("Location", hook.Uri)), "with 200; it answered 302"),
            (_ => Reply.Reset, "Check uri"),
        })
        {
            hook.Proof = proof;
            var refused = await Management.PostAsync(Path, new { uri = hook.Uri, api_key = Hook.ApiKey, events = new[] { "user.locked" } }, 400);
            Assert.Contains(words, Assert.Single(refused.At("message").Strings())!, StringComparison.Ordinal);
        }
        Assert.Equal(0, (await Management.GetAsync(Path, 200)).At("result").GetArrayLength());
        // A redirect that had been followed would have been asked a second time.
        Assert.Equal(4, hook.Asked.Count);
    }

    [Fact]
    public async Task All_faults_are_told_at_once_with_the_events_to_choose_from()
    {
        var refused = (await Management.PostAsync(Path, new { uri = "http://hooks.example.com/#a", api_key = "with space", events = new[] { "user.locked", "user.hatched", null } }, 400)).At("message").Strings();
        Assert.Equal(5, refused.Length);
        Assert.Contains("uri must use https", refused[0], StringComparison.Ordinal);
        Assert.Contains("uri must not have a fragment", refused[1], StringComparison.Ordinal);
        Assert.Contains("api_key must", refused[2], StringComparison.Ordinal);
        Assert.All(WebhookEvents.Offered, name => Assert.Contains(name, refused[3], StringComparison.Ordinal));
        Assert.StartsWith("events[1] must be one of", refused[3], StringComparison.Ordinal);
        Assert.StartsWith("events[2] must be one of", refused[4], StringComparison.Ordinal);
        Assert.Equal(3, (await Management.PostAsync(Path, new { }, 400)).At("message").GetArrayLength());
        Assert.Single((await Management.PostAsync(Path, new { uri = "https://127.0.0.1:1", api_key = "k", events = Array.Empty<string>() }, 400)).At("message").Strings());
    }

    [Fact]
    public async Task A_new_address_or_key_has_to_prove_itself_and_what_stays_is_not_asked()
    {
        var hook = _house.Hook();
        var at = $"{Path}/{(await _house.CreateAsync(hook, "user.locked")).Str("webhook_id")}";
        hook.Proof = _ => new Reply(200, "{}");
        await Management.PutAsync(at, new { uri = hook.Uri, api_key = Hook.ApiKey, events = new[] { "user.created" } }, 200);
        Assert.Single(hook.Asked);
        await Management.PutAsync(at, new { api_key = "another-key" }, 400);
        await Management.PutAsync(at, new { uri = hook.Uri + "&b=2", api_key = Hook.ApiKey }, 400);
        var now = (await Management.GetAsync(at, 200)).At("result");
        Assert.Equal(hook.Uri, now.Str("uri"));
        Assert.Equal(["user.created"], now.At("events").Strings());

        var other = _house.Hook();
        Assert.Equal(other.Uri, (await Management.PutAsync(at, new { uri = other.Uri, api_key = "another-key" }, 200)).Str("result", "uri"));
        Assert.Equal("another-key", Assert.Single(other.Asked).Headers["X-API-Key"]);
        Assert.True((await Management.PostAsync($"{at}/test", new { }, 200)).At("result", "delivered").GetBoolean());
        Assert.Equal("another-key", Assert.Single(other.Got).Headers["X-API-Key"]);
    }

    [Fact]
    public async Task The_key_of_a_webhook_is_not_taken_along_to_another_address()
    {
        var (hook, thief) = (_house.Hook(), _house.Hook());
        var at = $"{Path}/{(await _house.CreateAsync(hook)).Str("webhook_id")}";
        var refused = await Management.PutAsync(at, new { uri = thief.Uri }, 400);
        Assert.Contains("api_key must be sent again", Assert.Single(refused.At("message").Strings())!, StringComparison.Ordinal);
        Assert.Empty(thief.Asked);
        Assert.Equal(hook.Uri, (await Management.GetAsync(at, 200)).Str("result", "uri"));
    }

    [Fact]
    public async Task An_internal_address_is_not_called()
    {
        await using var server = await TestServer.StartAsync(engine, null, ("Watchword:PublicUrl", "https://login.example.com"));
        var management = await server.ManagementAsync();
        var hook = _house.Hook();
        foreach (var uri in new[] { hook.Uri, hook.Uri.Replace("http:", "https:", StringComparison.Ordinal), "https://10.1.2.3/", "https://[::1]/", "https://169.254.169.254/latest" })
        {
            var refused = await management.PostAsync(Path, new { uri, api_key = Hook.ApiKey, events = new[] { "user.locked" } }, 400);
            Assert.Contains("internal network", Assert.Single(refused.At("message").Strings())!, StringComparison.Ordinal);
        }
        Assert.Empty(hook.Asked);
    }

    [Fact]
    public async Task An_address_that_has_become_internal_is_not_called_when_something_happens()
    {
        await using var house = await HookHouse.StartAsync(engine);
        var hook = house.Hook();
        var id = (await house.CreateAsync(hook)).Str("webhook_id")!;
        // Whoever gets an address past the check at the door, by a name that changes its meaning for one, meets it again here.
        await house.Server.TamperAsync("UPDATE webhooks SET uri = 'https://10.1.2.3/'");
        await house.HappenAsync("user.locked");
        await house.RelayAsync();
        Assert.Contains("internal network", (await house.UntilAsync(id, "queued", 1)).Str("reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tenant_has_twenty_webhooks_however_many_are_made_at_once()
    {
        var hook = _house.Hook();
        var answers = await Attack.AtOnceAsync(25, _ => Management.PostAsJsonAsync(Path, new { uri = hook.Uri, api_key = Hook.ApiKey, events = new[] { "user.locked" } }));
        Assert.Equal((20, 5), (answers.Of(201), answers.Of(400)));
        Assert.Contains("20 webhooks. Delete one", await answers.First(a => (int)a.StatusCode == 400).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(20, (await Management.GetAsync(Path, 200)).At("result").GetArrayLength());
    }

    [Fact]
    public async Task Every_change_is_written_down_with_who_made_it_and_without_an_address_or_a_secret()
    {
        await using var house = await HookHouse.StartAsync(engine);
        var made = await house.CreateAsync(house.Hook(), "user.locked");
        var (id, at) = (made.Str("webhook_id")!, $"{Path}/{made.Str("webhook_id")}");
        await house.Management.PutAsync(at, new { events = new[] { "user.created" }, enabled = false }, 200);
        await house.Management.PutAsync(at, new { enabled = false }, 200);
        await house.Management.PostAsync($"{at}/rotate-secret", new { }, 200);
        var tried = (await house.Management.PostAsync($"{at}/test", new { }, 200)).Str("result", "event_id");
        await house.Management.DeleteAsync(at, 204);
        await house.Management.DeleteAsync(at, 404);
        await house.RelayAsync();
        var written = await house.Server.Database.ReadAsync(db => db.AllAsync<Written>(
            "SELECT action, actor, target, detail, origin FROM audit WHERE tenant_id = @tenant AND target = @id ORDER BY sequence", new { tenant = house.TenantId, id }));
        Assert.Equal(
            [
                ("webhook.created", """{"events":["user.locked"]}"""), ("webhook.changed", """{"changed":["events","enabled"],"events":["user.created"],"enabled":false}"""),
                ("webhook.changed", """{"changed":["signing_secret"]}"""), ("webhook.test_sent", $$"""{"event_id":"{{tried}}"}"""), ("webhook.deleted", "{}"),
            ],
            written.Select(w => (w.Action, w.Detail)));
        Assert.All(written, w => Assert.StartsWith("client:", w.Actor, StringComparison.Ordinal));
        Assert.All(written, w => Assert.Equal("""{"address":"127.0.0.1"}""", w.Origin));
    }

    [Fact]
    public async Task Another_tenants_webhooks_are_not_there()
    {
        await using var other = await HouseAsync();
        var (hook, hers) = (_house.Hook(), other.Hook());
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        var own = (await other.CreateAsync(hers)).Str("webhook_id")!;
        await _house.HappenAsync("user.locked");
        await _house.RelayAsync();
        var got = Assert.Single(await hook.GotAsync(1));
        Assert.Equal(_house.TenantId, got.Json.Str("tenant_id"));
        var delivery = Assert.Single(await _house.DeliveriesAsync(id)).Str("delivery_id");

        Assert.DoesNotContain((await other.Management.GetAsync(Path, 200)).At("result").EnumerateArray(), w => w.Str("webhook_id") == id);
        await other.Management.GetAsync($"{Path}/{id}", 404);
        await other.Management.PutAsync($"{Path}/{id}", new { enabled = false }, 404);
        await other.Management.DeleteAsync($"{Path}/{id}", 404);
        await other.Management.PostAsync($"{Path}/{id}/rotate-secret", new { }, 404);
        await other.Management.PostAsync($"{Path}/{id}/test", new { }, 404);
        await other.Management.GetAsync($"{Path}/{id}/deliveries", 404);
        await other.Management.PostAsync($"{Path}/{id}/deliveries/{delivery}/retry", new { }, 404);
        await other.Management.PostAsync($"{Path}/{own}/deliveries/{delivery}/retry", new { }, 404);
        Assert.Empty(hers.Got);
        Assert.Empty(await other.DeliveriesAsync(own));
    }

    [Fact]
    public async Task Secrets_copied_into_another_tenants_row_open_nothing_there()
    {
        await using var other = await HouseAsync();
        var (hook, hers) = (_house.Hook(), other.Hook());
        var id = (await _house.CreateAsync(hook)).Str("webhook_id")!;
        var own = (await other.CreateAsync(hers)).Str("webhook_id")!;
        await _house.Server.TamperAsync("UPDATE webhooks SET secrets = (SELECT secrets FROM webhooks WHERE webhook_id = @id) WHERE webhook_id = @own", new { id, own });
        var trial = (await other.Management.PostAsync($"{Path}/{own}/test", new { }, 200)).At("result");
        Assert.False(trial.At("delivered").GetBoolean());
        Assert.Contains("cannot be opened", trial.Str("reason"), StringComparison.Ordinal);
        Assert.Empty(hers.Got);
        Assert.Contains("cannot be opened", (await other.Management.PutAsync($"{Path}/{own}", new { api_key = "new" }, 400)).GetRawText(), StringComparison.Ordinal);
        Assert.Contains("cannot be opened", (await other.Management.PostAsync($"{Path}/{own}/rotate-secret", new { }, 400)).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trying_a_webhook_out_tells_what_it_really_answers()
    {
        var hook = _house.Hook();
        var id = (await _house.CreateAsync(hook, "user.locked")).Str("webhook_id")!;
        var good = (await Management.PostAsync($"{Path}/{id}/test", new { }, 200)).At("result");
        Assert.Equal((true, 204), (good.At("delivered").GetBoolean(), good.At("http_status").GetInt32()));
        var got = Assert.Single(hook.Got);
        Assert.Equal((good.Str("event_id"), "webhook.test", good.Str("event_id")), (got.Json.Str("id"), got.Json.Str("type"), got.Headers["webhook-id"]));

        hook.Answer = _ => new Reply(503, "busy");
        var bad = (await Management.PostAsync($"{Path}/{id}/test", new { }, 200)).At("result");
        Assert.Equal((false, 503), (bad.At("delivered").GetBoolean(), bad.At("http_status").GetInt32()));
        Assert.Contains("503", bad.Str("reason"), StringComparison.Ordinal);
        hook.Answer = _ => Reply.Reset;
        Assert.False((await Management.PostAsync($"{Path}/{id}/test", new { }, 200)).At("result", "delivered").GetBoolean());
        Assert.Empty(await _house.DeliveriesAsync(id));
    }

    private async Task<HookHouse> HouseAsync()
    {
        var tenant = await servers.TenantAsync(engine);
        return new HookHouse(tenant.Server, tenant.Management, tenant.TenantId);
    }

    private sealed class Written
    {
        public string Action { get; init; } = "";
        public string Actor { get; init; } = "";
        public string Target { get; init; } = "";
        public string Detail { get; init; } = "";
        public string? Origin { get; init; }
    }
}
