using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>
/// Moves what happened into the audit log, off the way of those to whom it happened. A move is one write: whatever stops the server in the
/// middle of one, nothing is lost and nothing is there twice.
/// </summary>
internal sealed class EventRelay(Database database, MasterKey keys, HeadLog heads, TimeProvider time, ILogger<EventRelay> log) : BackgroundService
{
    /// <summary>At once: few, so that logins wait for a move no longer than for each other.</summary>
    private const int AtOnce = 100;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RelayAllAsync(stoppingToken);
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

    /// <summary>Moves everything that was there when it began, and perhaps more.</summary>
    public async Task RelayAllAsync(CancellationToken stopping)
    {
        // Looking first costs a read; a move that moves nothing would cost an fsync each second.
        if (!await database.ReadAsync(db => new EventStore(db).AnyAsync()))
            return;
        while (!stopping.IsCancellationRequested && await database.WriteAsync(MoveAsync) == AtOnce)
        {
        }
    }

    private async ValueTask<int> MoveAsync(SqlSession db)
    {
        var events = await new EventStore(db).TakeAsync(AtOnce);
        // In the order of ids, so that two nodes that move at once never wait for each other in a ring.
        foreach (var ofTenant in events.GroupBy(e => e.TenantId, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var audited = ofTenant.Where(e => AuditAction.IsAudited(e.Action)).ToList();
            if (audited.Count > 0)
                await new AuditStore(db).AppendAsync(ofTenant.Key, audited, keys.AuditKey);
        }
        return events.Count;
    }
}
