using Watchword.Server.Events;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>What administrators do with their tenant's audit log, from whichever door they come. What happened before a call is in its answer.</summary>
internal sealed class AuditTrail(Database database, EventRelay relay, AuditVerification verification)
{
    public async Task<AuditPage> ReadAsync(string tenant, AuditLogQuery query, int limit, CancellationToken cancellation)
    {
        await relay.RelayAllAsync(cancellation);
        return await database.ReadAsync(db => new AuditLogStore(db).ReadAsync(tenant, query, limit));
    }

    public Task<LoggedEvent?> FindAsync(string tenant, long sequence) => database.ReadAsync(db => new AuditLogStore(db).FindAsync(tenant, sequence));

    /// <summary>Whether the log is as it was written, and a head that was noted earlier still part of it.</summary>
    public Task<AuditReport> VerifyAsync(string tenant, NotedHead? noted, Action<long, long>? progress, CancellationToken cancellation) =>
        verification.VerifyAsync(tenant, noted, cancellation, progress);
}
