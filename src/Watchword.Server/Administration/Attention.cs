using Watchword.Core.Otp;
using Watchword.Core.Statistics;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Administration;

/// <summary>
/// Gathers what <see cref="AttentionRules"/> judges. A few small reads and what this process knows anyway: a page may ask every few seconds.
/// </summary>
internal sealed class Attention(
    Database database, DeliveryAdministration delivery, ProviderDirectory directory, Lanes lanes, SigningKeys keys, IHostEnvironment environment, TimeProvider time)
{
    /// <summary>Codes so young may still be used, and are not judged yet.</summary>
    private static readonly TimeSpan Unripe = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>What needs attention in a tenant now, the most pressing first.</summary>
    public async Task<IReadOnlyList<AttentionItem>> ReadAsync(string tenant) => AttentionRules.Of(await FactsAsync(tenant));

    private async Task<AttentionFacts> FactsAsync(string tenant)
    {
        var now = time.GetUtcNow();
        var (health, setup) = (await delivery.HealthAsync(tenant, hours: 2), await directory.ForAsync(tenant));
        return await database.ReadAsync(async db =>
        {
            var (statistics, applications, scope) = (new StatisticsStore(db), new ApplicationStore(db), StatisticsStore.WholeTenant);
            var minute = Grain.Minute.Begin(now) + Grain.Minute.Length;
            var usualEnd = Grain.Hour.Begin(now - Unripe - Hour);
            var usualStart = usualEnd - Week;
            return new AttentionFacts
            {
                Now = now,
                Production = !environment.IsDevelopment(),
                Applications = await applications.ListAsync(tenant),
                Providers = [.. health.View.Providers.Select(p => FactOf(tenant, p, health.Figures))],
                CarriesSms = setup.Carries(OtpChannel.Sms),
                CarriesEmail = setup.Carries(OtpChannel.Email),
                Routes = health.View.Routes,
                Regions = [.. (await statistics.CodesByRegionAsync(tenant, scope, Grain.Hour, usualStart, minute)).Where(r => r.Channel == OtpChannel.Sms.Wire() && r.Sends > 0).OrderByDescending(r => r.Sends).Select(r => r.Region)],
                Lately = DashboardCounts.Of(await statistics.CodesByTimeAsync(tenant, scope, Grain.Minute, minute - Unripe - Hour, minute - Unripe), []),
                Usually = DashboardCounts.Of(
                    await statistics.CodesByTimeAsync(tenant, scope, Grain.Hour, usualStart, usualEnd), await statistics.LoginTotalsAsync(tenant, scope, Grain.Hour, usualStart, usualEnd)),
                LockoutsLately = DashboardCounts.Of([], await statistics.LoginTotalsAsync(tenant, scope, Grain.Minute, minute - Hour, minute)).Lockouts,
                Queue = await new OutboxStore(db).DepthAsync(tenant),
                Webhooks = await new WebhookStore(db).ListAsync(tenant),
                EndingSecrets = await applications.EndingSecretsAsync(tenant, now),
                KeysTurnAt = await applications.FirstTenantAsync() == tenant ? KeysTurnAt(now) : null,
                AuditCheck = await new AuditStore(db).LastCheckAsync(tenant),
                WrongFactors = [.. (await new AdministratorStore(db).ListAsync(tenant)).Select(a => a.WrongFactors)],
                TenantSince = await applications.TenantSinceAsync(tenant) ?? now,
            };
        });
    }

    private ProviderFact FactOf(string tenant, ProviderView view, IReadOnlyList<ProviderStats> health)
    {
        var stored = view.Stored;
        var counts = health.Where(h => h.ProviderId == stored.ProviderId).ToList();
        return new ProviderFact(
            stored.ProviderId, stored.Name, stored.Enabled, view.Usable, lanes.StateOf(tenant, stored.ProviderId, stored.Revision), counts.Sum(c => c.Accepted), counts.Sum(c => c.Failed + c.Unknown));
    }

    /// <summary>The end of the first key that signs now; past where an algorithm has none in its time.</summary>
    private DateTimeOffset KeysTurnAt(DateTimeOffset now) =>
        keys.Published.Where(k => k.SignsFrom <= now).GroupBy(k => k.Algorithm).Select(g => g.Max(k => k.SignsUntil)).DefaultIfEmpty(now).Min();
}
