using Watchword.Core.Audit;

namespace Watchword.Server.Storage;

/// <summary>Where a tenant's chain stands.</summary>
internal sealed record AuditHead(long Sequence, byte[] Mac);

/// <summary>The same, with where it begins since older entries were pruned, and the proof that the server pruned them.</summary>
internal sealed record AuditChainEnds(string TenantId, long Sequence, byte[] Mac, long PrunedSequence, byte[] PrunedMac, byte[] PrunedProof)
{
    /// <summary>Whether the server itself forgot what is not there any more.</summary>
    public bool IsPruningProved(byte[] key) => PrunedSequence == 0
        ? PrunedMac.AsSpan().SequenceEqual(AuditChain.Beginning)
        : PrunedProof.AsSpan().SequenceEqual(AuditChain.PrunedProof(key, TenantId, PrunedSequence, PrunedMac));
}

/// <summary>A check of a tenant's log, and how many kinds of fault it found.</summary>
internal sealed record AuditCheck(DateTimeOffset At, long Faults);

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

    /// <summary>Notes that the log was checked, and how many kinds of fault were found.</summary>
    public async ValueTask NoteCheckAsync(string tenant, int faults, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            INSERT INTO audit_checks (tenant_id, checked_at, faults) VALUES (@tenant, @now, @faults)
            ON CONFLICT (tenant_id) DO UPDATE SET checked_at = excluded.checked_at, faults = excluded.faults
            """,
            new { tenant, now = now.Ms(), faults = (long)faults });

    /// <summary>The last check, or null.</summary>
    public async ValueTask<AuditCheck?> LastCheckAsync(string tenant) =>
        await db.FirstAsync<AuditCheckRow>("SELECT checked_at, faults FROM audit_checks WHERE tenant_id = @tenant", new { tenant }) is { } row ? new AuditCheck(row.CheckedAt.At(), row.Faults) : null;

    /// <summary>The ends of every tenant's chain.</summary>
    public async ValueTask<IReadOnlyList<AuditChainEnds>> EndsAsync() => await db.AllAsync<AuditChainEnds>($"SELECT {Ends} FROM audit_heads ORDER BY tenant_id");

    /// <summary>The ends of a tenant's chain; null when nothing ever happened in it.</summary>
    public ValueTask<AuditChainEnds?> EndsAsync(string tenant) =>
        db.FirstAsync<AuditChainEnds>($"SELECT {Ends} FROM audit_heads WHERE tenant_id = @tenant", new { tenant });

    /// <summary>
    /// Forgets the oldest entries that are older than this, so many at once, and leaves a proof that it was the server who did. How many; when
    /// it is as many as asked for, there may be more. Only what hangs together goes: the first entry that is young enough keeps all after it.
    /// </summary>
    /// <remarks>
    /// What somebody has tampered with goes too, but without a proof, now and ever after: otherwise whoever writes to the database would make what
    /// they did old, or delete it and write it off as forgotten, and have the server itself prove that all is well.
    /// </remarks>
    public async ValueTask<int> PruneAsync(string tenant, DateTimeOffset before, int limit, byte[] key)
    {
        // Writes first: on PostgreSQL that holds the chain until the end of the write.
        await db.ExecuteAsync("UPDATE audit_heads SET sequence = sequence WHERE tenant_id = @tenant", new { tenant });
        if (await EndsAsync(tenant) is not { } ends)
            return 0;
        var oldest = await new AuditLogStore(db).WalkAsync(tenant, ends.PrunedSequence, ends.Sequence, limit);
        var over = oldest.TakeWhile(e => e.At < before.Ms()).ToList();
        if (over.Count == 0)
            return 0;
        var (proved, last, mac) = (ends.IsPruningProved(key), ends.PrunedSequence, ends.PrunedMac);
        foreach (var entry in over)
        {
            proved &= entry.Sequence == last + 1 && entry.Mac.AsSpan().SequenceEqual(AuditChain.Mac(key, mac, entry.Sequence, entry.ToEvent(tenant), entry.OriginMac));
            (last, mac) = (entry.Sequence, entry.Mac);
        }
        await db.ExecuteAsync("DELETE FROM audit WHERE tenant_id = @tenant AND sequence <= @last", new { tenant, last });
        await db.ExecuteAsync(
            "UPDATE audit_heads SET pruned_sequence = @last, pruned_mac = @mac, pruned_proof = @proof WHERE tenant_id = @tenant",
            new { tenant, last, mac, proof = proved ? AuditChain.PrunedProof(key, tenant, last, mac) : [] });
        return over.Count;
    }

    /// <summary>
    /// Forgets from where a deleted user's entries came, and not from where the deletion did; the chain still holds. After <see cref="EventStore.EraseOriginsAsync"/>, in the same
    /// write.
    /// </summary>
    public async ValueTask EraseOriginsAsync(string tenant, string user) =>
        await db.ExecuteAsync(
            $"""
            UPDATE audit {db.Dialect.By("audit_by_user")} SET origin = NULL
            WHERE tenant_id = @tenant AND user_id = @user AND user_id <> '' AND action <> 'user.deleted' AND origin IS NOT NULL
            """,
            new { tenant, user });

    private sealed record AuditCheckRow(long CheckedAt, long Faults);

    private const string Ends = "tenant_id, sequence, mac, pruned_sequence, pruned_mac, pruned_proof";
}
