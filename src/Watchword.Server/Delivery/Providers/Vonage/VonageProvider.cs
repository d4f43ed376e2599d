using System.Text.RegularExpressions;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.Vonage;

/// <summary>SMS by Vonage's (formerly Nexmo's) SMS API.</summary>
internal sealed partial class VonageProvider(ProviderHttp http) : IProvider
{
    public string Kind => "Vonage";

    public string Title => "Vonage";

    public string About => "SMS worldwide by your Vonage (formerly Nexmo) account.";

    public OtpChannel Channel => OtpChannel.Sms;

    public Uri Documentation { get; } = new("https://developer.vonage.com/en/messaging/sms/overview");

    public IReadOnlyList<ProviderField> Fields { get; } =
    [
        new("api_key", "API key", "On the first page of the Vonage dashboard.", Required: true),
        new("api_secret", "API secret", "Beside the API key, or under API settings.", Required: true, Secret: true),
        new("from", "From", "A number of yours without +, or a sender name of at most 11 letters and digits.", Required: true),
        new("signature_secret", "Signature secret",
            "Under API settings. Receipts are signed with it; without it they cannot be checked and are not asked for.", Secret: true),
        new("signature_method", "Signature method", "As chosen under API settings: sha256 (when empty) or sha512. Weaker ones are not taken."),
        new("host", "Host", "Only to use another address than rest.nexmo.com.", Address: true),
    ];

    public IReceiptReader Receipts { get; } = new VonageReceipts();

    public IEnumerable<string> Faults(ProviderSettings settings)
    {
        if (settings["from"] is { } from && !Sender().IsMatch(from))
            yield return "from must be a number in digits, or a sender name of at most 11 letters and digits.";
        if (settings["signature_method"] is not (null or "sha256" or "sha512"))
            yield return "signature_method must be sha256 or sha512; choose the same under API settings in the Vonage dashboard.";
        foreach (var fault in ProviderAddress.HostFaults(settings, "host"))
            yield return fault;
    }

    public IMessageSender Open(string name, ProviderSettings settings) => new VonageSender(name, settings, http);

    [GeneratedRegex(@"\A(\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11})\z")]
    private static partial Regex Sender();
}
