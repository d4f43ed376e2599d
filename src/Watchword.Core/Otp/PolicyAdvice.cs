using System.Globalization;
using Watchword.Core.Limits;

namespace Watchword.Core.Otp;

/// <summary>A sentence for whoever sets a policy that is allowed, but worth a second thought.</summary>
/// <param name="BelowNist">Whether NIST SP 800-63B-4 asks for more.</param>
/// <param name="Text">What it means for users, in plain words.</param>
public sealed record Advice(bool BelowNist, string Text);

/// <summary>What an administrator should know about the policy they are about to set.</summary>
public static class PolicyAdvice
{
    /// <summary>Digits that NIST SP 800-63B-4 §3.1.3.2 asks for.</summary>
    public const int LeastDigits = 6;

    // A person who mistypes needs three tries; what goes beyond this helps nobody but a guesser.
    private const int ManyFailures = 10;

    // Somebody who knows only the number can use up all the guesses there are. That should take longer than a coffee break.
    private static readonly TimeSpan QuickToExhaust = TimeSpan.FromHours(2);

    /// <summary>About all methods together.</summary>
    public static IEnumerable<Advice> For(LoginPreferences preferences) =>
        preferences is { Sms: null, EmailOtp: null, DirectOtp: null } ? [new(false, "Every method is closed: nobody can log in to this application.")] : [];

    /// <summary>About one method.</summary>
    public static IEnumerable<Advice> For(OtpChannel channel, OtpPolicy policy)
    {
        if (channel == OtpChannel.Email)
            yield return new(true, "NIST does not accept codes by email as a proof of possession (SP 800-63B-4 §3.1.3): a mailbox may be open to anybody who knows its password.");
        if (channel == OtpChannel.Direct)
            yield return new(false, "The code goes to your backend, which has to bring it to the user. Whoever has the backend's credentials can log in as any of its users.");
        if (policy.CodeLength < LeastDigits)
        {
            yield return new(true, string.Create(CultureInfo.InvariantCulture,
                $"NIST asks for {LeastDigits} digits or more (SP 800-63B-4 §3.1.3.2). Of {OneIn(policy)} strangers who guess as often as they may, one gets in."));
        }
        if (policy.MaxFailures > ManyFailures)
            yield return new(false, $"More than {ManyFailures} wrong codes before a lock help a guesser more than a user who mistypes. 3 to 5 are usual.");
        if (policy.MaxFailures == 1)
            yield return new(false, "A single typing mistake locks the user out.");
        if (policy.MaxFailures > 0 && TimeToExhaust(policy) < QuickToExhaust)
        {
            yield return new(false,
                $"Somebody who knows only a user's number can use up all {Lockout.ConsecutiveFailuresAllowed} tries within {Minutes(TimeToExhaust(policy))}. After that only an administrator can unlock the user.");
        }
        if (policy.ExpiresIn == 1 && channel != OtpChannel.Direct)
            yield return new(false, "A message may take longer than a minute to arrive; its code would be too old.");
    }

    /// <summary>About how often messages are sent.</summary>
    public static IEnumerable<Advice> For(SendLimits limits)
    {
        if (limits.CooldownSeconds == 0)
            yield return new(false, "Without a cool-down, a user who presses twice gets two messages, and only the second code works.");
        if (limits is { PerTenMinutes: 0, PerHour: 0, PerDay: 0 })
            yield return new(false, "Without any limit, somebody can have you send and pay for as many messages to one number as they like.");
    }

    /// <summary>The guesses that a user's lock allows before an administrator has to help (NIST SP 800-63B-4 §3.2.2), against all codes.</summary>
    private static double OneIn(OtpPolicy policy) => Math.Round(Math.Pow(10, policy.CodeLength) / Lockout.ConsecutiveFailuresAllowed);

    private static TimeSpan TimeToExhaust(OtpPolicy policy) =>
        TimeSpan.FromMinutes((Lockout.ConsecutiveFailuresAllowed - 1) / policy.MaxFailures * policy.LockoutDuration);

    private static string Minutes(TimeSpan time) => time.TotalMinutes < 1 ? "a minute" : time.TotalMinutes == 1 ? "1 minute" : $"{time.TotalMinutes:0} minutes";
}
