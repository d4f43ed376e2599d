using Watchword.Core.Retention;

namespace Watchword.Server.Storage;

/// <summary>What an administrator settled for the whole tenant.</summary>
internal sealed record TenantSettings
{
    /// <summary>How long things are kept.</summary>
    public RetentionPolicy Retention { get; init; } = new();
}

/// <summary>A tenant's settings; one that never changed any has the usual ones and no row.</summary>
internal sealed class TenantSettingsStore(SqlSession db)
{
    public async ValueTask<TenantSettings> ReadAsync(string tenant) =>
        Read(await db.FirstAsync<string>("SELECT settings FROM tenant_settings WHERE tenant_id = @tenant", new { tenant }));

    /// <summary>Reads for a change. Two changes at once go one after the other, so that neither writes over what the other changed.</summary>
    public async ValueTask<TenantSettings> HoldAsync(string tenant, DateTimeOffset now)
    {
        await db.ExecuteAsync(
            """
            INSERT INTO tenant_settings (tenant_id, settings, updated_at) VALUES (@tenant, '{}', @now)
            ON CONFLICT (tenant_id) DO UPDATE SET updated_at = @now
            """,
            new { tenant, now = now.Ms() });
        return await ReadAsync(tenant);
    }

    public async ValueTask ReplaceAsync(string tenant, TenantSettings settings) =>
        await db.ExecuteAsync("UPDATE tenant_settings SET settings = @settings WHERE tenant_id = @tenant", new { tenant, settings = StoredJson.Write(settings) });

    /// <summary>Every tenant's.</summary>
    public async ValueTask<IReadOnlyList<(string TenantId, TenantSettings Settings)>> AllAsync() =>
        [.. (await db.AllAsync<SettingsRow>(
            "SELECT t.tenant_id, s.settings FROM tenants t LEFT JOIN tenant_settings s ON s.tenant_id = t.tenant_id ORDER BY t.tenant_id"))
            .Select(r => (r.TenantId, Read(r.Settings)))];

    private static TenantSettings Read(string? column) => column is null ? new TenantSettings() : StoredJson.Read<TenantSettings>(column);

    private sealed class SettingsRow
    {
        public string TenantId { get; init; } = "";
        public string? Settings { get; init; }
    }
}
