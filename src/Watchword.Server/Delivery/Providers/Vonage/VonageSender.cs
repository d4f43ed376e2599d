using System.Globalization;
using System.Text.Json;
using Watchword.Core.Messages;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.Vonage;

/// <summary>
/// Sends by <c>POST /sms/json</c> (https://developer.vonage.com/en/api/sms). The answer is 200 whatever happened; each part of the
/// message has its own status in <c>messages</c> (https://developer.vonage.com/messaging/sms/guides/troubleshooting-sms).
/// </summary>
internal sealed class VonageSender(string name, ProviderSettings settings, ProviderHttp http) : IMessageSender
{
    private readonly string _host = ProviderAddress.Of(settings["host"] ?? "rest.nexmo.com");
    private readonly string _key = settings.Required("api_key");
    private readonly string _secret = settings.Required("api_secret");

    public string Name => name;

    public bool Carries(OtpChannel channel) => channel == OtpChannel.Sms;

    public async Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        var content = handover.Content;
        var form = new Dictionary<string, string>
        {
            ["api_key"] = _key,
            ["api_secret"] = _secret,
            ["from"] = (content.Sender ?? settings.Required("from")).TrimStart('+'),
            ["to"] = content.To.TrimStart('+'),
            ["text"] = content.Text,
            ["client-ref"] = handover.MessageId,
        };
        // Milliseconds, of which Vonage takes no fewer than 20,000 (https://developer.vonage.com/en/api/sms).
        if (handover.Life is { } life)
            form["ttl"] = Math.Max(20_000, (long)life.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        if (SmsSegments.Of(content.Text).Encoding == SmsEncoding.Ucs2)
            form["type"] = "unicode";
        if (settings["signature_secret"] is not null && ProviderAddress.ReceiptUrl(handover, _host) is { } callback)
            form["callback"] = callback;
        else
            form["status-report-req"] = "false";

        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_host}/sms/json") { Content = new FormUrlEncodedContent(form) };
        var answer = await http.AskAsync(request, cancellation);
        return answer.Fault ?? Read(answer, content);
    }

    private SendResult Read(ProviderAnswer answer, MessageContent content)
    {
        if (!answer.Good)
        {
            // As of RFC 7807 (https://developer.vonage.com/api-errors).
            return answer.ByStatus() with { ProviderText = Quote(answer.Json.At("detail").Text() ?? answer.Json.At("title").Text(), content) };
        }
        var parts = answer.Json.At("messages").Each().ToList();
        if (parts.Count == 0 || parts.Any(p => p.At("status").Whole() is null))
            return answer.Unreadable();
        if (parts.Find(p => p.At("status").Whole() != 0) is not { ValueKind: JsonValueKind.Object } bad)
            return new SendResult(SendOutcome.Accepted) { ProviderMessageId = Redaction.Id(parts[0].At("message-id").Text(), content) };
        var fault = parts.Any(p => p.At("status").Whole() == 0)
            ? new SendResult(SendOutcome.Unknown, "Vonage took only some parts of the message.")
            : Fault(bad.At("status").Whole()!.Value);
        return fault with
        {
            ProviderCode = Redaction.Code(bad.At("status").Text()),
            ProviderText = Quote(bad.At("error-text").Text(), content),
            RetryAfter = answer.RetryAfter,
        };
    }

    private string? Quote(string? words, MessageContent content) => Redaction.Of(words, content, _key, _secret, settings["signature_secret"]);

    private static SendResult Fault(int status) => status switch
    {
        1 or 10 => new(SendOutcome.TryLater, "Vonage asks for fewer messages a second."),
        5 => new(SendOutcome.TryLater, "Vonage has a problem of its own."),
        7 => new(SendOutcome.Refused, "The number is barred at Vonage."),
        33 => new(SendOutcome.Refused, "The number is no longer in service, says Vonage."),
        4 or 14 or 32 => new(SendOutcome.Misconfigured, "Vonage does not accept the API key and secret; check them, and that unsigned requests are allowed."),
        8 or 11 => new(SendOutcome.Misconfigured, "The Vonage account is suspended or may not use the SMS API; ask Vonage."),
        9 => new(SendOutcome.Misconfigured, "The Vonage account has no money left; top it up."),
        12 => new(SendOutcome.Misconfigured, "The text is too long for Vonage."),
        15 => new(SendOutcome.Misconfigured, "Vonage does not send from this name or number to this country; set another sender for the route."),
        23 => new(SendOutcome.Misconfigured, "Vonage does not accept the address for receipts; Watchword's public URL must be reachable from the internet."),
        29 => new(SendOutcome.Misconfigured, "The Vonage account is in demo mode, which sends to listed numbers only; top it up."),
        // Also an unknown prefix, which another provider may know.
        6 => new(SendOutcome.Misconfigured, "Vonage cannot bring messages to this kind of number."),
        _ => new(SendOutcome.Misconfigured, "Vonage does not take the request as it is made; check the settings."),
    };
}
