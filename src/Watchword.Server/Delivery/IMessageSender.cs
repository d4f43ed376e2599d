using Watchword.Core.Otp;

namespace Watchword.Server.Delivery;

/// <summary>What a provider has to bring to a phone or a mailbox.</summary>
/// <param name="To">E.164 number or email address.</param>
/// <param name="Sender">The sender to show, or null for the provider's own.</param>
/// <param name="Text">The whole text.</param>
/// <param name="Subject">For email.</param>
internal sealed record MessageContent(string To, string? Sender, string Text, string? Subject)
{
    /// <summary>Masked: it holds a number and a code.</summary>
    public override string ToString() => "[message]";
}

/// <summary>A message as it is handed to a provider.</summary>
/// <param name="MessageId">Our id of it; a provider that takes a reference of the client's gets this one.</param>
/// <param name="Content">What to bring where.</param>
/// <param name="ReceiptUrl">Where the provider may report what became of it; null when this server has no address for that.</param>
internal sealed record Handover(string MessageId, MessageContent Content, Uri? ReceiptUrl)
{
    /// <summary>How long its code lives yet; a provider that can drop messages later than that is asked to. Null: nobody knows.</summary>
    public TimeSpan? Life { get; init; }

    /// <summary>Masked: the address holds the message's key.</summary>
    public override string ToString() => $"[message {MessageId}]";
}

/// <summary>What became of handing a message to a provider.</summary>
internal enum SendOutcome
{
    /// <summary>The provider took it.</summary>
    Accepted,

    /// <summary>Nobody will bring it: no such number, blocked, unsubscribed. Another provider is not tried.</summary>
    Refused,

    /// <summary>This provider will not take it as it is set up: credentials, sender, region, money. Another one may.</summary>
    Misconfigured,

    /// <summary>Not taken now: throttled, down, unreachable. Later, or another provider.</summary>
    TryLater,

    /// <summary>The request went out and no answer could be read: it may have been taken.</summary>
    Unknown,
}

/// <summary>The outcome of one try, with the reason in our words, free of numbers and codes.</summary>
internal readonly record struct SendResult(SendOutcome Outcome, string? Reason = null)
{
    /// <summary>The provider's id of the message, where it said yes.</summary>
    public string? ProviderMessageId { get; init; }

    /// <summary>The provider's own error code, such as Twilio's <c>21211</c> or <c>HTTP 503</c>.</summary>
    public string? ProviderCode { get; init; }

    /// <summary>The provider's own words, redacted (<see cref="Providers.Redaction"/>); for administrators only.</summary>
    public string? ProviderText { get; init; }

    /// <summary>How long the provider asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>One configured way for messages to leave the house.</summary>
internal interface IMessageSender
{
    /// <summary>Its name in logs and on message records.</summary>
    string Name { get; }

    /// <summary>Whether it carries messages of this channel.</summary>
    bool Carries(OtpChannel channel);

    /// <summary>Hands one message over. Throws only when cancelled; cancelling leaves unknown whether it was taken.</summary>
    Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation);
}
