using System.Text.Json;

namespace Watchword.Server.Delivery.Providers.Infobip;

/// <summary>
/// Delivery reports (https://www.infobip.com/docs/api/channels/sms/sms-messaging/logs-and-status-reports/receive-sms-delivery-reports).
/// Infobip does not sign them: who knows the address, with the key that only it was given, may report on this one message and no other.
/// </summary>
internal sealed class InfobipReceipts : IReceiptReader
{
    private const int DeliveredToOperator = 2;

    public ReceiptReading Read(ReceiptRequest request, ProviderSettings settings)
    {
        var results = JsonPick.Parse(request.Body).At("results");
        return results.ValueKind == JsonValueKind.Array
            ? new([.. results.Each().Where(r => IsFor(r, request.MessageId)).Select(One).OfType<Receipt>()])
            : ReceiptReading.Unreadable;
    }

    private static bool IsFor(JsonElement result, string message) =>
        result.At("callbackData").Text() == message || result.At("messageId").Text() == message;

    private static Receipt? One(JsonElement result)
    {
        var status = result.At("status");
        ReceiptStatus? known = status.At("groupId").Whole() switch
        {
            0 or 1 => ReceiptStatus.Sent,
            3 => status.At("id").Whole() == DeliveredToOperator ? ReceiptStatus.Sent : ReceiptStatus.Delivered,
            2 or 4 or 5 => ReceiptStatus.Undelivered,
            _ => null,
        };
        if (known is null)
            return null;
        var error = result.At("error");
        var failed = known == ReceiptStatus.Undelivered;
        return new Receipt(MessageId: null, known.Value)
        {
            ProviderMessageId = Redaction.Id(result.At("messageId").Text()),
            ProviderCode = failed ? Redaction.Code(error.At("name").Text() is { } name and not "NO_ERROR" ? name : status.At("name").Text()) : null,
            Reason = failed ? InfobipStatus.OfDelivery(error.At("name").Text()) : null,
        };
    }
}
