namespace Watchword.Server.Storage;

/// <summary>Browsers in which administrators have signed in before.</summary>
internal sealed class DeviceStore(SqlSession db)
{
    /// <summary>How long a browser is known after a sign-in.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(180);

    public async ValueTask<bool> IsKnownAsync(Administrator of, string device, DateTimeOffset now) =>
        await db.FirstAsync<long>(
            "SELECT COUNT(*) FROM administrator_devices WHERE tenant_id = @tenant AND administrator_id = @id AND device_id = @device AND seen_at > @after",
            new { tenant = of.TenantId, id = of.AdministratorId, device, after = (now - Life).Ms() }) > 0;

    /// <summary>Somebody signed in there: it is known from now on, and its failures are forgotten.</summary>
    public ValueTask<int> PutAsync(Administrator of, string device, DateTimeOffset now) =>
        db.ExecuteAsync(
            """
            INSERT INTO administrator_devices (tenant_id, administrator_id, device_id, failures, seen_at) VALUES (@tenant, @id, @device, 0, @now)
            ON CONFLICT (tenant_id, administrator_id, device_id) DO UPDATE SET failures = 0, locked_until = NULL, seen_at = @now
            """,
            new { tenant = of.TenantId, id = of.AdministratorId, device, now = now.Ms() });

    public ValueTask<int> UnlockAsync(string tenant, string id) =>
        db.ExecuteAsync("UPDATE administrator_devices SET failures = 0, locked_until = NULL WHERE tenant_id = @tenant AND administrator_id = @id", new { tenant, id });

    public ValueTask<int> ForgetAsync(string tenant, string id) =>
        db.ExecuteAsync("DELETE FROM administrator_devices WHERE tenant_id = @tenant AND administrator_id = @id", new { tenant, id });

    /// <summary>Forgets those where nobody has signed in for long; how many.</summary>
    public ValueTask<int> PruneAsync(DateTimeOffset seenBefore, int limit) =>
        db.ExecuteAsync(
            """
            DELETE FROM administrator_devices WHERE (tenant_id, administrator_id, device_id) IN
            (SELECT tenant_id, administrator_id, device_id FROM administrator_devices WHERE seen_at < @before LIMIT @limit)
            """,
            new { before = seenBefore.Ms(), limit = (long)limit });
}
