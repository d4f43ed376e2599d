using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>What is done to the whole queue of a webhook: a bounded number at a time, so that logins do not wait for it.</summary>
internal static class WebhookQueue
{
    private const int AtOnce = 500;

    /// <summary>Ends all that waits: the webhook is off. It can be tried again by hand.</summary>
    public static async Task EndAsync(Database database, string tenant, string webhook, DateTimeOffset now)
    {
        var line = new StatusChange(now.Ms(), "failed") { Reason = "The webhook was switched off before this could be delivered." };
        while (await database.WriteAsync(db => new WebhookDeliveryStore(db).EndWaitingAsync(tenant, webhook, line, AtOnce)) == AtOnce)
        {
        }
    }

    /// <summary>Drops all there is: the webhook is gone.</summary>
    public static async Task DropAsync(Database database, string tenant, string webhook)
    {
        while (await database.WriteAsync(db => new WebhookDeliveryStore(db).DropAsync(tenant, webhook, AtOnce)) == AtOnce)
        {
        }
    }
}
