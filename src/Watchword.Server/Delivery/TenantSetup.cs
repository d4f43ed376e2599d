using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>
/// One tenant's providers, routes and prices, as they were at one revision. The first route that takes a message and has a provider that
/// is switched on names all its ways; without one, every provider of the channel in the tenant's order.
/// </summary>
/// <param name="stored">As the database has it.</param>
/// <param name="opened">All providers that could be opened, switched on or not, by id.</param>
/// <param name="carriers">Who carries which channel, in order.</param>
internal sealed class TenantSetup(
    StoredDelivery stored, Dictionary<string, OpenProvider> opened, IReadOnlyList<(OtpChannel Channel, OpenProvider Provider)> carriers)
{
    public long Revision => stored.Revision;

    /// <summary>Whether any provider that is switched on carries this channel.</summary>
    public bool Carries(OtpChannel channel) => carriers.Any(c => c.Channel == channel);

    /// <summary>A provider that could be opened, switched on or not.</summary>
    public OpenProvider? Find(string providerId) => opened.GetValueOrDefault(providerId);

    /// <summary>The same with other routes, to see what they would do.</summary>
    public TenantSetup With(IReadOnlyList<MessageRoute> routes) => new(stored with { Routes = routes }, opened, carriers);

    /// <summary>The ways for a message, best first; empty: none.</summary>
    /// <param name="channel">SMS or email.</param>
    /// <param name="app">The application it is for.</param>
    /// <param name="region">ISO 3166 region of the number, <c>ZZ</c> when it has none.</param>
    /// <param name="number">E.164, or null for email.</param>
    public IReadOnlyList<Leg> LegsFor(OtpChannel channel, string app, string region, string? number) => WayOf(channel, app, region, number).Legs;

    /// <summary>The same, and the route that the message takes; null: none takes it.</summary>
    public (MessageRoute? Route, IReadOnlyList<Leg> Legs) WayOf(OtpChannel channel, string app, string region, string? number)
    {
        foreach (var route in stored.Routes.Where(r => r.Takes(channel, app, region, number)))
        {
            var legs = route.Providers
                .Select(stop => (stop.Sender, Carrier: carriers.FirstOrDefault(c => c.Channel == channel && c.Provider.ProviderId == stop.ProviderId).Provider))
                .Where(s => s.Carrier is not null)
                .Select(s => new Leg(s.Carrier, s.Sender, route.Title))
                .ToList();
            if (legs.Count > 0)
                return (route, legs);
        }
        return (null, [.. carriers.Where(c => c.Channel == channel).Select(c => new Leg(c.Provider, Sender: null))]);
    }

    /// <summary>Price of one segment to a region in millionths of the tenant's currency; null: unknown.</summary>
    public long? PriceMicros(string providerId, string region) => SegmentPrice.For(stored.Prices, providerId, region);
}
