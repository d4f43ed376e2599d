using System.Security.Cryptography;
using System.Text;

namespace Watchword.Server.Delivery.Providers.Twilio;

/// <summary>
/// Status callbacks (https://www.twilio.com/docs/messaging/guides/track-outbound-message-status): a form, signed over the whole address
/// and the fields sorted by name (https://www.twilio.com/docs/usage/security#validating-requests), so that it is worth nothing elsewhere.
/// </summary>
internal sealed class TwilioReceipts : IReceiptReader
{
    public ReceiptReading Read(ReceiptRequest request, ProviderSettings settings)
    {
        var fields = FormFields.Of(request.Body);
        if (settings["auth_token"] is not { } token
            || !request.Headers.TryGetValue("x-twilio-signature", out var signature)
            || !Signed(request.Url, fields, token, signature))
            return ReceiptReading.Forged;
        var code = fields.Value("ErrorCode");
        if (fields.Value("MessageStatus") is not { } word)
            return ReceiptReading.Unreadable;
        if (Status(word) is not { } status)
            return new([]);
        return new([new Receipt(MessageId: null, status)
        {
            ProviderMessageId = Redaction.Id(fields.Value("MessageSid")),
            ProviderCode = Redaction.Code(code),
            Reason = TwilioErrors.OfDelivery(code),
        }]);
    }

    private static ReceiptStatus? Status(string word) => word switch
    {
        "accepted" or "scheduled" or "queued" or "sending" or "sent" => ReceiptStatus.Sent,
        "delivered" or "read" => ReceiptStatus.Delivered,
        "undelivered" or "failed" or "canceled" => ReceiptStatus.Undelivered,
        _ => null,
    };

    private static bool Signed(Uri url, FormFields fields, string token, string signature)
    {
        var given = new byte[HMACSHA1.HashSizeInBytes];
        if (!Convert.TryFromBase64String(signature, given, out var length) || length != given.Length)
            return false;
        var sorted = string.Concat(fields.All.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Name + f.Value));
        return Spellings(url).Any(spelling => CryptographicOperations.FixedTimeEquals(given, Sign(token, spelling + sorted)));
    }

    /// <summary>Twilio signs the address with or without its port, whatever it was called by.</summary>
    private static IEnumerable<string> Spellings(Uri url)
    {
        yield return url.AbsoluteUri;
        var host = $"{url.Scheme}://{url.Host}";
        yield return host + url.PathAndQuery;
        yield return $"{host}:{url.Port}{url.PathAndQuery}";
    }

#pragma warning disable CA5350 // Twilio's choice; HMAC does not need what SHA-1 has lost.
    private static byte[] Sign(string token, string text) => HMACSHA1.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
}
