using Watchword.Core.Statistics;

namespace Watchword.Server.Storage;

/// <summary>Something to be counted of the codes that one application sent at one time by one channel to one region.</summary>
internal sealed record CodeCount(string TenantId, string AppId, DateTimeOffset SentAt, string Channel, string Region)
{
    public long Sends { get; init; }

    /// <summary>Logins that the codes led to.</summary>
    public long Logins { get; init; }

    /// <summary>Messages that a provider has and has not reported on.</summary>
    public long Sent { get; init; }
    public long Delivered { get; init; }
    public long Undelivered { get; init; }
    public long Failed { get; init; }
    public long Expired { get; init; }

    /// <summary>Millionths of the tenant's currency.</summary>
    public long Cost { get; init; }

    /// <summary>One more message that is in this status now, or one less; those that wait are not counted.</summary>
    public CodeCount Plus(string status, int messages) => status switch
    {
        "sent" => this with { Sent = Sent + messages },
        "delivered" => this with { Delivered = Delivered + messages },
        "undelivered" => this with { Undelivered = Undelivered + messages },
        "failed" => this with { Failed = Failed + messages },
        "expired" => this with { Expired = Expired + messages },
        _ => this,
    };

    /// <summary>Both together, as the first one's.</summary>
    public static CodeCount operator +(CodeCount one, CodeCount other) => one with
    {
        Sends = one.Sends + other.Sends,
        Logins = one.Logins + other.Logins,
        Sent = one.Sent + other.Sent,
        Delivered = one.Delivered + other.Delivered,
        Undelivered = one.Undelivered + other.Undelivered,
        Failed = one.Failed + other.Failed,
        Expired = one.Expired + other.Expired,
        Cost = one.Cost + other.Cost,
    };
}

/// <summary>Something to be counted of those who tried to log in to one application at one time.</summary>
/// <param name="TenantId">The tenant.</param>
/// <param name="AppId">The application.</param>
/// <param name="At">When.</param>
/// <param name="Measure">One of the constants.</param>
/// <param name="Label">What of the measure: a channel, the code of a refusal, a slot of <see cref="LoginDelay"/>.</param>
internal sealed record LoginCount(string TenantId, string AppId, DateTimeOffset At, string Measure, string Label)
{
    /// <summary>A login, by channel.</summary>
    public const string LoggedIn = "logged_in";

    /// <summary>A refusal, by its code.</summary>
    public const string Refused = "refused";

    /// <summary>A lock began.</summary>
    public const string Locked = "locked";

    /// <summary>The time from code to login, by slot.</summary>
    public const string Delay = "delay";

    public long Count { get; init; } = 1;

    /// <summary>Both together, as the first one's.</summary>
    public static LoginCount operator +(LoginCount one, LoginCount other) => one with { Count = one.Count + other.Count };
}

/// <summary>
/// Counts what happens, for each application and for the whole tenant (<see cref="WholeTenant"/>), in spans of a minute, an hour and a day. Always
/// in the write of what is counted, so that nothing is counted twice or forgotten.
/// </summary>
internal sealed class StatisticsStore(SqlSession db)
{
    /// <summary>Stands for all applications together, those that were deleted included.</summary>
    public const string WholeTenant = "";

    /// <summary>Stands for all regions together: a chart over time reads one row for sixty.</summary>
    private const string AllRegions = "";

    /// <summary>Counts codes.</summary>
    public ValueTask AddAsync(IEnumerable<CodeCount> counts, DateTimeOffset now) =>
        db.ExecuteAllAsync(
            """
            INSERT INTO code_statistics (tenant_id, app_id, grain, at, channel, region, sends, logins, sent, delivered, undelivered, failed, expired, cost)
            VALUES (@tenant, @app, @grain, @at, @channel, @region, @sends, @logins, @sent, @delivered, @undelivered, @failed, @expired, @cost)
            ON CONFLICT (tenant_id, app_id, grain, at, channel, region) DO UPDATE SET
                sends = code_statistics.sends + excluded.sends, logins = code_statistics.logins + excluded.logins, sent = code_statistics.sent + excluded.sent,
                delivered = code_statistics.delivered + excluded.delivered, undelivered = code_statistics.undelivered + excluded.undelivered,
                failed = code_statistics.failed + excluded.failed, expired = code_statistics.expired + excluded.expired, cost = code_statistics.cost + excluded.cost
            """,
            [.. Spread(counts.SelectMany(c => new[] { c, c with { Region = AllRegions } }), c => new(c.TenantId, c.AppId, Grain.Minute.Begin(c.SentAt), c.Channel, c.Region), (one, other) => one + other, now).Select(row => (object)new
            {
                tenant = row.Key.TenantId,
                app = row.Key.AppId,
                grain = row.Key.Grain,
                at = row.Key.At,
                channel = row.Key.What,
                region = row.Key.Which,
                sends = row.Value.Sends,
                logins = row.Value.Logins,
                sent = row.Value.Sent,
                delivered = row.Value.Delivered,
                undelivered = row.Value.Undelivered,
                failed = row.Value.Failed,
                expired = row.Value.Expired,
                cost = row.Value.Cost,
            })]);

