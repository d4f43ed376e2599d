using Watchword.Core.Audit;
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

    /// <summary>There is no such message, or it never went to a provider.</summary>
    NoMessage,
}

/// <summary>Writes what providers report on the messages' records and counts it.</summary>
internal sealed class Receipts(Database database, ProviderDirectory directory, WebhookDirectory webhooks, MessageSignal signal, TimeProvider time)
{
    /// <summary>Takes receipts of one provider, already proven to be its own; the best that became of any of them.</summary>
    /// <param name="tenant">Whose address was called; receipts reach no other tenant's messages.</param>
    /// <param name="providerId">The provider's id in the tenant.</param>
    /// <param name="provider">The provider's name, for the record.</param>
    /// <param name="messageId">The message whose address was called.</param>
    /// <param name="receipts">What was reported.</param>
    public async Task<ReceiptVerdict> AcceptAsync(string tenant, string providerId, string provider, string messageId, IReadOnlyList<Receipt> receipts)
    {
        var setup = await directory.ForAsync(tenant);
        var told = receipts.Any(r => r.Status == ReceiptStatus.Undelivered) && await webhooks.WantsAsync(tenant, AuditAction.MessageFailed);
        var verdict = ReceiptVerdict.NoMessage;
        foreach (var receipt in receipts)
        {
            var applied = await database.WriteAsync(db =>
                ApplyAsync(db, tenant, receipt.MessageId ?? messageId, providerId, provider, receipt, region => setup.PriceMicros(providerId, region), told, time.GetUtcNow()));
            if (applied < verdict)
                verdict = applied;
        }
        if (verdict == ReceiptVerdict.Applied)
            signal.Changed([tenant]);
        return verdict;
    }

    private static async ValueTask<ReceiptVerdict> ApplyAsync(
        SqlSession db, string tenant, string id, string providerId, string provider, Receipt receipt, Func<string, long?> price, bool told,
        DateTimeOffset now)
    {
        var outbox = new OutboxStore(db);
        // Held: the dispatcher may be writing the provider's own answer at this moment.
        if (await outbox.HoldAsync(tenant, id) is not { Tries: > 0 } state)
            return ReceiptVerdict.NoMessage;
        if (ReceiptRules.Next(state.Status, receipt.Status, state.ProviderId == providerId) is not { } next)
            return ReceiptVerdict.Nothing;
        var line = new StatusChange(now.Ms(), next) { Provider = provider, Code = receipt.ProviderCode, Reason = receipt.Reason };
        await outbox.SettleAsync(tenant, id, next, providerId, provider, receipt.ProviderMessageId, price(state.Region), line, now);
        if (told && MessageFailed.Is(next))
            await new EventStore(db).AddAsync(MessageFailed.Of(tenant, id, state.AppId, state.UserId, state.Channel, state.Region, next, providerId, receipt.Reason, now));
        if (state.To((await outbox.HoldAsync(tenant, id))!, tenant) is { } count)
            await new StatisticsStore(db).AddAsync([count], now);
        if (next is not "sent")
        {
            await new ProviderStatsStore(db).AddAsync(
            [
                new ProviderCount(tenant, providerId, state.Region, now)
                {
                    Delivered = next == "delivered" ? 1 : 0,
                    // A provider that corrects itself has not lost the message after all.
                    Undelivered = next == "undelivered" ? 1 : state.Status == "undelivered" && state.ProviderId == providerId ? -1 : 0,
                },
            ]);
        }
        return ReceiptVerdict.Applied;
    }
}
