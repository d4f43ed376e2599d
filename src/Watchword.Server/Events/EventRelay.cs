using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>
/// Moves what happened into the audit log, the webhooks' queues and the statistics, off the way of those to whom it happened. A move is one write:
/// whatever stops the server in the middle of one, nothing is lost and nothing is there twice.
/// </summary>
internal sealed class EventRelay(
    Database database, MasterKey keys, HeadLog heads, DirectCodes direct, TimeProvider time, ILogger<EventRelay> log) : BackgroundService
{
    /// <summary>In one write: few, so that logins wait for a move no longer than for each other.</summary>
    private const int AtOnce = 50;

    /// <summary>In one second at least, and of a longer queue a sixtieth: a rush of logins is not slowed by its own records.</summary>
    private const int PerSecond = 500;

    private const int Patience = 60;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                // Looking first costs a read; a move that moves nothing would cost an fsync each second.
                if (await WaitingAsync() is > 0 and var waiting)
                    await RelayAsync(Math.Max(PerSecond, waiting / Patience), stoppingToken);
                await direct.WriteAsync(database, time.GetUtcNow());
                await heads.TellAsync();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The events wait until the database is back.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                EventsTelemetry.RelayFailed(log, failure);
            }
        }
    }

    /// <summary>Moves all that waits now; what comes meanwhile may wait.</summary>
    public async Task RelayAllAsync(CancellationToken stopping) => await RelayAsync(await WaitingAsync(), stopping);

    /// <summary>By then no request is under way any more.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await direct.WriteAsync(database, time.GetUtcNow());
        }
#pragma warning disable CA1031 // The database is away; a stop must not fail for a second's counts.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            EventsTelemetry.RelayFailed(log, failure);
        }
    }

    private Task<long> WaitingAsync() => database.ReadAsync(db => new EventStore(db).WaitingAsync());

    /// <summary>Moves the oldest events, so many at most.</summary>
    private async Task RelayAsync(long most, CancellationToken stopping)
    {
        for (long moved = 0; moved < most && !stopping.IsCancellationRequested;)
        {
            var count = await database.WriteAsync(MoveAsync);
            moved += count;
            if (count < AtOnce)
                return;
        }
    }

    private async ValueTask<int> MoveAsync(SqlSession db)
    {
        var events = await new EventStore(db).TakeAsync(AtOnce);
        var now = time.GetUtcNow();
        // In the order of ids, so that two nodes that move at once never wait for each other in a ring.
        foreach (var ofTenant in events.GroupBy(e => e.TenantId, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var audited = ofTenant.Where(e => AuditAction.IsAudited(e.Action)).ToList();
            if (audited.Count > 0)
                await new AuditStore(db).AppendAsync(ofTenant.Key, audited, keys.AuditKey);
            await WebhookFanOut.AddAsync(db, ofTenant.Key, ofTenant, now);
        }
        var statistics = new StatisticsStore(db);
        await statistics.AddAsync(events.SelectMany(EventCounts.OfCodes), now);
        await statistics.AddAsync(events.SelectMany(EventCounts.OfLogins), now);
        return events.Count;
    }
}