    /// <summary>Counts logins, refusals, locks, delays.</summary>
    public ValueTask AddAsync(IEnumerable<LoginCount> counts, DateTimeOffset now) =>
        db.ExecuteAllAsync(
            """
            INSERT INTO login_statistics (tenant_id, app_id, grain, at, measure, label, count) VALUES (@tenant, @app, @grain, @at, @measure, @label, @count)
            ON CONFLICT (tenant_id, app_id, grain, at, measure, label) DO UPDATE SET count = login_statistics.count + excluded.count
            """,
            [.. Spread(counts, c => new(c.TenantId, c.AppId, Grain.Minute.Begin(c.At), c.Measure, c.Label), (one, other) => one + other, now).Select(row => (object)new
            {
                tenant = row.Key.TenantId, app = row.Key.AppId, grain = row.Key.Grain, at = row.Key.At, measure = row.Key.What, label = row.Key.Which, count = row.Value.Count,
            })]);

    /// <summary>What became of codes, by span and channel. From and to are beginnings of spans; the end is not included.</summary>
    public async ValueTask<IReadOnlyList<CodeRow>> CodesByTimeAsync(string tenant, string app, Grain grain, DateTimeOffset from, DateTimeOffset to) =>
        await db.AllAsync<CodeRow>(
            $"""
            SELECT at, channel, region, sends, logins, sent, delivered, undelivered, failed, expired, cost FROM code_statistics
            WHERE {Range} AND region = '{AllRegions}' ORDER BY at, channel
            """,
            RangeOf(tenant, app, grain, from, to));

    /// <summary>The same, by channel and region over all of the time.</summary>
    public async ValueTask<IReadOnlyList<CodeRow>> CodesByRegionAsync(string tenant, string app, Grain grain, DateTimeOffset from, DateTimeOffset to) =>
        await db.AllAsync<CodeRow>(
            $"""
            SELECT CAST(0 AS BIGINT) AS at, channel, region, CAST(SUM(sends) AS BIGINT) AS sends, CAST(SUM(logins) AS BIGINT) AS logins, CAST(SUM(sent) AS BIGINT) AS sent,
                CAST(SUM(delivered) AS BIGINT) AS delivered, CAST(SUM(undelivered) AS BIGINT) AS undelivered, CAST(SUM(failed) AS BIGINT) AS failed,
                CAST(SUM(expired) AS BIGINT) AS expired, CAST(SUM(cost) AS BIGINT) AS cost
            FROM code_statistics WHERE {Range} AND region <> '{AllRegions}' GROUP BY channel, region ORDER BY channel, region
            """,
            RangeOf(tenant, app, grain, from, to));

    /// <summary>What was answered to those who tried to log in, by span, measure and label.</summary>
    public async ValueTask<IReadOnlyList<LoginRow>> LoginsAsync(string tenant, string app, Grain grain, DateTimeOffset from, DateTimeOffset to) =>
        await db.AllAsync<LoginRow>($"SELECT at, measure, label, count FROM login_statistics WHERE {Range} ORDER BY at", RangeOf(tenant, app, grain, from, to));

    /// <summary>The same, over all of the time.</summary>
    public async ValueTask<IReadOnlyList<LoginRow>> LoginTotalsAsync(string tenant, string app, Grain grain, DateTimeOffset from, DateTimeOffset to) =>
        await db.AllAsync<LoginRow>(
            $"SELECT CAST(0 AS BIGINT) AS at, measure, label, CAST(SUM(count) AS BIGINT) AS count FROM login_statistics WHERE {Range} GROUP BY measure, label",
            RangeOf(tenant, app, grain, from, to));

    /// <summary>The first day on which anything was counted, or null.</summary>
    public async ValueTask<DateTimeOffset?> SinceAsync(string tenant) =>
        (await db.FirstAsync<long?>(
            """
            SELECT MIN(at) FROM (SELECT MIN(at) AS at FROM code_statistics WHERE tenant_id = @tenant AND app_id = '' AND grain = @grain
                UNION ALL SELECT MIN(at) FROM login_statistics WHERE tenant_id = @tenant AND app_id = '' AND grain = @grain) AS firsts
            """,
            new { tenant, grain = Ms(Grain.Day) })).At();

    /// <summary>The next application after one, in the order of ids, of which anything is kept; null when that was the last. Begins with the whole tenant, after null.</summary>
    public ValueTask<string?> NextAppAsync(string tenant, string? after) =>
        db.FirstAsync<string>(
            $"""
            SELECT app_id FROM (SELECT MIN(app_id) AS app_id FROM code_statistics WHERE tenant_id = @tenant {After(after)}
                UNION ALL SELECT MIN(app_id) FROM login_statistics WHERE tenant_id = @tenant {After(after)}) AS nexts WHERE app_id IS NOT NULL ORDER BY app_id LIMIT 1
            """,
            new { tenant, after = after ?? "" });

