using Watchword.Server.Delivery.Providers;

namespace Watchword.Server.Delivery;

/// <summary>What a receipt changes. Providers repeat receipts, mix up their order and sometimes send them before their own answer.</summary>
internal static class ReceiptRules
{
    /// <summary>The new status, or null when nothing changes.</summary>
    /// <param name="status">The message's status.</param>
    /// <param name="receipt">What the provider says.</param>
    /// <param name="isHolder">Whether that provider is the one the message went to last.</param>
    public static string? Next(string status, ReceiptStatus receipt, bool isHolder) => (status, receipt) switch
    {
        // Never handed over, or nothing can be added.
        ("suppressed" or "test" or "delivered", _) => null,
        // On the phone is on the phone, whoever brought it and whatever was thought before.
        (_, ReceiptStatus.Delivered) => "delivered",
        // The provider has it: an unknown try was taken, and is the last.
        ("queued" or "sending" or "failed" or "expired", ReceiptStatus.Sent) => "sent",
        // Of a provider that is not the last, this says only that one of two copies is lost. Failed and expired say it already.
        ("queued" or "sending" or "sent", ReceiptStatus.Undelivered) when isHolder => "undelivered",
        _ => null,
    };
}
