using System.Globalization;
using System.Text.Json.Serialization;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>How far a message has come.</summary>
[JsonConverter(typeof(TolerantEnumConverter<MessageStatus>))]
public enum MessageStatus
{
    /// <summary>Something this library does not know yet.</summary>
    Unknown,

    /// <summary>Waits to be sent.</summary>
    Queued,

    /// <summary>Is being handed to a provider.</summary>
    Sending,

    /// <summary>A provider took it.</summary>
    Sent,

    /// <summary>The provider reported that it arrived.</summary>
    Delivered,

    /// <summary>The provider reported that it did not.</summary>
    Undelivered,

    /// <summary>Nobody took it.</summary>
    Failed,

    /// <summary>Its code died first.</summary>
    Expired,

    /// <summary>It was not to be sent: there was nobody to send it to.</summary>
    Suppressed,

    /// <summary>It was for a test number.</summary>
    Test,
}

/// <summary>Something that happened to a message.</summary>
/// <param name="At">When.</param>
/// <param name="Status">What it was from then on.</param>
/// <param name="Provider">Who had it.</param>
/// <param name="Route">The route that named this provider.</param>
/// <param name="Reason">Why, in the server's words.</param>
/// <param name="ProviderCode">The provider's own error code.</param>
/// <param name="ProviderText">The provider's own words, without numbers and codes.</param>
public sealed record MessageEvent(DateTimeOffset At, MessageStatus Status, string? Provider, string? Route, string? Reason, string? ProviderCode, string? ProviderText);

/// <summary>A message on the log: never its text, never the whole number.</summary>
public sealed record Message
{
    /// <summary>Its id.</summary>
    public required string MessageId { get; init; }

    /// <summary>When it was taken in.</summary>
    [JsonConverter(typeof(UnixMillisecondsConverter))]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The application that sent it.</summary>
    public required string AppId { get; init; }

    /// <summary>Whom its code is for.</summary>
    public required string UserId { get; init; }

    /// <summary><c>sms</c> or <c>email</c>.</summary>
    public required string Channel { get; init; }

    /// <summary>Where to, masked.</summary>
    public required string To { get; init; }

    /// <summary>Of the number (ISO 3166-1); <c>ZZ</c> for email and numbers of no region.</summary>
    public string? Region { get; init; }

    /// <summary>How far it has come.</summary>
    public MessageStatus Status { get; init; }

    /// <summary>Since when.</summary>
    public DateTimeOffset StatusAt { get; init; }

    /// <summary>What was last wrong, in the server's words.</summary>
    public string? Error { get; init; }

    /// <summary>Who was tried last.</summary>
    public string? ProviderId { get; init; }

    /// <summary>That provider's name at the time.</summary>
    public string? Provider { get; init; }

    /// <summary>The route of the last try; null when no route took the message.</summary>
    public string? Route { get; init; }

    /// <summary>The provider's id of it.</summary>
    public string? ProviderMessageId { get; init; }

    /// <summary>What was done about the sender, where it is not the one asked for.</summary>
    public string? SenderNote { get; init; }

    /// <summary>SMS segments of the text.</summary>
    public long Segments { get; init; }

    /// <summary>Tries begun.</summary>
    public long Tries { get; init; }

    /// <summary>Tries of which nobody knows whether the provider took it.</summary>
    public long UnknownTries { get; init; }

    /// <summary>What it cost, in millionths of the currency; null without a price.</summary>
    public long? CostMicros { get; init; }

    /// <summary>ISO 4217.</summary>
    public string? Currency { get; init; }

    /// <summary>When its code dies.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>What became of it, oldest first.</summary>
    public IReadOnlyList<MessageEvent> History { get => field ?? []; init; }

    /// <summary>Id and status.</summary>
    public override string ToString() => $"message {MessageId}, {Status}";
}

/// <summary>Which messages; what is null does not matter.</summary>
public sealed record MessageQuery
{
    /// <summary>Of this application.</summary>
    public string? AppId { get; init; }

    /// <summary>For this user.</summary>
    public string? UserId { get; init; }

    /// <summary>That are this far.</summary>
    public MessageStatus? Status { get; init; }

    /// <summary>That this provider was tried last for.</summary>
    public string? ProviderId { get; init; }

    /// <summary>To this region (ISO 3166-1).</summary>
    public string? Region { get; init; }

    /// <summary>Taken in then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Taken in before then.</summary>
    public DateTimeOffset? Until { get; init; }

    internal Address Page(string? token) => Address.Of("/cis/v1/messages")
        .With("app_id", AppId)
        .With("user_id", UserId)
        .With("status", Status is { } status ? status.ToString().ToLowerInvariant() : null)
        .With("provider_id", ProviderId)
        .With("region", Region)
        .With("since", Since?.ToString("O", CultureInfo.InvariantCulture))
        .With("until", Until?.ToString("O", CultureInfo.InvariantCulture))
        .With("page_limit", "500")
        .With("page_token", token);
}

/// <summary>One page of the log.</summary>
internal sealed record MessagePageBody(IReadOnlyList<Message> Result, string? NextPageToken);
