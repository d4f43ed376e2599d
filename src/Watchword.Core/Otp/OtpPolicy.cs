namespace Watchword.Core.Otp;

/// <summary>
/// How strict one login method of an application is. Defaults meet NIST SP 800-63B-4 §3.1.3.2: at least six digits, ten minutes at most.
/// </summary>
/// <param name="ExpiresIn">Life of a code in minutes, 1–10.</param>
/// <param name="MaxFailures">Wrong guesses in a row that lock the user out of the application, 1–20.</param>
/// <param name="LockoutDuration">Length of a lock in minutes, 1–1440.</param>
/// <param name="CodeLength">Digits of a code, 4–8. Under 6 is weaker than NIST allows and kept for compatibility.</param>
/// <param name="CrossClientsAllowed">Whether a code sent for one client of the application may be used by another.</param>
public sealed record OtpPolicy(
    int ExpiresIn = 5,
    int MaxFailures = 3,
    int LockoutDuration = 15,
    int CodeLength = 6,
    bool CrossClientsAllowed = false)
{
    /// <summary>NIST SP 800-63B-4 §3.1.3.2: a code has six digits at least.</summary>
    public const int NistCodeLength = 6;

    /// <summary>What is out of range, each as a sentence that names the field as the API does; empty when all is well.</summary>
    public IEnumerable<string> Faults(string method)
    {
        if (ExpiresIn is < 1 or > 10)
            yield return $"{method}.expiresIn must be 1 to 10 minutes.";
        if (MaxFailures is < 1 or > 20)
            yield return $"{method}.maxFailures must be 1 to 20.";
        if (LockoutDuration is < 1 or > 1440)
            yield return $"{method}.lockoutDuration must be 1 to 1440 minutes.";
        if (CodeLength is < 4 or > 8)
            yield return $"{method}.codeLength must be 4 to 8 digits.";
    }
}

/// <summary>The login methods an application has open, each with its policy. A method that is null is closed.</summary>
public sealed record LoginPreferences(OtpPolicy? Sms, OtpPolicy? EmailOtp, OtpPolicy? DirectOtp)
{
    /// <summary>What a new application starts with: SMS and email; never <c>direct</c>, which hands the code to the caller.</summary>
    public static LoginPreferences Default { get; } = new(new OtpPolicy(), new OtpPolicy(), null);

    /// <summary>The policy of a channel, or null when its method is closed.</summary>
    public OtpPolicy? For(OtpChannel channel) => channel switch
    {
        OtpChannel.Sms or OtpChannel.Test => Sms,
        OtpChannel.Email => EmailOtp,
        _ => DirectOtp,
    };

    /// <summary>All faults of all methods.</summary>
    public IEnumerable<string> Faults() =>
        (Sms?.Faults("sms") ?? []).Concat(EmailOtp?.Faults("email_otp") ?? []).Concat(DirectOtp?.Faults("direct_otp") ?? []);
}
