using System.Globalization;
using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Management;

/// <summary>A webhook as it is wanted. What is absent from a change stays.</summary>
/// <param name="Uri">Its address: https, or http on this machine. It must answer a verification before it is taken.</param>
/// <param name="ApiKey">Sent as <c>X-API-Key</c> with every request. Never read back; to be sent again whenever <c>uri</c> changes.</param>
/// <param name="Events">What it is told: <c>user.created</c>, <c>user.logged_in</c>, <c>user.locked</c>, <c>user.unlocked</c>, <c>user.updated</c>, <c>user.disabled</c>, <c>user.deleted</c>, <c>otp.sent</c>, <c>otp.failed</c>, <c>message.failed</c>, <c>session.ended</c>.</param>
/// <param name="Enabled">Switched off, it gets nothing, and what waits for it is given up.</param>
internal sealed record WebhookRequest(string? Uri, string? ApiKey, IReadOnlyList<string?>? Events, bool? Enabled)
{
    public WebhookInput Input => new(Uri, ApiKey, Events, Enabled);
}

/// <summary>A webhook. Its signing secret is there in the answer that made it, and never again.</summary>
/// <param name="WebhookId">Its id.</param>
/// <param name="Uri">Its address.</param>
/// <param name="Events">What it is told.</param>
/// <param name="Enabled">Whether it gets anything.</param>
/// <param name="Fault">What went wrong last; absent while deliveries arrive.</param>
/// <param name="FailingSince">Since when none has arrived. After five days it is switched off.</param>
/// <param name="SigningSecret">What its deliveries are signed with.</param>
/// <param name="CreatedAt">When it was made, in unix milliseconds.</param>
/// <param name="UpdatedAt">When it was last changed, in unix milliseconds.</param>
internal sealed record WebhookJson(
    string WebhookId, string Uri, IReadOnlyList<string> Events, bool Enabled, string? Fault, DateTimeOffset? FailingSince, string? SigningSecret, long CreatedAt, long UpdatedAt)
{
    public static WebhookJson Of(Webhook w, string? signingSecret = null) => new(
        w.WebhookId, w.Uri, w.Events, w.Enabled, w.Fault, w.FailingSince, signingSecret, w.CreatedAt.Ms(), w.UpdatedAt.Ms());

    public static WebhookJson Of(ShownWebhook shown) => Of(shown.Webhook, shown.SigningSecret);
}

/// <summary>How trying a webhook out went.</summary>
/// <param name="Delivered">Whether it answered with 200 to 299.</param>
/// <param name="EventId">The id of the <c>webhook.test</c> event that it got.</param>
/// <param name="HttpStatus">What it answered; absent when no answer came.</param>
/// <param name="Reason">Why it was not delivered.</param>
/// <param name="TookMs">How long it took.</param>
internal sealed record WebhookTrialJson(bool Delivered, string EventId, int? HttpStatus, string? Reason, long TookMs)
{
    public static WebhookTrialJson Of(WebhookTrial trial) =>
        new(trial.Answer.Arrived, trial.EventId, trial.Answer.Status, trial.Answer.Fault, (long)trial.Answer.Took.TotalMilliseconds);
}

/// <summary>How a try ended.</summary>
/// <param name="At">When.</param>
/// <param name="Status">What the delivery was from then on.</param>
/// <param name="HttpStatus">What the webhook answered; absent when no answer came.</param>
/// <param name="Reason">Why it was not delivered.</param>
internal sealed record WebhookTryJson(DateTimeOffset At, string Status, int? HttpStatus, string? Reason)
{
    public static WebhookTryJson Of(StatusChange line) => new(line.At.At(), line.Status, line.Code is null ? null : int.Parse(line.Code, CultureInfo.InvariantCulture), line.Reason);
}

/// <summary>One event on its way to a webhook.</summary>
/// <param name="DeliveryId">Its id.</param>
/// <param name="EventId">The event's, which the webhook gets as <c>webhook-id</c>.</param>
/// <param name="Type">The event's name.</param>
/// <param name="Status"><c>queued</c>, <c>sending</c>, <c>delivered</c> or <c>failed</c>.</param>
/// <param name="StatusAt">Since when.</param>
/// <param name="Tries">Tries begun.</param>
/// <param name="NextTryAt">When it is tried next, while it waits.</param>
/// <param name="HttpStatus">What the webhook answered last; absent when no answer came.</param>
/// <param name="Reason">Why the last try failed.</param>
/// <param name="CreatedAt">When it was put into the queue, in unix milliseconds.</param>
/// <param name="History">How each try ended, oldest first.</param>
internal sealed record WebhookDeliveryJson(
    string DeliveryId, string EventId, string Type, string Status, DateTimeOffset StatusAt, long Tries, DateTimeOffset? NextTryAt, int? HttpStatus, string? Reason,
    long CreatedAt, IReadOnlyList<WebhookTryJson> History)
{
    public static WebhookDeliveryJson Of(WebhookDelivery d)
    {
        var history = d.StatusHistory.Select(WebhookTryJson.Of).ToList();
        return new(
            d.DeliveryId, d.EventId, d.Action, d.Status, d.StatusAt.At(), d.Tries, d.Status == "queued" ? d.NextTryAt.At() : null,
            history.LastOrDefault()?.HttpStatus, history.LastOrDefault()?.Reason, d.CreatedAt, history);
    }
}

/// <summary>One page of deliveries.</summary>
/// <param name="Result">Newest first.</param>
/// <param name="NextPageToken">Asks for the next page, as <c>page_token</c>; absent on the last.</param>
internal sealed record WebhookDeliveryListResponse(IReadOnlyList<WebhookDeliveryJson> Result, string? NextPageToken);
