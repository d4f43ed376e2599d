using Watchword.Core.Otp;

namespace Watchword.Server.Storage;

/// <summary>A message waiting for, or on, its way.</summary>
internal sealed record OutboxMessage
{
    public required string TenantId { get; init; }
    public required string MessageId { get; init; }
    public required string AppId { get; init; }
    public required string UserId { get; init; }
    public required OtpChannel Channel { get; init; }

    /// <summary>Destination, sender and text, sealed.</summary>
    public required string Body { get; init; }
    public required string MaskedDestination { get; init; }

    /// <summary>ISO 3166 region of the number, <c>ZZ</c> when it has none.</summary>
    public required string Region { get; init; }

    /// <summary>What was done about the sender, when not what was asked.</summary>
    public string? SenderNote { get; init; }

    /// <summary>SMS segments of the text.</summary>
    public required int Segments { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its code dies; sending it later would be useless.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>How often a dispatcher took it.</summary>
    public int Claims { get; init; }

    /// <summary>Tries begun.</summary>
    public int Tries { get; init; }

    /// <summary>Tries of which nobody knows whether the provider took the message.</summary>
    public int UnknownTries { get; init; }

    /// <summary>Who was tried last; null: nobody yet.</summary>
    public string? ProviderId { get; init; }

    /// <summary>Until when it is its taker's. No two takers of a message have the same, so it also says whose it is.</summary>
    public DateTimeOffset LeaseEnd { get; init; }

    /// <summary>It is for a user that does not exist and was only recorded, so that its send costs what any other does.</summary>
    public bool Suppressed { get; init; }

    /// <summary>It is for a test number: recorded, without a body, and never sent.</summary>
    public bool Test { get; init; }
}

/// <summary>What the taker of a message writes of it: that a try begins, how it ended, or that it waits again.</summary>
internal sealed record OutboxChange
{
    /// <summary>The message as it was when last written; whose lease is over can no longer change it.</summary>
    public required OutboxMessage Message { get; init; }
    public required string Status { get; init; }

    /// <summary>End of the new lease, or when to try again.</summary>
    public required DateTimeOffset NextTryAt { get; init; }
    public required DateTimeOffset Now { get; init; }
    public required int Tries { get; init; }
    public required int UnknownTries { get; init; }
    public required IReadOnlyList<StatusChange> History { get; init; }
    public string? ProviderId { get; init; }
    public string? Provider { get; init; }
    public string? ProviderMessageId { get; init; }
    public string? Fault { get; init; }
    public string? SenderNote { get; init; }

    /// <summary>Millionths of the tenant's currency.</summary>
    public long? Cost { get; init; }

    /// <summary>What is counted for the provider in the same write.</summary>
    public ProviderCount? Count { get; init; }

    /// <summary>Nobody takes the message again.</summary>
    public bool IsEnd => Status is not ("queued" or "sending");

    /// <summary>What there is to count of the message, when this change of it is written.</summary>
    public CodeCount Outcome => new CodeCount(Message.TenantId, Message.AppId, Message.CreatedAt, Message.Channel.Wire(), Message.Region) { Cost = Cost ?? 0 }.Plus(Status, 1);
}

/// <summary>A try that was cut short: the process that made it is gone.</summary>
internal sealed class LostTry
{
    public string TenantId { get; init; } = "";
    public string? ProviderId { get; init; }
    public string Region { get; init; } = "";
}

/// <summary>How a message stands: what a receipt is judged by, and what was counted of it.</summary>
internal sealed class MessageState
{
    public string AppId { get; init; } = "";
    public string UserId { get; init; } = "";
    public string Channel { get; init; } = "";
    public string Status { get; init; } = "";
    public string? ProviderId { get; init; }
    public string Region { get; init; } = "";
    public long Tries { get; init; }
    public long? Cost { get; init; }
    public long Claims { get; init; }
    public long CreatedAt { get; init; }

    /// <summary>What there is to count when this is how it stood and that how it stands; null: nothing.</summary>
    public CodeCount? To(MessageState after, string tenant) => Claims == 0 || (Status == after.Status && Cost == after.Cost)
        ? null
        : new CodeCount(tenant, AppId, CreatedAt.At(), Channel, Region) { Cost = (after.Cost ?? 0) - (Cost ?? 0) }.Plus(Status, -1).Plus(after.Status, 1);
}

/// <summary>How long the queue is.</summary>
internal sealed record OutboxDepth(long Messages, long? OldestCreatedAt);
