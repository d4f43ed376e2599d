using System.Globalization;
using System.Text.Json.Nodes;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.CustomGateway;

/// <summary>
/// Posts each message to the gateway. The body is fixed and holds three fields; what is newer travels in headers, which a gateway that
/// does not know them passes over.
/// </summary>
internal sealed class CustomGatewaySender(string name, ProviderSettings settings, ProviderHttp http) : IMessageSender
{
    private readonly string _uri = settings.Required("uri");
    private readonly string _key = settings.Required("api_key");

    public string Name => name;

    public bool Carries(OtpChannel channel) => channel == OtpChannel.Sms;

    public async Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        var content = handover.Content;
        using var request = new HttpRequestMessage(HttpMethod.Post, _uri);
        request.Headers.Add(AddressChallenge.KeyHeader, _key);
        request.Headers.Add("X-Message-Id", handover.MessageId);
        if (handover.Life is { } life)
            request.Headers.Add("X-Message-Life", Math.Max(1, (long)life.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        if (settings["callback_secret"] is not null && ProviderAddress.ReceiptUrl(handover, _uri) is { } url)
            request.Headers.Add("X-Receipt-Url", url);
        request.Content = ProviderHttp.Json(new JsonObject
        {
            ["phone_number"] = content.To,
            ["sender_id"] = content.Sender ?? settings["sender_id"] ?? "",
            ["message"] = content.Text,
        });
        var answer = await http.AskAsync(request, cancellation);
        return answer.Fault ?? Read(answer, content);
    }

    private SendResult Read(ProviderAnswer answer, MessageContent content)
    {
        // 200 is the contract; its siblings can mean nothing else.
        if (answer.Good)
            return new SendResult(SendOutcome.Accepted) { ProviderMessageId = Redaction.Id(answer.Json.At("id").Text(), content) };
        var plain = answer.ByStatus();
        var error = answer.Json.At("error").Text();
        var fault = (answer.Status, error) switch
        {
            (400 or 422, "invalid_number") => new SendResult(SendOutcome.Refused, "The number is not a valid one, says the gateway."),
            (400 or 422, "blocked") => new SendResult(SendOutcome.Refused, "The number is blocked at the gateway."),
            (400 or 422, "unsubscribed") => new SendResult(SendOutcome.Refused, "The recipient has unsubscribed at the gateway."),
            _ => plain,
        };
        return fault with
        {
            ProviderCode = Redaction.Code(error) ?? plain.ProviderCode,
            ProviderText = Redaction.Of(answer.Json.At("message").Text(), content, _key, settings["callback_secret"]),
            RetryAfter = answer.RetryAfter,
        };
    }
}
