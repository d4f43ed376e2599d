using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>Reads what the dashboard shows. A page may ask every two seconds: a few milliseconds, on readers' connections, that hold up nobody.</summary>
internal sealed class Dashboard(Database database, TimeProvider time)
{
    private static readonly string Sms = OtpChannel.Sms.Wire();

    /// <summary>Reads it.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="period">Of which time.</param>
    /// <param name="app">Of one application; null for all of the tenant's.</param>
    public Task<DashboardView> ReadAsync(string tenant, DashboardPeriod period, string? app = null)
    {
        var now = time.GetUtcNow();
        var to = period.Grain.Begin(now) + period.Grain.Length;
        var from = to - (period.Steps * period.Grain.Length);
        return database.ReadAsync(async db =>
        {
            var (store, scope) = (new StatisticsStore(db), app ?? StatisticsStore.WholeTenant);
            var codes = await store.CodesByTimeAsync(tenant, scope, period.Grain, from, to);
            var logins = await store.LoginsAsync(tenant, scope, period.Grain, from, to);
            var places = await store.CodesByRegionAsync(tenant, scope, period.Grain, from, to);
            var since = await store.SinceAsync(tenant);
            return new DashboardView
            {
                Period = period,
                From = from,
                Since = since,
                CountedUntil = await new EventStore(db).OldestAsync() is { } oldest && oldest < now ? oldest : now,
                Currency = await new ProviderStore(db).CurrencyAsync(tenant),
                Steps = StepsOf(period, from, codes, logins),
                Total = DashboardCounts.Of(codes, logins),
                Before = await BeforeAsync(store, tenant, scope, period, from, since, now),
                Channels = codes.GroupBy(c => c.Channel, StringComparer.Ordinal).ToDictionary(c => c.Key, c => DashboardCounts.Of(c, []), StringComparer.Ordinal),
                Regions = [.. places.Where(p => p.Channel == Sms).Select(p => new DashboardRegion(p.Region, DashboardCounts.Of([p], []))).OrderByDescending(r => r.Counts.Sends).ThenBy(r => r.Region, StringComparer.Ordinal)],
                Refusals = [.. logins.Where(l => l.Measure == LoginCount.Refused).GroupBy(l => l.Label, StringComparer.Ordinal).Select(g => (g.Key, Sum(g))).OrderByDescending(r => r.Item2).ThenBy(r => r.Key, StringComparer.Ordinal)],
                Waiting = (await new OutboxStore(db).DepthAsync(tenant)).Messages,
            };
        });
    }

    private static async ValueTask<DashboardCounts?> BeforeAsync(
        StatisticsStore store, string tenant, string scope, DashboardPeriod period, DateTimeOffset to, DateTimeOffset? since, DateTimeOffset now)
    {
        var from = to - (period.Steps * period.Grain.Length);
        if (!period.Grain.Keeps(from, now) || since is null || since > from)
            return null;
        return DashboardCounts.Of(await store.CodesByTimeAsync(tenant, scope, period.Grain, from, to), await store.LoginTotalsAsync(tenant, scope, period.Grain, from, to));
    }

    private static List<DashboardStep> StepsOf(DashboardPeriod period, DateTimeOffset from, IReadOnlyList<CodeRow> codes, IReadOnlyList<LoginRow> logins)
    {
        var (codesAt, loginsAt) = (codes.ToLookup(c => c.At), logins.ToLookup(l => l.At));
        return [.. Enumerable.Range(0, period.Steps).Select(i =>
        {
            var at = from + (i * period.Grain.Length);
            return new DashboardStep(
                at, DashboardCounts.Of(codesAt[at.Ms()], loginsAt[at.Ms()]), codesAt[at.Ms()].Where(c => c.Sends > 0).ToDictionary(c => c.Channel, c => c.Sends, StringComparer.Ordinal));
        })];
    }

    private static long Sum(IEnumerable<LoginRow> rows) => rows.Sum(r => r.Count);
}
