using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>Puts what happened into the queue of each webhook that wants it.</summary>
internal static class WebhookFanOut
{
    /// <summary>
    /// In the write that takes the events, and by the table, not by what is remembered of it: a webhook that was there before an event gets
    /// it, and gets it once.
    /// </summary>
    public static async ValueTask AddAsync(SqlSession db, string tenant, IEnumerable<AuditEvent> events, DateTimeOffset now)
    {
        var told = events.Where(WebhookEvents.Tells).ToList();
        if (told.Count == 0)
            return;
        var webhooks = (await new WebhookStore(db).ListAsync(tenant)).Where(w => w.Enabled).ToList();
        var deliveries = new WebhookDeliveryStore(db);
        foreach (var happened in told)
        {
            // Not the row's number: once the table is empty, SQLite counts from one again.
            var id = Ids.New(happened.At);
            var payload = WebhookPayload.Of(id, happened);
            foreach (var webhook in webhooks.Where(w => w.Events.Contains(happened.Action)))
            {
                await deliveries.AddAsync(new WebhookDelivery
                {
                    TenantId = tenant, WebhookId = webhook.WebhookId, DeliveryId = Ids.New(now), EventId = id, Action = happened.Action, Payload = payload, CreatedAt = now.Ms(),
                });
            }
        }
    }
}
