using Watchword.Server.Delivery.Providers.CustomGateway;
using Watchword.Server.Delivery.Providers.Infobip;
using Watchword.Server.Delivery.Providers.SalesforceMarketingCloud;
using Watchword.Server.Delivery.Providers.Smtp;
using Watchword.Server.Delivery.Providers.Twilio;
using Watchword.Server.Delivery.Providers.Vonage;

namespace Watchword.Server.Delivery.Providers;

/// <summary>Every kind of provider that an administrator can choose, in the order in which they are offered.</summary>
/// <param name="networks">Where they may be.</param>
/// <param name="http">How they speak to their providers.</param>
/// <param name="time">For tokens that expire.</param>
/// <param name="others">Kinds registered besides those built in.</param>
internal sealed class ProviderKinds(ProviderNetworks networks, ProviderHttp http, TimeProvider time, IEnumerable<IProvider> others)
{
    /// <summary>All of them.</summary>
    public IReadOnlyList<IProvider> All { get; } =
    [
        new TwilioProvider(http),
        new VonageProvider(http),
        new InfobipProvider(http),
        new SalesforceMarketingCloudProvider(http, time),
        new CustomGatewayProvider(http),
        new SmtpProvider(networks),
        .. others,
    ];

    /// <summary>The kind with this name on the wire, however it is capitalised, or null.</summary>
    public IProvider? Find(string? kind) => All.FirstOrDefault(k => string.Equals(k.Kind, kind, StringComparison.OrdinalIgnoreCase));
}
