using System.Text.Json.Serialization;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>What a webhook is to be. In a change, what is null stays.</summary>
public sealed record WebhookChange
{
    /// <summary>Its address, https. It has to answer a verification before it is taken.</summary>
    public string? Uri { get; init; }

    /// <summary>Sent to it as <c>X-API-Key</c>. To be given again whenever the address changes.</summary>
    public string? ApiKey { get; init; }

    /// <summary>What it is told, such as <c>user.locked</c>.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>Whether it is told anything.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Without the key.</summary>
    public override string ToString() => $"webhook for {string.Join(", ", Events ?? [])}";
}

/// <summary>Who is told what happens in the tenant.</summary>
public record Webhook
{
    /// <summary>Its id.</summary>
    public required string WebhookId { get; init; }

    /// <summary>Its address.</summary>
    public required string Uri { get; init; }

    /// <summary>What it is told.</summary>
    public IReadOnlyList<string> Events { get => field ?? []; init; }

    /// <summary>Whether it is told anything.</summary>
    public bool Enabled { get; init; }

    /// <summary>What went wrong last; null while deliveries arrive.</summary>
    public string? Fault { get; init; }

    /// <summary>Since when none has arrived. After five days it is switched off.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>When it was made.</summary>
    [JsonConverter(typeof(UnixMillisecondsConverter))]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    [JsonConverter(typeof(UnixMillisecondsConverter))]
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Its id; its address may hold a key.</summary>
    public override string ToString() => $"webhook {WebhookId}";
}

/// <summary>A webhook with a new signing secret.</summary>
public sealed record WebhookWithSecret : Webhook
{
    /// <summary>What deliveries are signed with (Standard Webhooks, <c>whsec_…</c>); shown this once.</summary>
    public required string SigningSecret { get; init; }

    /// <summary>Without the secret.</summary>
    public override string ToString() => base.ToString();
}

/// <summary>How trying a webhook out went.</summary>
/// <param name="Delivered">Whether it answered with 200 to 299.</param>
/// <param name="EventId">The id of the event that it got.</param>
/// <param name="HttpStatus">What it answered; null when no answer came.</param>
/// <param name="Reason">Why it was not delivered.</param>
/// <param name="TookMs">How long it took, milliseconds.</param>
public sealed record WebhookTrial(bool Delivered, string EventId, int? HttpStatus, string? Reason, long TookMs);

/// <summary>How a try ended.</summary>
/// <param name="At">When.</param>
/// <param name="Status">What the delivery was from then on.</param>
/// <param name="HttpStatus">What the webhook answered; null when no answer came.</param>
/// <param name="Reason">Why it was not delivered.</param>
public sealed record WebhookTry(DateTimeOffset At, string Status, int? HttpStatus, string? Reason);

/// <summary>One event on its way to a webhook.</summary>
public sealed record WebhookDelivery
{
    /// <summary>Its id.</summary>
    public required string DeliveryId { get; init; }

    /// <summary>The event's, which the webhook gets as <c>webhook-id</c>.</summary>
    public required string EventId { get; init; }

    /// <summary>The event's name.</summary>
    public required string Type { get; init; }

    /// <summary><c>queued</c>, <c>sending</c>, <c>delivered</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset StatusAt { get; init; }

    /// <summary>Tries begun.</summary>
    public long Tries { get; init; }

    /// <summary>When it is tried next, while it waits.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>What the webhook answered last; null when no answer came.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>Why the last try failed.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was put into the queue.</summary>
    [JsonConverter(typeof(UnixMillisecondsConverter))]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>How each try ended, oldest first.</summary>
    public IReadOnlyList<WebhookTry> History { get => field ?? []; init; }

    /// <summary>Id and status.</summary>
    public override string ToString() => $"delivery {DeliveryId}, {Status}";
}

/// <summary>One page of deliveries.</summary>
internal sealed record WebhookDeliveryPageBody(IReadOnlyList<WebhookDelivery> Result, string? NextPageToken);
