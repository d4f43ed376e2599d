using System.Text.RegularExpressions;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.Twilio;

/// <summary>SMS by Twilio's Messages API.</summary>
internal sealed partial class TwilioProvider(ProviderHttp http) : IProvider
{
    public string Kind => "Twilio";

    public string Title => "Twilio";

    public string About => "SMS worldwide by your Twilio account, by a number, a sender name or a Messaging Service.";

    public OtpChannel Channel => OtpChannel.Sms;

    public Uri Documentation { get; } = new("https://www.twilio.com/docs/messaging/api/message-resource");

    public IReadOnlyList<ProviderField> Fields { get; } =
    [
        new("account_sid", "Account SID", "Begins with AC; on the first page of the Twilio Console.", Required: true),
        new("auth_token", "Auth token", "Beside the account SID. Without it delivery receipts cannot be checked and are not asked for.", Secret: true),
        new("api_key_sid", "API key SID", "Begins with SK; to send with an API key instead of the auth token (Console, Account, API keys)."),
        new("api_key_secret", "API key secret", "Shown once, when the API key is made.", Secret: true),
        new("from_number", "From number", "A number of yours such as +15005550006, a short code or a sender name; or leave it empty and set a Messaging Service."),
        new("messaging_service_sid", "Messaging Service SID", "Begins with MG; Twilio then picks the number (Console, Messaging, Services)."),
        new("host", "Host", "Only for a region or edge of yours, such as api.dublin.ie1.twilio.com; otherwise api.twilio.com.", Address: true),
    ];

    public IReceiptReader Receipts { get; } = new TwilioReceipts();

    public IEnumerable<string> Faults(ProviderSettings settings)
    {
        if (settings["account_sid"] is { } account && !AccountSid().IsMatch(account))
            yield return "account_sid must be AC and 32 hex digits; copy it from the first page of the Twilio Console.";
        if (settings["api_key_sid"] is { } key && !KeySid().IsMatch(key))
            yield return "api_key_sid must be SK and 32 hex digits.";
        if (settings["messaging_service_sid"] is { } service && !ServiceSid().IsMatch(service))
            yield return "messaging_service_sid must be MG and 32 hex digits.";
        if (settings["api_key_sid"] is null != settings["api_key_secret"] is null)
            yield return "api_key_sid and api_key_secret belong together; set both or neither.";
        if (settings["auth_token"] is null && settings["api_key_sid"] is null)
            yield return "Set auth_token, or api_key_sid and api_key_secret.";
        if (settings["from_number"] is null == settings["messaging_service_sid"] is null)
            yield return "Set from_number or messaging_service_sid, exactly one of them.";
        if (settings["from_number"] is { } from && !Sender().IsMatch(from))
            yield return "from_number must be a number such as +15005550006, a short code, or a sender name of at most 11 characters.";
        foreach (var fault in ProviderAddress.HostFaults(settings, "host"))
            yield return fault;
    }

    public IMessageSender Open(string name, ProviderSettings settings) => new TwilioSender(name, settings, http);

    [GeneratedRegex(@"\AAC[0-9a-fA-F]{32}\z")]
    private static partial Regex AccountSid();

    [GeneratedRegex(@"\ASK[0-9a-fA-F]{32}\z")]
    private static partial Regex KeySid();

    [GeneratedRegex(@"\AMG[0-9a-fA-F]{32}\z")]
    private static partial Regex ServiceSid();

    [GeneratedRegex(@"\A(\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9 &_+\-]{1,11})\z")]
    private static partial Regex Sender();
}
