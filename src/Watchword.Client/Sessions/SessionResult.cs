using System.Diagnostics.CodeAnalysis;
using Watchword.Client.Wire;

namespace Watchword.Client.Sessions;

/// <summary>Whether a session goes on.</summary>
public enum SessionOutcome
{
    /// <summary>It does, with fresh tokens.</summary>
    Accepted,

    /// <summary>It is over, or the refresh token has been used before: log the user in again.</summary>
    Ended,

    /// <summary>The user is locked out for a while; session and refresh token are as good afterwards as before.</summary>
    Locked,

    /// <summary>An administrator has disabled the user.</summary>
    UserNotActive,

    /// <summary>The latest login is older than was asked for. Log the user in again, in the same session; nothing was spent.</summary>
    FreshLoginRequired,

    /// <summary>Two methods were asked for, and one was used. Log the user in by another, in the same session; nothing was spent.</summary>
    SecondMethodRequired,
}

/// <summary>The outcome of going on with a session.</summary>
public sealed record SessionResult
{
    /// <summary>Makes one, for tests of your own.</summary>
    public SessionResult(SessionOutcome outcome, UserTokens? tokens = null) => (Outcome, Tokens) = (outcome, tokens);

    /// <summary>Whether the session goes on.</summary>
    public SessionOutcome Outcome { get; }

    /// <summary>It goes on, and <see cref="Tokens"/> are there.</summary>
    [MemberNotNullWhen(true, nameof(Tokens))]
    public bool Accepted => Outcome == SessionOutcome.Accepted;

    /// <summary>Fresh tokens.</summary>
    public UserTokens? Tokens { get; }

    /// <summary>How long a lock holds. A lock without it has to be ended by an administrator.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The outcome; no token.</summary>
    public override string ToString() => $"{Outcome}";

    internal static SessionResult Of(Answer answer)
    {
        if (answer.Succeeded)
            return new SessionResult(SessionOutcome.Accepted, answer.Read(WatchwordJson.Default.UserTokens));
        var refusal = answer.Refusal();
        SessionOutcome? outcome = refusal.ErrorCode switch
        {
            ErrorCodes.InvalidCredentials or ErrorCodes.SessionNotFound => SessionOutcome.Ended,
            ErrorCodes.Locked => SessionOutcome.Locked,
            ErrorCodes.UserNotActive => SessionOutcome.UserNotActive,
            ErrorCodes.FreshLoginRequired => SessionOutcome.FreshLoginRequired,
            ErrorCodes.SecondMethodRequired => SessionOutcome.SecondMethodRequired,
            _ => null,
        };
        return new SessionResult(outcome ?? throw refusal) { RetryAfter = refusal.RetryAfter };
    }
}
