using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Audit;
using Watchword.Server.Events;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Delivery.Providers;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

/// <summary>The other side of a webhook: it proves itself when asked, and keeps what it gets.</summary>
internal sealed class Hook : IAsyncDisposable
{
    public const string ApiKey = "s3cret-key-of-hook";

    private readonly LoopbackGateway _gateway = new();

    public Hook() => _gateway.Answer = asked => asked.Method == "GET" ? Proof(asked) : Answer(asked);

    public string Uri => _gateway.Url + "/hook?a=1";

    /// <summary>What it answers when asked to prove itself.</summary>
    public Func<Asked, Reply> Proof { get; set; } = asked => new(200, JsonSerializer.Serialize(new { key = asked.Headers["X-Verification-Key"] }));

    /// <summary>What it answers to an event.</summary>
    public Func<Asked, Reply> Answer { get; set; } = _ => new Reply(204, "");

    public IReadOnlyList<Asked> Asked => [.. _gateway.Requests.Where(r => r.Method == "GET")];

    public IReadOnlyList<Asked> Got => [.. _gateway.Requests.Where(r => r.Method == "POST")];

    /// <summary>So many requests with events, as soon as they are there.</summary>
    public async Task<IReadOnlyList<Asked>> GotAsync(int count)
    {
        await Attack.UntilAsync(() => Task.FromResult(Got.Count >= count));
        Assert.Equal(count, Got.Count);
        return Got;
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();
}

/// <summary>A tenant's webhooks as its administrator and its clock see them.</summary>
internal sealed class HookHouse(TestServer server, HttpClient management, string tenant) : IAsyncDisposable
{
    public const string Path = "/cis/v1/webhooks";

    private readonly ConcurrentBag<Hook> _hooks = [];
    private bool _owns;
    private HttpClient _management = management;

    public TestServer Server => server;

    public HttpClient Management => _management;

    public string TenantId => tenant;

    /// <summary>A server of its own, so that its clock may be moved.</summary>
    public static async Task<HookHouse> StartAsync(Engine engine)
    {
        var server = await TestServer.StartAsync(engine);
        return new HookHouse(server, await server.ManagementAsync(), (await server.PeekAsync<string>("SELECT tenant_id FROM tenants"))!) { _owns = true };
    }

    /// <summary>A new token of its administrator, where time or a restart has made the old one worthless.</summary>
    public async Task RenewAsync()
    {
        _management.Dispose();
        _management = await server.ManagementAsync();
    }

    public Hook Hook()
    {
        var hook = new Hook();
        _hooks.Add(hook);
        return hook;
    }

    /// <summary>A webhook at this address; the answer that made it.</summary>
    public async Task<JsonElement> CreateAsync(Hook hook, params string[] events) =>
        (await _management.PostAsync(Path, new { uri = hook.Uri, api_key = Events.Hook.ApiKey, events = events.Length == 0 ? WebhookEvents.Offered : events }, 201)).At("result");

    public async Task<JsonElement> ReadAsync(string id) => (await _management.GetAsync($"{Path}/{id}", 200)).At("result");

    public async Task<List<JsonElement>> DeliveriesAsync(string id, string query = "") =>
        [.. (await _management.GetAsync($"{Path}/{id}/deliveries{query}", 200)).At("result").EnumerateArray()];

    /// <summary>Something happens, written as everything that happens is.</summary>
    public Task HappenAsync(string action, int times = 1, Func<AuditEvent, AuditEvent>? more = null) => server.Database.WriteAsync(async db =>
    {
        for (var i = 0; i < times; i++)
        {
            var happened = new AuditEvent { TenantId = tenant, At = server.Clock.GetUtcNow(), Action = action, Actor = "system", AppId = "a1", UserId = "u" + i };
            await new EventStore(db).AddAsync(more is null ? happened : more(happened));
        }
    });

    /// <summary>Moves what happened on, and wakes those who deliver it.</summary>
    public async Task RelayAsync()
    {
        await server.Services.GetRequiredService<EventRelay>().RelayAllAsync(CancellationToken.None);
        Wake();
    }

    public void Wake() => server.Services.GetRequiredService<WebhookDispatcher>().Ring();

    public void Advance(TimeSpan span)
    {
        server.Clock.Advance(span);
        Wake();
    }

    /// <summary>How many webhooks have something to get now.</summary>
    public async Task<int> DueAsync() => (await server.Database.ReadAsync(db => new WebhookStore(db).DueAsync(WebhookDispatcher.AtOnce, server.Clock.GetUtcNow()))).Count;

    /// <summary>Tells when the only delivery of a webhook has this status; its JSON.</summary>
    public async Task<JsonElement> UntilAsync(string id, string status, int tries)
    {
        JsonElement delivery = default;
        await Attack.UntilAsync(async () => (delivery = (await DeliveriesAsync(id)).Single()).Str("status") == status && delivery.At("history").GetArrayLength() == tries);
        return delivery;
    }

    public async ValueTask DisposeAsync()
    {
        if (_owns)
        {
            _management.Dispose();
            await server.DisposeAsync();
        }
        foreach (var hook in _hooks)
            await hook.DisposeAsync();
    }
}
