namespace Watchword.Server.Storage;

/// <summary>Something to be counted for a provider and a region in an hour.</summary>
internal sealed record ProviderCount(string TenantId, string ProviderId, string Region, DateTimeOffset At)
{
    public long Accepted { get; init; }
    public long Refused { get; init; }
    public long Failed { get; init; }
    public long Unknown { get; init; }
    public long Delivered { get; init; }
    public long Undelivered { get; init; }

    /// <summary>Milliseconds that the tries took together.</summary>
    public long Latency { get; init; }

    /// <summary>Unix hour.</summary>
    public long Hour => At.Ms() / 3_600_000;

    /// <summary>Counts of the same provider, region and hour, together.</summary>
    public static ProviderCount operator +(ProviderCount one, ProviderCount other) => one with
    {
        Accepted = one.Accepted + other.Accepted,
        Refused = one.Refused + other.Refused,
        Failed = one.Failed + other.Failed,
        Unknown = one.Unknown + other.Unknown,
        Delivered = one.Delivered + other.Delivered,
        Undelivered = one.Undelivered + other.Undelivered,
        Latency = one.Latency + other.Latency,
    };
}

/// <summary>What a provider did with messages to a region in a span of time.</summary>
public sealed class ProviderStats
{
    public string ProviderId { get; init; } = "";
    public string Region { get; init; } = "";
    public long Accepted { get; init; }
    public long Refused { get; init; }
    public long Failed { get; init; }
    public long Unknown { get; init; }
    public long Delivered { get; init; }
    public long Undelivered { get; init; }

    /// <summary>Milliseconds that the tries took together.</summary>
    public long Latency { get; init; }

    public long Tries => Accepted + Refused + Failed + Unknown;

    /// <summary>Of the tries that did not fail because of the destination, the part that it took.</summary>
    public double? AcceptRate => Part(Accepted, Accepted + Failed + Unknown);

    /// <summary>Of the messages it reported on, the part that arrived; null without reports.</summary>
    public double? DeliveryRate => Part(Delivered, Delivered + Undelivered);

    /// <summary>Mean time of a try.</summary>
    public double? MeanLatencyMs => Part(Latency, Tries);

    /// <summary>Two regions of a provider, together; the result is of no region.</summary>
    public static ProviderStats operator +(ProviderStats one, ProviderStats other) => new()
    {
        ProviderId = one.ProviderId,
        Accepted = one.Accepted + other.Accepted,
        Refused = one.Refused + other.Refused,
        Failed = one.Failed + other.Failed,
        Unknown = one.Unknown + other.Unknown,
        Delivered = one.Delivered + other.Delivered,
        Undelivered = one.Undelivered + other.Undelivered,
        Latency = one.Latency + other.Latency,
    };

    private static double? Part(long part, long whole) => whole == 0 ? null : Math.Round((double)part / whole, 4);
}

/// <summary>How providers do, counted by the hour.</summary>
internal sealed class ProviderStatsStore(SqlSession db)
{
    /// <summary>
    /// Adds up first, then writes in one order, so that two that count at once touch each row once and never wait for each other in a ring.
    /// </summary>
    public async ValueTask AddAsync(IEnumerable<ProviderCount> counts)
    {
        foreach (var group in counts.GroupBy(c => (c.TenantId, c.ProviderId, c.Region, c.Hour)).OrderBy(g => g.Key))
        {
            var sum = group.Aggregate((one, other) => one + other);
            await db.ExecuteAsync(
                """
                INSERT INTO provider_stats (tenant_id, provider_id, region, hour, accepted, refused, failed, unknown, delivered, undelivered, latency)
                VALUES (@TenantId, @ProviderId, @Region, @Hour, @Accepted, @Refused, @Failed, @Unknown, @Delivered, @Undelivered, @Latency)
                ON CONFLICT (tenant_id, provider_id, region, hour) DO UPDATE SET
                    accepted = provider_stats.accepted + excluded.accepted, refused = provider_stats.refused + excluded.refused,
                    failed = provider_stats.failed + excluded.failed, unknown = provider_stats.unknown + excluded.unknown,
                    delivered = provider_stats.delivered + excluded.delivered, undelivered = provider_stats.undelivered + excluded.undelivered,
                    latency = provider_stats.latency + excluded.latency
                """,
                new
                {
                    sum.TenantId, sum.ProviderId, sum.Region, sum.Hour, sum.Accepted, sum.Refused, sum.Failed, sum.Unknown, sum.Delivered, sum.Undelivered, sum.Latency,
                });
        }
    }

    /// <summary>Sums by provider and region since the beginning of an hour.</summary>
    public async ValueTask<IReadOnlyList<ProviderStats>> ReadAsync(string tenant, DateTimeOffset since) =>
        await db.AllAsync<ProviderStats>(
            """
            SELECT provider_id, region, CAST(SUM(accepted) AS BIGINT) AS accepted, CAST(SUM(refused) AS BIGINT) AS refused,
                CAST(SUM(failed) AS BIGINT) AS failed, CAST(SUM(unknown) AS BIGINT) AS unknown, CAST(SUM(delivered) AS BIGINT) AS delivered,
                CAST(SUM(undelivered) AS BIGINT) AS undelivered, CAST(SUM(latency) AS BIGINT) AS latency
            FROM provider_stats WHERE tenant_id = @tenant AND hour >= @hour GROUP BY provider_id, region ORDER BY provider_id, region
            """,
            new { tenant, hour = since.Ms() / 3_600_000 });

    /// <summary>Forgets hours before this instant, a bounded number at a time; how many rows it was.</summary>
    public ValueTask<int> PruneAsync(DateTimeOffset before, int limit) =>
        db.ExecuteAsync(
            """
            DELETE FROM provider_stats WHERE (tenant_id, provider_id, region, hour) IN
                (SELECT tenant_id, provider_id, region, hour FROM provider_stats WHERE hour < @hour LIMIT @limit)
            """,
            new { hour = before.Ms() / 3_600_000, limit = (long)limit });
}
