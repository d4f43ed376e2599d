using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.CustomGateway;

/// <summary>SMS by an HTTP service of the customer's own; docs/providers/custom-gateway.md is its contract.</summary>
internal sealed class CustomGatewayProvider(ProviderHttp http) : IProvider
{
    public string Kind => "CustomGateway";

    public string Title => "Own HTTP gateway";

    public string About => "SMS by a service of your own that Watchword calls over HTTPS.";

    public OtpChannel Channel => OtpChannel.Sms;

    public Uri Documentation { get; } = new("docs/providers/custom-gateway.md", UriKind.Relative);

    public IReadOnlyList<ProviderField> Fields { get; } =
    [
        new("uri", "URI", "The address of your gateway; it is asked to prove itself when the settings are saved.", Required: true, Address: true),
        new("api_key", "API key", "Sent as X-API-Key, so that your gateway knows who calls.", Required: true, Secret: true),
        new("sender_id", "Sender ID", "What to send as sender_id where neither the caller nor the route names a sender."),
        new("callback_secret", "Callback secret",
            "At least 16 characters; your gateway signs its receipts with it. Without it receipts are not asked for.", Secret: true),
    ];

    public IReceiptReader Receipts { get; } = new CustomGatewayReceipts();

    public IEnumerable<string> Faults(ProviderSettings settings)
    {
        foreach (var fault in ProviderAddress.WholeFaults("uri", settings["uri"]).Concat(ProviderAddress.HeaderFaults(settings, "api_key")))
            yield return fault;
        if (settings["callback_secret"] is { Length: < 16 })
            yield return "callback_secret must have at least 16 characters.";
    }

    public Task<string?> VerifyAsync(ProviderSettings settings, CancellationToken cancellation) =>
        AddressChallenge.AskAsync(http, "gateway", settings.Required("uri"), settings.Required("api_key"), cancellation);

    public IMessageSender Open(string name, ProviderSettings settings) => new CustomGatewaySender(name, settings, http);
}
