using Watchword.Client.Wire;

namespace Watchword.Client.Otp;

/// <summary>What became of a code.</summary>
public enum SendOutcome
{
    /// <summary>It is on its way: code and message are on disk, and delivery survives a crash.</summary>
    Sent,

    /// <summary>Too many codes for this destination. Ask again after <see cref="SendResult.RetryAfter"/>.</summary>
    Limited,

    /// <summary>Too many wrong codes: none is sent while the lock holds.</summary>
    Locked,

    /// <summary>The application has no such user.</summary>
    UserNotFound,

    /// <summary>An administrator has disabled the user.</summary>
    UserNotActive,

    /// <summary>The user has no phone number to send an SMS to.</summary>
    PhoneNumberMissing,

    /// <summary>The user has no email address to send an email to.</summary>
    EmailAddressMissing,
}

/// <summary>The outcome of sending a code.</summary>
public sealed record SendResult
{
    /// <summary>Makes one, for tests of your own.</summary>
    public SendResult(SendOutcome outcome) => Outcome = outcome;

    /// <summary>What became of it.</summary>
    public SendOutcome Outcome { get; }

    /// <summary>The code is on its way.</summary>
    public bool Sent => Outcome == SendOutcome.Sent;

    /// <summary>The code, on channel <see cref="OtpChannel.Direct"/> only.</summary>
    public string? Code { get; init; }

    /// <summary>To be brought back with the code, where it was asked for. Keep it in the user's session, not in the page.</summary>
    public string? RequestId { get; init; }

    /// <summary>How long to wait, when limited or locked. A lock without it has to be ended by an administrator.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The outcome; no code.</summary>
    public override string ToString() => RetryAfter is { } wait ? $"{Outcome}, for {wait.TotalSeconds:0} s" : $"{Outcome}";

    internal static SendResult Of(Answer answer)
    {
        if (!answer.Succeeded)
        {
            var refusal = answer.Refusal();
            return new SendResult(OutcomeOf(refusal.ErrorCode) ?? throw refusal) { RetryAfter = refusal.RetryAfter };
        }
        var sent = answer.Read(WatchwordJson.Default.SentBody);
        return new SendResult(SendOutcome.Sent) { Code = sent.Code, RequestId = sent.RequestId };
    }

    private static SendOutcome? OutcomeOf(string code) => code switch
    {
        ErrorCodes.SendLimited => SendOutcome.Limited,
        ErrorCodes.Locked => SendOutcome.Locked,
        ErrorCodes.UserNotFound => SendOutcome.UserNotFound,
        ErrorCodes.UserNotActive => SendOutcome.UserNotActive,
        ErrorCodes.PhoneNumberMissing => SendOutcome.PhoneNumberMissing,
        ErrorCodes.EmailAddressMissing => SendOutcome.EmailAddressMissing,
        _ => null,
    };
}

/// <summary>The answer to a send.</summary>
internal sealed record SentBody(string? Code, string? RequestId)
{
    public override string ToString() => nameof(SentBody);
}
