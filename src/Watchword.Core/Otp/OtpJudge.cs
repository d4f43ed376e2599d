using System.Security.Cryptography;
using System.Text;

namespace Watchword.Core.Otp;

/// <summary>What became of a guess.</summary>
public enum OtpVerdict
{
    /// <summary>No live code is that one.</summary>
    Wrong,

    /// <summary>The right code, in time.</summary>
    Accepted,

    /// <summary>The right code, too late.</summary>
    Expired,
}

/// <summary>One code that was sent, as it is kept.</summary>
/// <param name="ChallengeId">Its name.</param>
/// <param name="ClientId">The client that asked for it.</param>
/// <param name="Channel">How it travelled.</param>
/// <param name="DestinationTag">The keyed tag of where it went.</param>
/// <param name="CustomDestination">It went somewhere other than the user's stored number or address.</param>
/// <param name="CodeHash">See <see cref="ChallengeBinding"/>.</param>
/// <param name="RequestIdHash">SHA-256 of the <c>request_id</c> that the guess must bring, or null.</param>
/// <param name="ExpiresAt">First instant at which it no longer works.</param>
/// <param name="ApprovalData">The transaction it approves, sealed, or null.</param>
public sealed record Challenge(
    string ChallengeId,
    string ClientId,
    OtpChannel Channel,
    string DestinationTag,
    bool CustomDestination,
    byte[] CodeHash,
    byte[]? RequestIdHash,
    DateTimeOffset ExpiresAt,
    string? ApprovalData)
{
    /// <summary>ISO 3166 region of the number that it went to, <c>ZZ</c> when to none; empty: not known.</summary>
    public string Region { get; init; } = "";
}

/// <summary>A guess at a code.</summary>
public readonly record struct OtpGuess(string TenantId, string AppId, string UserId, string ClientId, string Passcode, string? RequestId);

/// <summary>Decides about a guess. The attempt has been counted before this is asked.</summary>
public static class OtpJudge
{
    /// <summary>The verdict, and the challenge it concerns when the code was right.</summary>
    /// <param name="guess">Who guesses what.</param>
    /// <param name="live">The user's codes in the application that nobody has used.</param>
    /// <param name="preferences">The application's methods: a code of a method closed meanwhile is dead.</param>
    /// <param name="destinations">The tags of the user's number and address as they are now: a code sent to the old number is dead.</param>
    /// <param name="key">The server's code key.</param>
    /// <param name="now">The server's time.</param>
    public static (OtpVerdict Verdict, Challenge? Challenge) Judge(
        in OtpGuess guess,
        IReadOnlyList<Challenge> live,
        LoginPreferences preferences,
        IReadOnlyCollection<string> destinations,
        ReadOnlySpan<byte> key,
        DateTimeOffset now)
    {
        Challenge? right = null;
        foreach (var challenge in live)
        {
            // Every live code is compared, found or not, so that the time does not tell which one was close.
            var binding = new ChallengeBinding(
                guess.TenantId, guess.AppId, guess.UserId, challenge.Channel, challenge.DestinationTag, challenge.ChallengeId);
            var same = CryptographicOperations.FixedTimeEquals(binding.Hash(key, guess.Passcode), challenge.CodeHash);
            if (same && MayUse(guess, challenge, preferences, destinations) && (right is null || challenge.ExpiresAt > right.ExpiresAt))
                right = challenge;
        }
        return right switch
        {
            null => (OtpVerdict.Wrong, null),
            _ when now >= right.ExpiresAt => (OtpVerdict.Expired, right),
            _ => (OtpVerdict.Accepted, right),
        };
    }

    private static bool MayUse(
        in OtpGuess guess, Challenge challenge, LoginPreferences preferences, IReadOnlyCollection<string> destinations) =>
        preferences.For(challenge.Channel) is { } policy
        && (challenge.ClientId == guess.ClientId || policy.CrossClientsAllowed)
        && (challenge.CustomDestination || challenge.Channel == OtpChannel.Direct || destinations.Contains(challenge.DestinationTag))
        && (challenge.RequestIdHash is null || (guess.RequestId is { } id
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(id)), challenge.RequestIdHash)));
}