    /// <summary>Forgets spans that are kept no longer, so many at most; how many it was.</summary>
    public async ValueTask<int> PruneAsync(string tenant, string app, Grain grain, DateTimeOffset now, int limit)
    {
        var key = new { tenant, app, grain = Ms(grain), before = (now - grain.Kept).Ms(), limit = (long)limit };
        var codes = await db.ExecuteAsync(Delete("code_statistics", "channel, region"), key);
        return codes == limit ? limit : codes + await db.ExecuteAsync(Delete("login_statistics", "measure, label"), key with { limit = limit - codes });

        static string Delete(string table, string rest) =>
            $"""
            DELETE FROM {table} WHERE (tenant_id, app_id, grain, at, {rest}) IN (SELECT tenant_id, app_id, grain, at, {rest} FROM {table}
                WHERE tenant_id = @tenant AND app_id = @app AND grain = @grain AND at <= @before LIMIT @limit)
            """;
    }

    /// <summary>Forgets an application. What it added to the tenant's sums stays.</summary>
    public async ValueTask DeleteAsync(string tenant, string app)
    {
        await db.ExecuteAsync("DELETE FROM code_statistics WHERE tenant_id = @tenant AND app_id = @app", new { tenant, app });
        await db.ExecuteAsync("DELETE FROM login_statistics WHERE tenant_id = @tenant AND app_id = @app", new { tenant, app });
    }

    private const string Range = "tenant_id = @tenant AND app_id = @app AND grain = @grain AND at >= @from AND at < @to";

    private static object RangeOf(string tenant, string app, Grain grain, DateTimeOffset from, DateTimeOffset to) => new { tenant, app, grain = Ms(grain), from = from.Ms(), to = to.Ms() };

    private static string After(string? app) => app is null ? "" : "AND app_id > @after";

    private static long Ms(Grain grain) => (long)grain.Length.TotalMilliseconds;

    /// <summary>
    /// Adds up by the minute, finer than which nothing is told apart, then puts every sum into all the spans it belongs to: of its application and of the tenant, of every grain that is kept
    /// still. In the order of keys, so that two that count at once never wait for each other in a ring.
    /// </summary>
    private static SortedDictionary<Span, T> Spread<T>(IEnumerable<T> counts, Func<T, Event> key, Func<T, T, T> add, DateTimeOffset now)
    {
        var spans = new SortedDictionary<Span, T>(Span.Order);
        foreach (var minute in counts.GroupBy(key))
        {
            var (sum, happened) = (minute.Aggregate(add), minute.Key);
            foreach (var grain in Grain.All.Where(g => g.Keeps(happened.At, now)))
            {
                foreach (var app in (ReadOnlySpan<string>)[WholeTenant, happened.AppId])
                {
                    var span = new Span(happened.TenantId, app, Ms(grain), grain.Begin(happened.At).Ms(), happened.What, happened.Which);
                    spans[span] = spans.TryGetValue(span, out var before) ? add(before, sum) : sum;
                }
            }
        }
        return spans;
    }

    private sealed record Event(string TenantId, string AppId, DateTimeOffset At, string What, string Which);

    private sealed record Span(string TenantId, string AppId, long Grain, long At, string What, string Which)
    {
        public static readonly Comparer<Span> Order = Comparer<Span>.Create((one, other) =>
            string.CompareOrdinal(one.TenantId, other.TenantId) is not 0 and var byTenant ? byTenant
            : string.CompareOrdinal(one.AppId, other.AppId) is not 0 and var byApp ? byApp
            : one.Grain != other.Grain ? one.Grain.CompareTo(other.Grain)
            : one.At != other.At ? one.At.CompareTo(other.At)
            : string.CompareOrdinal(one.What, other.What) is not 0 and var byWhat ? byWhat
            : string.CompareOrdinal(one.Which, other.Which));
    }
}

/// <summary>What became of codes, added up.</summary>
internal sealed class CodeRow
{
    public long At { get; init; }
    public string Channel { get; init; } = "";
    public string Region { get; init; } = "";
    public long Sends { get; init; }
    public long Logins { get; init; }
    public long Sent { get; init; }
    public long Delivered { get; init; }
    public long Undelivered { get; init; }
    public long Failed { get; init; }
    public long Expired { get; init; }
    public long Cost { get; init; }
}

/// <summary>A number of <see cref="LoginCount"/>s in a span.</summary>
internal sealed class LoginRow
{
    public long At { get; init; }
    public string Measure { get; init; } = "";
    public string Label { get; init; } = "";
    public long Count { get; init; }
}
