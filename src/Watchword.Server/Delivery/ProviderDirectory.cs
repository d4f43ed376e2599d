using Watchword.Core.Otp;

namespace Watchword.Server.Delivery;

/// <summary>The delivery setups of all tenants, kept in memory until they change.</summary>
internal sealed class ProviderDirectory(IEnumerable<IMessageSender> builtIn)
{
    private readonly BuiltIn _builtIn = new([.. builtIn.Select(s => new OpenProvider(s.Name, 0, s, MaxConcurrency: 64, MaxPerSecond: null, Kind: null, Settings: null))]);

    /// <summary>A tenant's setup.</summary>
    public ValueTask<IDeliverySetup> ForAsync(string tenant) => new(_builtIn);

    /// <summary>What carries messages where nothing is configured: the development inbox, outside development nothing.</summary>
    private sealed class BuiltIn(IReadOnlyList<OpenProvider> providers) : IDeliverySetup
    {
        public bool Carries(OtpChannel channel) => providers.Any(p => p.Sender.Carries(channel));

        public IReadOnlyList<Leg> LegsFor(OtpChannel channel, string app, string region, string? number) =>
            [.. providers.Where(p => p.Sender.Carries(channel)).Select(p => new Leg(p, Sender: null))];

        public long? PriceMicros(string providerId, string region) => null;
    }
}
