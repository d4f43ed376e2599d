using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Watchword.Core;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Delivery;

/// <summary>A server whose messages go to these providers, in this order; messages are put straight into its outbox.</summary>
internal sealed class DispatchFixture : IAsyncDisposable
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private DispatchFixture(TestServer server) => Server = server;

    public TestServer Server { get; }

    public Outbox Outbox => Server.Services.GetRequiredService<Outbox>();

    public Receipts Receipts => Server.Services.GetRequiredService<Receipts>();

    public static async Task<DispatchFixture> StartAsync(Engine engine, params FakeProvider[] providers) =>
        new(await TestServer.StartAsync(engine, builder =>
        {
            builder.Services.RemoveAll<IMessageSender>();
            foreach (var provider in providers)
                builder.Services.AddSingleton<IMessageSender>(provider);
        }));

    /// <summary>Commits messages; their ids.</summary>
    public async Task<IReadOnlyList<string>> QueueAsync(int count, string tenant = "t1", string app = "a1", string region = "GB", string? sender = null)
    {
        var now = Server.Clock.GetUtcNow();
        var messages = Enumerable.Range(0, count).Select(i => (Index: i, Id: Ids.New(now))).Select(m => new OutboxMessage
        {
            TenantId = tenant,
            MessageId = m.Id,
            AppId = app,
            UserId = "u" + m.Index,
            Channel = OtpChannel.Sms,
            Body = Outbox.SealBody(tenant, m.Id, new MessageContent("+447400000001", sender, $"{tenant} code {m.Index}", null)),
            MaskedDestination = "+44•••01",
            Region = region,
            Segments = 2,
            CreatedAt = now,
            ExpiresAt = now + Life,
        }).ToList();
        await Server.Database.WriteAsync(async db =>
        {
            foreach (var message in messages)
                await new OutboxStore(db).AddAsync(message);
        });
        Outbox.Ring();
        return [.. messages.Select(m => m.MessageId)];
    }

    public async Task<LoggedMessage> ReadAsync(string id, string tenant = "t1") =>
        (await Server.Database.ReadAsync(db => new MessageLogStore(db).FindAsync(tenant, id)))!;

    public Task<long> CountAsync(string status) => Server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE status = @status", new { status });

    public async Task<LoggedMessage> UntilAsync(string id, Func<LoggedMessage, bool> isSo, string tenant = "t1")
    {
        LoggedMessage message = null!;
        await Attack.UntilAsync(async () => isSo(message = await ReadAsync(id, tenant)));
        return message;
    }

    public Task<LoggedMessage> UntilAsync(string id, string status, string tenant = "t1") => UntilAsync(id, m => m.Status == status, tenant);

    /// <summary>Moves the clock and wakes the dispatcher.</summary>
    public void Advance(TimeSpan span)
    {
        Server.Clock.Advance(span);
        Outbox.Ring();
    }

    /// <summary>Lets time pass until something is so; not faster than the server can follow, or messages would die of old age.</summary>
    public Task PassUntilAsync(TimeSpan step, Func<Task<bool>> isSo) => Attack.UntilAsync(async () =>
    {
        if (await isSo())
            return true;
        Advance(step);
        await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        return false;
    });

    /// <summary>Moves the clock to when a message that waits is due, as soon as it waits.</summary>
    public async Task<LoggedMessage> NextTryAsync(string id)
    {
        var due = 0L;
        var message = await UntilAsync(id, m => m.Status == "expired" || (m.Tries > 0 && m.Status == "queued"));
        if (message.Status == "expired")
            return message;
        due = await Server.PeekAsync<long>("SELECT next_try_at FROM outbox WHERE message_id = @id", new { id });
        var tries = message.Tries;
        Advance(TimeSpan.FromMilliseconds(due - Server.Clock.GetUtcNow().ToUnixTimeMilliseconds()));
        return await UntilAsync(id, m => m.Status != "queued" || m.Tries > tries);
    }

    public async Task<ProviderStats> StatsAsync(string provider, string tenant = "t1", string region = "GB") =>
        (await Server.Database.ReadAsync(db => new ProviderStatsStore(db).ReadAsync(tenant, DateTimeOffset.UnixEpoch)))
            .SingleOrDefault(s => s.ProviderId == provider && s.Region == region) ?? new ProviderStats();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
