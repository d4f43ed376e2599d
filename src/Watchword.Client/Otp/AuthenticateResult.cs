using System.Diagnostics.CodeAnalysis;
using Watchword.Client.Sessions;
using Watchword.Client.Wire;

namespace Watchword.Client.Otp;

/// <summary>What a code was worth.</summary>
public enum AuthenticateOutcome
{
    /// <summary>The user is logged in.</summary>
    Accepted,

    /// <summary>It is wrong, was used before, was never sent, or the application has no such user. Let the user type it again.</summary>
    WrongCode,

    /// <summary>It is right, but too late. Send a new one.</summary>
    Expired,

    /// <summary>Too many wrong codes; even the right one is refused while the lock holds.</summary>
    Locked,

    /// <summary>An administrator has disabled the user.</summary>
    UserNotActive,

    /// <summary>The session that the login was to be added to is over. The code has not been used up: try it without the session.</summary>
    SessionNotFound,
}

/// <summary>The outcome of a login.</summary>
public sealed record AuthenticateResult
{
    /// <summary>Makes one, for tests of your own.</summary>
    public AuthenticateResult(AuthenticateOutcome outcome, UserTokens? tokens = null) => (Outcome, Tokens) = (outcome, tokens);

    /// <summary>What the code was worth.</summary>
    public AuthenticateOutcome Outcome { get; }

    /// <summary>The user is logged in, and <see cref="Tokens"/> are there.</summary>
    [MemberNotNullWhen(true, nameof(Tokens))]
    public bool Accepted => Outcome == AuthenticateOutcome.Accepted;

    /// <summary>What the login gives out.</summary>
    public UserTokens? Tokens { get; }

    /// <summary>How long a lock holds. A lock without it has to be ended by an administrator.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The outcome; no token.</summary>
    public override string ToString() => RetryAfter is { } wait ? $"{Outcome}, for {wait.TotalSeconds:0} s" : $"{Outcome}";

    internal static AuthenticateResult Of(Answer answer)
    {
        if (answer.Succeeded)
            return new AuthenticateResult(AuthenticateOutcome.Accepted, answer.Read(WatchwordJson.Default.UserTokens));
        var refusal = answer.Refusal();
        AuthenticateOutcome? outcome = refusal.ErrorCode switch
        {
            ErrorCodes.InvalidCredentials => AuthenticateOutcome.WrongCode,
            ErrorCodes.PasscodeExpired => AuthenticateOutcome.Expired,
            ErrorCodes.Locked => AuthenticateOutcome.Locked,
            ErrorCodes.UserNotActive => AuthenticateOutcome.UserNotActive,
            ErrorCodes.SessionNotFound => AuthenticateOutcome.SessionNotFound,
            _ => null,
        };
        return new AuthenticateResult(outcome ?? throw refusal) { RetryAfter = refusal.RetryAfter };
    }
}
