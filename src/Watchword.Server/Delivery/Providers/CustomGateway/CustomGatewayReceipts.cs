using System.Security.Cryptography;
using System.Text;

namespace Watchword.Server.Delivery.Providers.CustomGateway;

/// <summary>
/// Receipts of our own format: <c>{"message_id","status","error_code"}</c> with <c>X-Signature: sha256=&lt;hex&gt;</c>, the HMAC-SHA256
/// of the body. The message is named in the body, so that a receipt is worth nothing at another message's address.
/// </summary>
internal sealed class CustomGatewayReceipts : IReceiptReader
{
    private const string Method = "sha256=";

    public ReceiptReading Read(ReceiptRequest request, ProviderSettings settings)
    {
        if (settings["callback_secret"] is not { } secret || !request.Headers.TryGetValue("x-signature", out var signature) || !Signed(request.Body, secret, signature))
            return ReceiptReading.Forged;
        var json = JsonPick.Parse(request.Body);
        if (json.At("message_id").Text() is not { } message || json.At("status").Text() is not { } word)
            return ReceiptReading.Unreadable;
        if (message != request.MessageId)
            return ReceiptReading.Forged;
        ReceiptStatus? status = word switch
        {
            "sent" => ReceiptStatus.Sent,
            "delivered" => ReceiptStatus.Delivered,
            "undelivered" => ReceiptStatus.Undelivered,
            _ => null,
        };
        if (status is null)
            return ReceiptReading.Unreadable;
        return new([new Receipt(MessageId: null, status.Value)
        {
            ProviderMessageId = Redaction.Id(json.At("id").Text()),
            ProviderCode = Redaction.Code(json.At("error_code").Text()),
        }]);
    }

    private static bool Signed(byte[] body, string secret, string signature)
    {
        var hex = signature.StartsWith(Method, StringComparison.Ordinal) ? signature[Method.Length..] : "";
        return hex.Length == 2 * HMACSHA256.HashSizeInBytes && hex.All(char.IsAsciiHexDigit)
            && CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body), Convert.FromHexString(hex));
    }
}
