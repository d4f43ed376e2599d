using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.SalesforceMarketingCloud;

/// <summary>
/// Sends by <c>POST /sms/v1/messageContact/{id}/send</c>
/// (https://developer.salesforce.com/docs/marketing/marketing-cloud/references/mc_rest_sms/postMessageContactSend.html), with our text
/// in place of the message's. Errors: https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/error-handling.html. The
/// sender is the code of the message in MobileConnect; it cannot be chosen per message.
/// </summary>
internal sealed class SalesforceMarketingCloudSender(string name, ProviderSettings settings, ProviderHttp http, MarketingCloudToken tokens) : IMessageSender
{
    private readonly string _base = ProviderAddress.Of(settings["rest_base_url"] ?? $"{settings.Required("subdomain")}.rest.marketingcloudapis.com");
    private readonly string _message = settings.Required("message_id");

    public string Name => name;

    public bool Carries(OtpChannel channel) => channel == OtpChannel.Sms;

    public async Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        var (result, tokenRefused) = await TryAsync(handover.Content, cancellation);
        // A token can be taken back before its time. What was not let in did not send anything, so asking once more is safe.
        return tokenRefused ? (await TryAsync(handover.Content, cancellation)).Result : result;
    }

    private async Task<(SendResult Result, bool TokenRefused)> TryAsync(MessageContent content, CancellationToken cancellation)
    {
        var token = await tokens.GetAsync(cancellation);
        if (token.Token is null)
            return (token.Fault, false);

        var body = new JsonObject
        {
            ["mobileNumbers"] = new JsonArray(content.To.TrimStart('+')),
            ["override"] = true,
            ["messageText"] = content.Text,
        };
        if (settings["keyword"] is { } keyword)
        {
            // Never resubscribed: who has sent STOP has said no.
            body["subscribe"] = true;
            body["resubscribe"] = false;
            body["keyword"] = keyword;
        }
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_base}/sms/v1/messageContact/{Uri.EscapeDataString(_message)}/send");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Token);
        request.Content = ProviderHttp.Json(body);
        var answer = await http.AskAsync(request, cancellation);
        if (answer.Status == 401)
            tokens.Forget(token);
        return (answer.Fault ?? Read(answer, content, token.Token), answer.Status == 401);
    }

    private SendResult Read(ProviderAnswer answer, MessageContent content, string token)
    {
        if (answer.Good)
        {
            return answer.Json.At("tokenId").Text() is { } id
                ? new SendResult(SendOutcome.Accepted) { ProviderMessageId = Redaction.Id(id, content) }
                : answer.Unreadable();
        }
        var plain = answer.ByStatus();
        var words = answer.Json.At("message").Text();
        var code = answer.Json.At("errorcode").Text();
        return Fault(answer, code, words, plain) with
        {
            ProviderCode = Redaction.Code(code) ?? plain.ProviderCode,
            ProviderText = Redaction.Of(words, content, token, settings["client_id"], settings["client_secret"], _message),
            RetryAfter = answer.RetryAfter,
        };
    }

    private static SendResult Fault(ProviderAnswer answer, string? code, string? words, SendResult plain) => (answer.Status, code) switch
    {
        // One code for every wrong value; only the words say which. They name the field, mobileNumbers, or call it a mobile number.
        (400, "10005" or "10003" or "10001")
            when words?.Replace(" ", "", StringComparison.Ordinal).Contains("mobilenumber", StringComparison.OrdinalIgnoreCase) == true =>
            new(SendOutcome.Refused, "The number is not a valid one, says Marketing Cloud."),
        (400, _) => new(SendOutcome.Misconfigured, "Marketing Cloud does not take the request as it is made; check message_id and keyword."),
        (403, _) => new(SendOutcome.Misconfigured, "The package may not send SMS; give it the scope SMS: Read, Write, Send."),
        (404, _) => new(SendOutcome.Misconfigured, "Marketing Cloud does not know the message; check message_id and that the message is active."),
        _ => plain,
    };
}
