using Watchword.Core.Limits;
using Watchword.Core.Otp;

namespace Watchword.Core.Tests.Otp;

public sealed class PolicyAdviceTests
{
    public static TheoryData<string, OtpChannel, OtpPolicy, string[]> Policies => new()
    {
        { "the default is fine for SMS", OtpChannel.Sms, new(), [] },
        { "six digits are what NIST asks for", OtpChannel.Sms, new(CodeLength: 6), [] },
        { "five are not, and a thousand strangers are enough", OtpChannel.Sms, new(CodeLength: 5), ["NIST asks for 6 digits or more (SP 800-63B-4 §3.1.3.2). Of 1000 strangers"] },
        { "four are worse", OtpChannel.Sms, new(CodeLength: 4), ["Of 100 strangers"] },
        { "email is no proof of possession", OtpChannel.Email, new(), ["NIST does not accept codes by email"] },
        { "direct gives the code to the backend", OtpChannel.Direct, new(), ["The code goes to your backend"] },
        { "ten tries are the most before a word is said", OtpChannel.Sms, new(MaxFailures: 10), [] },
        { "eleven are many", OtpChannel.Sms, new(MaxFailures: 11), ["More than 10 wrong codes"] },
        { "one try forgives nothing", OtpChannel.Sms, new(MaxFailures: 1), ["A single typing mistake"] },
        { "33 locks of 4 minutes are 132 minutes", OtpChannel.Sms, new(LockoutDuration: 4), [] },
        { "33 locks of 3 minutes are 99", OtpChannel.Sms, new(LockoutDuration: 3), ["all 100 tries within 99 minutes"] },
        { "9 locks of 14 minutes are 126", OtpChannel.Sms, new(MaxFailures: 10, LockoutDuration: 14), [] },
        { "9 locks of 13 minutes are 117", OtpChannel.Sms, new(MaxFailures: 10, LockoutDuration: 13), ["all 100 tries within 117 minutes"] },
        { "a minute is short for a message", OtpChannel.Sms, new(ExpiresIn: 1), ["A message may take longer than a minute"] },
        { "but not for a code that needs none", OtpChannel.Direct, new(ExpiresIn: 1), ["The code goes to your backend"] },
        { "two minutes are enough", OtpChannel.Sms, new(ExpiresIn: 2), [] },
        { "all at once", OtpChannel.Email, new(1, 20, 1, 4), ["NIST does not accept", "NIST asks for 6 digits", "More than 10", "within 4 minutes", "longer than a minute"] },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_policy_is_spoken_of_when(string reason, OtpChannel channel, OtpPolicy policy, string[] said)
    {
        Assert.NotEmpty(reason);
        var advice = PolicyAdvice.For(channel, policy).ToList();
        Assert.Equal(said.Length, advice.Count);
        Assert.All(said.Zip(advice), pair => Assert.Contains(pair.First, pair.Second.Text, StringComparison.Ordinal));
        Assert.All(advice, a => Assert.Equal(a.Text.Contains("NIST", StringComparison.Ordinal), a.BelowNist));
    }

    public static TheoryData<string, SendLimits, string[]> Limits => new()
    {
        { "the default is fine", new(), [] },
        { "one window is a limit", new(PerTenMinutes: 0, PerHour: 0, PerDay: 1), [] },
        { "no window is none", new(PerTenMinutes: 0, PerHour: 0, PerDay: 0), ["Without any limit"] },
        { "a cool-down of a second is one", new(CooldownSeconds: 1), [] },
        { "none at all is not", new(CooldownSeconds: 0), ["Without a cool-down"] },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void Limits_are_spoken_of_when(string reason, SendLimits limits, string[] said)
    {
        Assert.NotEmpty(reason);
        Assert.Equal(said, PolicyAdvice.For(limits).Select(a => said.FirstOrDefault(s => a.Text.StartsWith(s, StringComparison.Ordinal)) ?? a.Text));
    }

    [Fact]
    public void An_application_with_every_method_closed_lets_nobody_in()
    {
        Assert.Contains("nobody can log in", Assert.Single(PolicyAdvice.For(new LoginPreferences(null, null, null))).Text, StringComparison.Ordinal);
        Assert.Empty(PolicyAdvice.For(new LoginPreferences(null, null, new OtpPolicy())));
    }
}
