using Watchword.Core.Audit;

namespace Watchword.Server.Storage;

/// <summary>Where a tenant's chain stands.</summary>
internal sealed record AuditHead(long Sequence, byte[] Mac);

/// <summary>The audit log: one chain of entries for each tenant.</summary>
internal sealed class AuditStore(SqlSession db)
{
    /// <summary>Adds to the end of a tenant's chain. Two that add at once go one after the other.</summary>
    public async ValueTask AppendAsync(string tenant, IEnumerable<AuditEvent> events, byte[] key)
    {
        // Writes first: on PostgreSQL that holds the head until the end of the write.
        await db.ExecuteAsync(
            """
            INSERT INTO audit_heads (tenant_id, sequence, mac, pruned_sequence, pruned_mac, pruned_proof) VALUES (@tenant, 0, @none, 0, @none, @none)
            ON CONFLICT (tenant_id) DO UPDATE SET sequence = audit_heads.sequence
            """,
            new { tenant, none = AuditChain.Beginning });
        var (sequence, mac) = (await db.FirstAsync<AuditHead>("SELECT sequence, mac FROM audit_heads WHERE tenant_id = @tenant", new { tenant }))!;
        foreach (var entry in events)
        {
            sequence++;
            var originMac = AuditChain.OriginMac(key, tenant, sequence, entry.Origin);
            mac = AuditChain.Mac(key, mac, sequence, entry, originMac);
            await db.ExecuteAsync(
                """
                INSERT INTO audit (tenant_id, sequence, at, action, actor, app_id, user_id, target, outcome, origin, origin_mac, detail, mac)
                VALUES (@tenant, @sequence, @at, @action, @actor, @app, @user, @target, @outcome, @origin, @originMac, @detail, @mac)
                """,
                new
                {
                    tenant,
                    sequence,
                    at = entry.At.Ms(),
                    action = entry.Action,
                    actor = entry.Actor,
                    app = entry.AppId,
                    user = entry.UserId,
                    target = entry.Target,
                    outcome = entry.Outcome,
                    origin = entry.Origin,
                    originMac,
                    detail = entry.Detail,
                    mac,
                });
        }
        await db.ExecuteAsync("UPDATE audit_heads SET sequence = @sequence, mac = @mac WHERE tenant_id = @tenant", new { tenant, sequence, mac });
    }

    /// <summary>Takes from a user's entries what is personal; the chain holds. Where a deletion came from is not the user's.</summary>
    public async ValueTask EraseOriginsAsync(string tenant, string user) =>
        await db.ExecuteAsync(
            """
            UPDATE audit SET origin = NULL WHERE tenant_id = @tenant AND user_id = @user AND user_id <> '' AND action <> 'user.deleted' AND origin IS NOT NULL
            """,
            new { tenant, user });
}
