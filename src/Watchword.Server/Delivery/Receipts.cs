using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>What became of a receipt.</summary>
internal enum ReceiptVerdict
{
    /// <summary>The message's record was changed.</summary>
    Applied,

    /// <summary>It said nothing new: late, repeated, or of a copy that does not matter.</summary>
    Nothing,
}

/// <summary>Writes what providers report on the messages' records.</summary>
internal sealed class Receipts(Database database, TimeProvider time)
{
    public async Task<ReceiptVerdict> AcceptAsync(string tenant, string providerId, string provider, string messageId, IReadOnlyList<Receipt> receipts)
    {
        var changed = 0;
        foreach (var receipt in receipts)
        {
            var (id, now, status) = (receipt.MessageId ?? messageId, time.GetUtcNow(), receipt.Status.ToString().ToLowerInvariant());
            var line = new StatusChange(now.Ms(), status) { Provider = provider, Code = receipt.ProviderCode, Reason = receipt.Reason }.Line();
            changed += await database.WriteAsync(db => db.ExecuteAsync(
                """
                UPDATE outbox SET status = @status, status_at = @now, history = history || @line, provider_id = @providerId, provider = @provider
                WHERE tenant_id = @tenant AND message_id = @id AND status NOT IN ('delivered', @status)
                """,
                new { tenant, id, providerId, provider, status, line, now = now.Ms() }));
        }
        return changed > 0 ? ReceiptVerdict.Applied : ReceiptVerdict.Nothing;
    }
}
