using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>Writes what providers report onto the records of messages. Late and repeated receipts change nothing.</summary>
internal sealed class Receipts(Database database, TimeProvider time)
{
    public async Task AcceptAsync(string tenant, string providerId, string messageId, IReadOnlyList<Receipt> receipts)
    {
        foreach (var receipt in receipts.Where(r => r.MessageId is null || r.MessageId == messageId))
        {
            var (now, status) = (time.GetUtcNow(), receipt.Status.ToString().ToLowerInvariant());
            var line = new StatusChange(now.Ms(), status) { Provider = providerId, Code = receipt.ProviderCode, Reason = receipt.Reason }.Line();
            await database.WriteAsync(db => db.ExecuteAsync(
                """
                UPDATE outbox SET status = @status, status_at = @now, history = history || @line, provider_id = @providerId
                WHERE tenant_id = @tenant AND message_id = @messageId AND status NOT IN ('delivered', @status)
                """,
                new { tenant, messageId, providerId, status, line, now = now.Ms() }));
        }
    }
}
