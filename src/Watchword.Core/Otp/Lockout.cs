namespace Watchword.Core.Otp;

/// <summary>When wrong guesses lock a user out of an application, and for how long.</summary>
public static class Lockout
{
    /// <summary>
    /// Wrong guesses in a row, over all locks, after which only an administrator's unlock lets the user try again
    /// (NIST SP 800-63B-4 §3.2.2: no more than 100).
    /// </summary>
    public const int ConsecutiveFailuresAllowed = 100;

    /// <summary>The kept end of a lock that only an administrator ends; nobody is shown it.</summary>
    public static readonly DateTimeOffset Never = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// The policy that a guess is held to. A guess does not say which code it is for, so of the methods it could be for, the strictest
    /// counts: opening a lax method next to a strict one buys an attacker nothing.
    /// </summary>
    /// <param name="preferences">The application's methods.</param>
    /// <param name="live">The channels of the user's live codes; with none, every open method counts.</param>
    public static OtpPolicy Governing(LoginPreferences preferences, IEnumerable<OtpChannel> live)
    {
        var policies = live.Select(preferences.For).OfType<OtpPolicy>().ToList();
        if (policies.Count == 0)
            policies = [.. OtpChannelNames.Channels.Select(preferences.For).OfType<OtpPolicy>()];
        return policies.OrderBy(p => p.MaxFailures).ThenByDescending(p => p.LockoutDuration).FirstOrDefault() ?? new OtpPolicy();
    }

    /// <summary>The end of the lock that this failure brings, or null when it brings none.</summary>
    /// <param name="failures">Failures since the last success or lock, this one included.</param>
    /// <param name="policy">The governing policy.</param>
    /// <param name="now">The server's time.</param>
    public static DateTimeOffset? Begins(long failures, OtpPolicy policy, DateTimeOffset now) =>
        failures >= policy.MaxFailures ? now.AddMinutes(policy.LockoutDuration) : null;
}
