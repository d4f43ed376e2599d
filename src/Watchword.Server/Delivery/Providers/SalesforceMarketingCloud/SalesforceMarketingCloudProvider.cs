using System.Text.RegularExpressions;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.SalesforceMarketingCloud;

/// <summary>SMS by MobileConnect of Salesforce Marketing Cloud Engagement.</summary>
internal sealed partial class SalesforceMarketingCloudProvider(ProviderHttp http, TimeProvider time) : IProvider
{
    public string Kind => "SalesforceMarketingCloud";

    public string Title => "Salesforce Marketing Cloud";

    public string About => "SMS by MobileConnect of Marketing Cloud Engagement, with an API-triggered message.";

    public OtpChannel Channel => OtpChannel.Sms;

    public Uri Documentation { get; } = new("https://developer.salesforce.com/docs/marketing/marketing-cloud/references/mc_rest_sms/postMessageContactSend.html");

    public IReadOnlyList<ProviderField> Fields { get; } =
    [
        new("subdomain", "Subdomain", "The part before .auth.marketingcloudapis.com in the package's Authentication Base URI.", Required: true, Address: true),
        new("client_id", "Client ID", "Of a server-to-server component under Setup, Apps, Installed Packages, with the right to send SMS.", Required: true),
        new("client_secret", "Client secret", "Beside the client ID.", Required: true, Secret: true),
        new("account_id", "Account ID", "The MID of the business unit that sends, where it is not the package's own."),
        new("message_id", "Message ID", "Of an outbound message in MobileConnect with the send method API trigger.", Required: true),
        new("keyword", "Keyword", "The keyword of that message; with it, recipients that MobileConnect does not know are subscribed so that it brings the code."),
        new("auth_base_url", "Authentication base URL", "Only where it is not made from the subdomain.", Address: true),
        new("rest_base_url", "REST base URL", "Only where it is not made from the subdomain.", Address: true),
    ];

    public IEnumerable<string> Faults(ProviderSettings settings)
    {
        if (settings["subdomain"] is { } subdomain && !Subdomain().IsMatch(subdomain))
            yield return "subdomain must be the first part of the Authentication Base URI only, for example mc563885gzs27c5t9-63k636ttgm.";
        if (settings["account_id"] is { } account && !AccountId().IsMatch(account))
            yield return "account_id must be the business unit's MID, a number.";
        if (settings["message_id"] is { } message && !MessageId().IsMatch(message))
            yield return "message_id must be the encoded id that MobileConnect shows for the API trigger, letters and digits without spaces.";
        foreach (var fault in ProviderAddress.HostFaults(settings, "auth_base_url").Concat(ProviderAddress.HostFaults(settings, "rest_base_url")))
            yield return fault;
    }

    public IMessageSender Open(string name, ProviderSettings settings) =>
        new SalesforceMarketingCloudSender(name, settings, http, new MarketingCloudToken(settings, http, time));

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9\-]{0,62}\z")]
    private static partial Regex Subdomain();

    [GeneratedRegex(@"\A[0-9]{1,15}\z")]
    private static partial Regex AccountId();

    [GeneratedRegex(@"\A[A-Za-z0-9_:=+/\-]{1,100}\z")]
    private static partial Regex MessageId();
}
