using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Watchword.Server.Delivery.Providers.Vonage;

/// <summary>
/// Delivery receipts (https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts) as JSON, form or query, signed over their
/// fields (https://developer.vonage.com/getting-started/concepts/signing-messages). The address is not in the signature, but our id of
/// the message is, as client-ref: a receipt of another message is a forgery.
/// </summary>
internal sealed class VonageReceipts : IReceiptReader
{
    public ReceiptReading Read(ReceiptRequest request, ProviderSettings settings)
    {
        var fields = Fields(request);
        if (settings["signature_secret"] is not { } secret || !Signed(fields, secret, settings["signature_method"]) || fields.Value("client-ref") != request.MessageId)
            return ReceiptReading.Forged;
        if (fields.Value("status") is not { } word)
            return ReceiptReading.Unreadable;
        if (Status(word) is not { } status)
            return new([]);
        var code = fields.Value("err-code");
        return new([new Receipt(MessageId: null, status)
        {
            ProviderMessageId = Redaction.Id(fields.Value("messageId")),
            ProviderCode = code == "0" ? null : Redaction.Code(code),
            Reason = status == ReceiptStatus.Undelivered ? Reason(code) : null,
        }]);
    }

    private static ReceiptStatus? Status(string word) => word switch
    {
        "accepted" or "buffered" => ReceiptStatus.Sent,
        "delivered" => ReceiptStatus.Delivered,
        "expired" or "failed" or "rejected" or "deleted" => ReceiptStatus.Undelivered,
        _ => null,
    };

    /// <summary>As listed at https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts#dlr-error-codes.</summary>
    private static string? Reason(string? code) => code switch
    {
        "2" or "7" => "The phone was switched off, busy or out of reach.",
        "3" or "9" => "The number is unknown or no longer in service.",
        "4" or "14" => "The recipient or the operator blocks these messages.",
        "5" => "The number has moved to another operator and could not be found.",
        "6" => "The operator filtered the message as unwanted.",
        "8" or "12" => "The operator's network failed.",
        "11" => "No way to this number is known.",
        "13" => "The operator blocks the message because of the recipient's age.",
        "15" => "The recipient's prepaid card is empty.",
        "1" or "99" => "The operator gave no reason.",
        _ => null,
    };

    private static FormFields Fields(ReceiptRequest request)
    {
        if (request.Body.Length == 0)
            return FormFields.Of(request.Url.Query).Without("key");
        var json = JsonPick.Parse(request.Body);
        if (json.ValueKind != JsonValueKind.Object)
            return FormFields.Of(request.Body);
        try
        {
            return new([.. json.EnumerateObject().Select(m => (m.Name, m.Value.Text() ?? ""))]);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair in a name.
            return new([]);
        }
    }

    private static bool Signed(FormFields fields, string secret, string? method)
    {
        if (fields.Value("sig") is not { } signature || signature.Length % 2 != 0 || !signature.All(char.IsAsciiHexDigit))
            return false;
        var text = string.Concat(fields.Without("sig").All.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => $"&{f.Name}={Plain(f.Value)}"));
        var key = Encoding.UTF8.GetBytes(secret);
        var signed = Encoding.UTF8.GetBytes(text);
        var right = method == "sha512" ? HMACSHA512.HashData(key, signed) : HMACSHA256.HashData(key, signed);
        return CryptographicOperations.FixedTimeEquals(right, Convert.FromHexString(signature));
    }

    private static string Plain(string value) => value.Replace('&', '_').Replace('=', '_');
}
