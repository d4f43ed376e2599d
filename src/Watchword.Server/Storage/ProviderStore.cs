using Watchword.Core.Messages;

namespace Watchword.Server.Storage;

/// <summary>A tenant's provider as it is kept.</summary>
internal sealed record StoredProvider
{
    public required string ProviderId { get; init; }

    /// <summary>Such as <c>Twilio</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>For people.</summary>
    public required string Name { get; init; }
    public bool Enabled { get; init; } = true;
    public required int MaxConcurrency { get; init; }

    /// <summary>Null: as many as there are.</summary>
    public double? MaxPerSecond { get; init; }

    /// <summary>The fields that may be read.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>The others: JSON, sealed; empty when there are none.</summary>
    public required string Secrets { get; init; }

    /// <summary>The tenant's revision that last changed it.</summary>
    public long Revision { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>All that a tenant has set about delivery.</summary>
internal sealed record StoredDelivery(
    long Revision, IReadOnlyList<StoredProvider> Providers, IReadOnlyList<MessageRoute> Routes, IReadOnlyList<SegmentPrice> Prices, string Currency)
{
    /// <summary>The currency of a tenant that has named none.</summary>
    public const string UsualCurrency = "USD";

    /// <summary>What a tenant begins with.</summary>
    public static StoredDelivery None { get; } = new(0, [], [], [], UsualCurrency);
}

/// <summary>Providers, routes and prices of tenants.</summary>
internal sealed class ProviderStore(SqlSession db)
{
    /// <summary>Grows with every change; 0 before the first.</summary>
    public async ValueTask<long> RevisionAsync(string tenant) =>
        await db.FirstAsync<long?>("SELECT revision FROM delivery_settings WHERE tenant_id = @tenant", new { tenant }) ?? 0;

    /// <summary>The currency of prices and costs.</summary>
    public async ValueTask<string> CurrencyAsync(string tenant) =>
        await db.FirstAsync<string>("SELECT currency FROM delivery_settings WHERE tenant_id = @tenant", new { tenant }) ?? StoredDelivery.UsualCurrency;

    /// <summary>Everything, the providers in their order.</summary>
    public async ValueTask<StoredDelivery> ReadAsync(string tenant)
    {
        // The revision first: should a change come in between, what was read is taken for older than it is, and read again.
        if (await db.FirstAsync<SettingsRow>("SELECT routes, prices, currency, revision FROM delivery_settings WHERE tenant_id = @tenant", new { tenant }) is not { } row)
            return StoredDelivery.None;
        var providers = await db.AllAsync<ProviderRow>(
            """
            SELECT provider_id, kind, name, enabled, max_concurrency, max_per_second, settings, secrets, revision, created_at, updated_at
            FROM providers WHERE tenant_id = @tenant ORDER BY position
            """,
            new { tenant });
        return new StoredDelivery(
            row.Revision, [.. providers.Select(p => p.ToProvider())], StoredJson.Read<List<MessageRoute>>(row.Routes), StoredJson.Read<List<SegmentPrice>>(row.Prices), row.Currency);
    }

    /// <summary>Puts this in the place of all that was; false, and nothing is done, when it changed since the expected revision was read.</summary>
    public async ValueTask<bool> ReplaceAsync(string tenant, StoredDelivery next, long expected, DateTimeOffset now)
    {
        var changed = await db.ExecuteAsync(
            """
            INSERT INTO delivery_settings (tenant_id, routes, prices, currency, revision, updated_at)
            VALUES (@tenant, @routes, @prices, @currency, @revision, @now)
            ON CONFLICT (tenant_id) DO UPDATE SET routes = excluded.routes, prices = excluded.prices, currency = excluded.currency,
                revision = excluded.revision, updated_at = excluded.updated_at
            WHERE delivery_settings.revision = @expected
            """,
            new
            {
                tenant,
                routes = StoredJson.Write(next.Routes),
                prices = StoredJson.Write(next.Prices),
                currency = next.Currency,
                revision = next.Revision,
                now = now.Ms(),
                expected,
            });
        if (changed == 0)
            return false;
        await db.ExecuteAsync("DELETE FROM providers WHERE tenant_id = @tenant", new { tenant });
        for (var i = 0; i < next.Providers.Count; i++)
            await AddAsync(tenant, next.Providers[i], i);
        return true;
    }

    private async ValueTask AddAsync(string tenant, StoredProvider provider, int position) =>
        await db.ExecuteAsync(
            """
            INSERT INTO providers (tenant_id, provider_id, kind, name, enabled, position, max_concurrency, max_per_second, settings, secrets, revision,
                created_at, updated_at)
            VALUES (@tenant, @id, @kind, @name, @enabled, @position, @concurrency, @rate, @settings, @secrets, @revision, @created, @updated)
            """,
            new
            {
                tenant,
                id = provider.ProviderId,
                kind = provider.Kind,
                name = provider.Name,
                enabled = provider.Enabled ? 1L : 0L,
                position = (long)position,
                concurrency = (long)provider.MaxConcurrency,
                rate = provider.MaxPerSecond is { } rate ? (long?)Math.Round(rate * 1000) : null,
                settings = StoredJson.Write(provider.Settings),
                secrets = provider.Secrets,
                revision = provider.Revision,
                created = provider.CreatedAt.Ms(),
                updated = provider.UpdatedAt.Ms(),
            });

    private sealed class SettingsRow
    {
        public string Routes { get; init; } = "";
        public string Prices { get; init; } = "";
        public string Currency { get; init; } = "";
        public long Revision { get; init; }
    }

    private sealed class ProviderRow
    {
        public string ProviderId { get; init; } = "";
        public string Kind { get; init; } = "";
        public string Name { get; init; } = "";
        public long Enabled { get; init; }
        public long MaxConcurrency { get; init; }
        public long? MaxPerSecond { get; init; }
        public string Settings { get; init; } = "";
        public string Secrets { get; init; } = "";
        public long Revision { get; init; }
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }

        public StoredProvider ToProvider() => new()
        {
            ProviderId = ProviderId,
            Kind = Kind,
            Name = Name,
            Enabled = Enabled != 0,
            MaxConcurrency = (int)MaxConcurrency,
            MaxPerSecond = MaxPerSecond / 1000.0,
            Settings = StoredJson.Read<Dictionary<string, string>>(Settings),
            Secrets = Secrets,
            Revision = Revision,
            CreatedAt = CreatedAt.At(),
            UpdatedAt = UpdatedAt.At(),
        };
    }
}
