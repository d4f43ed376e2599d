using System.Collections.Concurrent;
using System.Data.Common;
using Watchword.Core.Audit;
using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>
/// Writes what becomes of messages, many in one transaction: what comes while one is under way goes into the next. Where every commit is
/// an fsync of its own, and where all messages of a provider count on the same row, one by one would be slow.
/// </summary>
internal sealed class DispatchJournal(Database database, WebhookDirectory webhooks, MessageSignal signal)
{
    private const int Most = 256;
    private readonly ConcurrentQueue<Entry> _queue = new();
    private int _writing;

    /// <summary>On disk when this returns. False: the message is no longer its taker's.</summary>
    public async Task<bool> WriteAsync(OutboxChange change)
    {
        var entry = new Entry(change, MessageFailed.Is(change.Status) && await webhooks.WantsAsync(change.Message.TenantId, AuditAction.MessageFailed));
        _queue.Enqueue(entry);
        if (Interlocked.Exchange(ref _writing, 1) == 0)
            _ = WriteAllAsync();
        return await entry.Done.Task;
    }

    private async Task WriteAllAsync()
    {
        do
        {
            while (Take() is { Length: > 0 } batch)
            {
                await WriteAsync(batch);
            }
            Volatile.Write(ref _writing, 0);
            // Looked at again after saying so, or what came in between would wait for the next one.
            Interlocked.MemoryBarrier();
        }
        while (!_queue.IsEmpty && Interlocked.Exchange(ref _writing, 1) == 0);
    }

    private async Task WriteAsync(Entry[] batch)
    {
        try
        {
            var written = await database.WriteAsync(db => ApplyAsync(db, batch));
            for (var i = 0; i < batch.Length; i++)
                batch[i].Done.SetResult(written[i]);
            signal.Changed(batch.Select(e => e.Change.Message.TenantId));
        }
        // One change that cannot be written must not take those with it that were only written beside it, again and again.
#pragma warning disable CA1031 // Whoever wrote gets it, and decides.
        catch (Exception failure) when (batch.Length > 1 && failure is not DbException { IsTransient: true })
        {
            foreach (var entry in batch)
                await WriteAsync([entry]);
        }
        catch (Exception failure)
#pragma warning restore CA1031
        {
            foreach (var entry in batch)
                entry.Done.TrySetException(failure);
        }
    }

    /// <summary>In the order of ids, so that two nodes that write at once never wait for each other in a ring.</summary>
    private Entry[] Take()
    {
        var batch = new List<Entry>();
        while (batch.Count < Most && _queue.TryDequeue(out var entry))
            batch.Add(entry);
        return [.. batch.OrderBy(e => e.Change.Message.MessageId, StringComparer.Ordinal)];
    }

    private static async ValueTask<bool[]> ApplyAsync(SqlSession db, Entry[] batch)
    {
        var written = new bool[batch.Length];
        var outbox = new OutboxStore(db);
        var counts = new List<CodeCount>();
        for (var i = 0; i < batch.Length; i++)
        {
            var change = batch[i].Change;
            written[i] = await outbox.ChangeAsync(change);
            if (written[i] && change.IsEnd)
                counts.Add(change.Outcome);
            else if (!written[i] && change.Status == "sent" && await AcceptLateAsync(outbox, change) is { } late)
                counts.Add(late);
            if (written[i] && batch[i].Told)
                await new EventStore(db).AddAsync(Failure(change));
        }
        await new StatisticsStore(db).AddAsync(counts, batch[0].Change.Now);
        await new ProviderStatsStore(db).AddAsync(batch.Select(e => e.Change.Count).OfType<ProviderCount>());
        return written;
    }

    /// <summary>What it changes is seen only by looking before and after; it is rare enough.</summary>
    private static async ValueTask<CodeCount?> AcceptLateAsync(OutboxStore outbox, OutboxChange change)
    {
        var (tenant, id) = (change.Message.TenantId, change.Message.MessageId);
        if (await outbox.HoldAsync(tenant, id) is not { } before)
            return null;
        await outbox.AcceptLateAsync(change);
        return before.To((await outbox.HoldAsync(tenant, id))!, tenant);
    }

    private static AuditEvent Failure(OutboxChange change)
    {
        var message = change.Message;
        return MessageFailed.Of(
            message.TenantId, message.MessageId, message.AppId, message.UserId, message.Channel.Wire(), message.Region, change.Status,
            change.ProviderId ?? message.ProviderId, change.Fault, change.Now);
    }

    /// <param name="Change">What to write.</param>
    /// <param name="Told">Whether a webhook is told of it.</param>
    private sealed record Entry(OutboxChange Change, bool Told)
    {
        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
