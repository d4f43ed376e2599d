using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>
/// Takes messages from the outbox as they become due, and sets a courier on each, up to a bound. There is no batch that waits for its
/// slowest: a provider that hangs keeps its own messages only, and of those no more than a share of the places.
/// </summary>
/// <remarks>
/// A message is claimed under a lease, and each try is counted on disk before it is made. Where the process dies, or no answer comes,
/// nobody knows whether the provider took the message; it is tried again, within the bound of <see cref="RetryPlan.MostUnknown"/>, so it
/// is not lost and may arrive twice. A provider that said yes is never asked again.
/// </remarks>
internal sealed class Dispatcher(Database database, Outbox outbox, Courier courier, Lanes lanes, TimeProvider time, ILogger<Dispatcher> log) : BackgroundService
{
    /// <summary>Messages in memory at once.</summary>
    public const int Capacity = 1024;

    private const int BatchSize = 128;

    /// <summary>While so many wait for a provider, no more are taken: what is not taken yet costs nothing.</summary>
    private const int Enough = 64;

    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestSleep = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inFlight;
    private long? _busySince;
    private volatile bool _hadNoRoom;
    private volatile bool _listening;
    private volatile bool _stopped;

    /// <summary>Waiting for one provider: at most half of the places that are free, so that however many hang, some are left for the others.</summary>
    private int Room => Math.Max(1, (Capacity - Volatile.Read(ref _inFlight)) / 2);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        lanes.Clear();
        _stopped = true;
        Interlocked.MemoryBarrier();
        // Calls under way have their ten seconds, unless the host is in a greater hurry.
        if (Volatile.Read(ref _inFlight) > 0)
            await Task.WhenAny(_empty.Task, Task.Delay(Timeout.Infinite, cancellationToken));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var sleep = await TakeAsync(stoppingToken);
                if (sleep > TimeSpan.Zero)
                    await outbox.WaitAsync(sleep, stoppingToken);
                _listening = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The queue must outlive a database that is away for a while.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                DeliveryTelemetry.DispatchFailed(log, failure);
                await Task.Delay(LongestSleep, time, stoppingToken);
            }
        }
    }

    /// <summary>Takes what is due, and says how long to sleep before looking again.</summary>
    private async Task<TimeSpan> TakeAsync(CancellationToken stopping)
    {
        var free = Math.Min(BatchSize, Capacity - Volatile.Read(ref _inFlight));
        if (free <= 0)
        {
            _listening = true;
            return Breath;
        }
        // Providers are busy. A breath, not a stop: those who wait may all be waiting for one that hangs. After messages that nobody had
        // room for there is none, so that those behind them pass a long queue of one provider quickly.
        if (lanes.Waiting >= Enough && !_hadNoRoom)
        {
            _busySince ??= Environment.TickCount64;
            if (Breath.TotalMilliseconds - (Environment.TickCount64 - _busySince.Value) is > 0 and var left)
            {
                _listening = true;
                return TimeSpan.FromMilliseconds(left);
            }
        }
        _busySince = null;
        var now = time.GetUtcNow();
        // Looking first costs a read; claiming would cost an fsync each second for nothing.
        if (await database.ReadAsync(db => new OutboxStore(db).NextDueAsync()) is not { } due)
            return LongestSleep;
        if (due > now)
            return due - now < ShortestSleep ? ShortestSleep : due - now < LongestSleep ? due - now : LongestSleep;
        _hadNoRoom = false;
        var (lost, messages) = await database.WriteAsync(db => ClaimAsync(db, free, now));
        if (lost > 0)
            DeliveryTelemetry.TriesLost(lost);
        foreach (var message in messages)
        {
            Interlocked.Increment(ref _inFlight);
            _ = Task.Run(() => CarryAsync(message, stopping), CancellationToken.None);
        }
        return messages.Count > 0 ? TimeSpan.Zero : ShortestSleep;
    }

    private static async ValueTask<(int Lost, IReadOnlyList<OutboxMessage> Messages)> ClaimAsync(SqlSession db, int limit, DateTimeOffset now)
    {
        var outbox = new OutboxStore(db);
        var lost = await outbox.RecoverAsync(limit, now);
        var claimed = await outbox.ClaimAsync(limit, now, now + Courier.Lease);
        // Here, and not by the send: that is the one write for which a user waits.
        await new StatisticsStore(db).AddAsync(
            claimed.Where(m => m.Claims == 1).Select(m => new CodeCount(m.TenantId, m.AppId, m.CreatedAt, m.Channel.Wire(), m.Region) { Sends = 1 }), now);
        await new ProviderStatsStore(db).AddAsync(
            lost.Where(t => t.ProviderId is not null).Select(t => new ProviderCount(t.TenantId, t.ProviderId!, t.Region, now) { Unknown = 1 }));
        return (lost.Count, claimed);
    }

    private async Task CarryAsync(OutboxMessage message, CancellationToken stopping)
    {
        try
        {
            if (await courier.CarryAsync(message, () => Room, stopping) == Carried.NoRoom)
                _hadNoRoom = true;
        }
#pragma warning disable CA1031 // One message must not end the others. It comes again when its lease ends, until its code is dead.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            DeliveryTelemetry.CarryingFailed(log, message.MessageId, failure.GetType().Name);
        }
        finally
        {
            if (Interlocked.Decrement(ref _inFlight) == 0 && _stopped)
                _empty.TrySetResult();
            if (_listening && lanes.Waiting < Enough)
                outbox.Ring();
        }
    }
}
