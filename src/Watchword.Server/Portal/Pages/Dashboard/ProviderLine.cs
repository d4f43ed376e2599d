using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Pages.Dashboard;

/// <summary>How a provider did, over all countries.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Accepted">Messages that it took.</param>
/// <param name="Failed">Tries that it refused, that failed or that had no answer.</param>
/// <param name="DeliveryRate">Of those it reported on, the part that arrived; null: it reports nothing.</param>
/// <param name="Latency">Milliseconds a try took on average; null: there was none.</param>
internal sealed record ProviderLine(string Name, long Accepted, long Failed, double? DeliveryRate, long? Latency)
{
    public static IReadOnlyList<ProviderLine> Of(IReadOnlyList<ProviderView> providers, IReadOnlyList<ProviderStats> counted)
    {
        var by = counted.ToLookup(s => s.ProviderId, StringComparer.Ordinal);
        return [.. providers.Select(p => Of(p.Stored.Name, [.. by[p.Stored.ProviderId]]))];
    }

    private static ProviderLine Of(string name, List<ProviderStats> counted)
    {
        var (accepted, failed) = (counted.Sum(s => s.Accepted), counted.Sum(s => s.Refused + s.Failed + s.Unknown));
        var (delivered, reported) = (counted.Sum(s => s.Delivered), counted.Sum(s => s.Delivered + s.Undelivered));
        return new(name, accepted, failed, reported == 0 ? null : (double)delivered / reported, accepted + failed == 0 ? null : counted.Sum(s => s.Latency) / (accepted + failed));
    }
}
