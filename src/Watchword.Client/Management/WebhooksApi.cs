using System.Runtime.CompilerServices;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>Who is told what happens in the tenant.</summary>
public sealed class WebhooksApi
{
    private readonly Connection _connection;

    internal WebhooksApi(Connection connection) => _connection = connection;

    /// <summary>
    /// Makes a webhook, whose signing secret is shown this once. Its address is asked to prove itself first. Tried again only when no
    /// connection was made.
    /// </summary>
    public async Task<WebhookWithSecret> CreateAsync(WebhookChange webhook, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(webhook);
        var call = Call.Post(Address.Of("/cis/v1/webhooks"), webhook, WatchwordJson.Default.WebhookChange, Repeat.IfNeverConnected);
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.ResultWebhookWithSecret).Content;
    }

    /// <summary>All of them. Tried again.</summary>
    public async Task<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(Address.Of("/cis/v1/webhooks")), cancellation)).Read(WatchwordJson.Default.ResultIReadOnlyListWebhook).Content;

    /// <summary>One of them, or null. Tried again.</summary>
    public async Task<Webhook?> GetAsync(string webhookId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(One(webhookId)), cancellation)).Find(WatchwordJson.Default.ResultWebhook)?.Content;

    /// <summary>Changes one: what is null stays. Null when there is no such webhook. Tried again.</summary>
    public async Task<Webhook?> UpdateAsync(string webhookId, WebhookChange change, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var call = Call.Put(One(webhookId), change, WatchwordJson.Default.WebhookChange);
        return (await _connection.SendAsync(call, cancellation)).Find(WatchwordJson.Default.ResultWebhook)?.Content;
    }

    /// <summary>Deletes one, with what waits for it. False when there is no such webhook. Tried again.</summary>
    public async Task<bool> DeleteAsync(string webhookId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Delete(One(webhookId)), cancellation)).Removed();

    /// <summary>
    /// Gives one a new signing secret, shown this once. The old one signs too for a while, so that you can change over without a gap. Tried
    /// again only when no connection was made.
    /// </summary>
    /// <param name="webhookId">The webhook.</param>
    /// <param name="overlap">How long the old secret signs too: up to 30 days; a day when left out.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<WebhookWithSecret> RotateSecretAsync(string webhookId, TimeSpan? overlap = null, CancellationToken cancellation = default)
    {
        var call = Call.Post(
            Address.Of("/cis/v1/webhooks/{id}/rotate-secret", webhookId), new RotateBody((int?)overlap?.TotalSeconds), WatchwordJson.Default.RotateBody,
            Repeat.IfNeverConnected);
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.ResultWebhookWithSecret).Content;
    }

    /// <summary>Sends it a <c>webhook.test</c> event now, and says how that went. Null when there is no such webhook. Tried again only when no connection was made.</summary>
    public async Task<WebhookTrial?> TestAsync(string webhookId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Post(Address.Of("/cis/v1/webhooks/{id}/test", webhookId), Repeat.IfNeverConnected), cancellation))
            .Find(WatchwordJson.Default.ResultWebhookTrial)?.Content;

    /// <summary>What became of the events that it was told, newest first, fetched page by page as you go. Each page is tried again.</summary>
    /// <param name="webhookId">The webhook.</param>
    /// <param name="status"><c>queued</c>, <c>sending</c>, <c>delivered</c> or <c>failed</c>; any when left out.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async IAsyncEnumerable<WebhookDelivery> DeliveriesAsync(string webhookId, string? status = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        string? token = null;
        do
        {
            var address = Address.Of("/cis/v1/webhooks/{id}/deliveries", webhookId).With("status", status).With("page_limit", "500").With("page_token", token);
            var page = (await _connection.SendAsync(Call.Get(address), cancellation)).Read(WatchwordJson.Default.WebhookDeliveryPageBody);
            foreach (var delivery in page.Result)
                yield return delivery;
            token = page.NextPageToken;
        }
        while (token is not null);
    }

    /// <summary>Puts a delivery that failed back into the queue. Null when there is no such delivery. Tried again only when no connection was made.</summary>
    /// <exception cref="WatchwordException">409: it is being delivered at this moment, or the webhook is switched off.</exception>
    public async Task<WebhookDelivery?> RetryAsync(string webhookId, string deliveryId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(
            Call.Post(Address.Of("/cis/v1/webhooks/{id}/deliveries/{delivery_id}/retry", webhookId, deliveryId), Repeat.IfNeverConnected), cancellation))
            .Find(WatchwordJson.Default.ResultWebhookDelivery)?.Content;

    private static Address One(string webhookId) => Address.Of("/cis/v1/webhooks/{id}", webhookId);
}
