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

/// <summary>What became of handing a message to a provider.</summary>
internal enum SendOutcome
{
    /// <summary>The provider took it.</summary>
    Accepted,

    /// <summary>The provider will never take it: a bad number, a blocked one.</summary>
    Refused,

    /// <summary>Not now: throttled, down, or no answer.</summary>
    TryLater,
}

/// <summary>The outcome of one try, with the provider's reason in our words, free of numbers and codes.</summary>
internal readonly record struct SendResult(SendOutcome Outcome, string? Reason = null);

/// <summary>A way for messages to leave the house.</summary>
internal interface IMessageSender
{
    /// <summary>Its name in logs and on message records.</summary>
    string Name { get; }

    /// <summary>Whether it carries messages of this channel.</summary>
    bool Carries(OtpChannel channel);

    /// <summary>Hands one message over. Throws only when cancelled.</summary>
    Task<SendResult> SendAsync(MessageContent content, CancellationToken cancellation);
}
