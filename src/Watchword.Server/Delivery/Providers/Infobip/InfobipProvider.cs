using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.Infobip;

/// <summary>SMS by Infobip's SMS API, version 3.</summary>
internal sealed class InfobipProvider(ProviderHttp http) : IProvider
{
    public string Kind => "Infobip";

    public string Title => "Infobip";

    public string About => "SMS worldwide by your Infobip account.";

    public OtpChannel Channel => OtpChannel.Sms;

    public Uri Documentation { get; } = new("https://www.infobip.com/docs/api/channels/sms");

    public IReadOnlyList<ProviderField> Fields { get; } =
    [
        new("base_url", "Base URL", "The address of your account, such as xxxxx.api.infobip.com; on the first page of the Infobip portal.", Required: true, Address: true),
        new("api_key", "API key", "Under Developers, API keys; it needs the scope sms:message:send.", Required: true, Secret: true),
        new("sender", "Sender", "A number of yours, or a registered sender name.", Required: true),
    ];

    public IReceiptReader Receipts { get; } = new InfobipReceipts();

    public IEnumerable<string> Faults(ProviderSettings settings) =>
        [.. ProviderAddress.HostFaults(settings, "base_url"), .. ProviderAddress.HeaderFaults(settings, "api_key")];

    public IMessageSender Open(string name, ProviderSettings settings) => new InfobipSender(name, settings, http);
}
