using System.Text.Json;
using Watchword.Core.Otp;

namespace Watchword.Core.Tests.Otp;

/// <summary>How strict a policy may be, which one governs, and when it locks.</summary>
public sealed class PolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("the defaults", 5, 3, 15, 6, true)]
    [InlineData("every lower bound", 1, 1, 1, 4, true)]
    [InlineData("every upper bound", 10, 20, 1440, 8, true)]
    [InlineData("expiresIn below", 0, 3, 15, 6, false)]
    [InlineData("expiresIn above: NIST allows ten minutes", 11, 3, 15, 6, false)]
    [InlineData("maxFailures below", 5, 0, 15, 6, false)]
    [InlineData("maxFailures above", 5, 21, 15, 6, false)]
    [InlineData("lockoutDuration below", 5, 3, 0, 6, false)]
    [InlineData("lockoutDuration above", 5, 3, 1441, 6, false)]
    [InlineData("codeLength below", 5, 3, 15, 3, false)]
    [InlineData("codeLength above", 5, 3, 15, 9, false)]
    [InlineData("negative numbers", -1, 3, 15, 6, false)]
    public void A_policy_keeps_to_its_ranges(string reason, int expiresIn, int maxFailures, int lockoutDuration, int codeLength, bool allowed)
    {
        var policy = new OtpPolicy(expiresIn, maxFailures, lockoutDuration, codeLength);
        Assert.True(allowed == !policy.Faults("sms").Any(), reason);
        foreach (var preferences in (LoginPreferences[])[new(policy, null, null), new(null, policy, null), new(null, null, policy)])
            Assert.True(allowed == !preferences.Faults().Any(), reason);
    }

    [Fact]
    public void The_defaults_are_safe()
    {
        Assert.Equal(new OtpPolicy(5, 3, 15, 6, false), new OtpPolicy());
        Assert.Null(LoginPreferences.Default.For(OtpChannel.Direct));
        Assert.NotNull(LoginPreferences.Default.For(OtpChannel.Sms));
        Assert.Equal(100, Lockout.ConsecutiveFailuresAllowed);
    }

    [Fact]
    public void Every_fault_is_named() =>
        Assert.Equal(4, new OtpPolicy(0, 0, 0, 0).Faults("sms").Count(f => f.StartsWith("sms.", StringComparison.Ordinal)));

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(long.MaxValue, true)]
    public void The_last_allowed_failure_locks(long failures, bool locks) =>
        Assert.Equal(locks ? Now.AddMinutes(15) : null, Lockout.Begins(failures, new OtpPolicy(), Now));

    [Fact]
    public void Of_the_methods_with_a_live_code_the_strictest_governs()
    {
        var (strict, lax, longer) = (new OtpPolicy(MaxFailures: 2), new OtpPolicy(MaxFailures: 20), new OtpPolicy(MaxFailures: 2, LockoutDuration: 60));
        Assert.Equal(strict, Lockout.Governing(new(strict, null, lax), [OtpChannel.Direct, OtpChannel.Sms]));
        Assert.Equal(strict, Lockout.Governing(new(lax, null, strict), [OtpChannel.Sms, OtpChannel.Direct]));
        Assert.Equal(lax, Lockout.Governing(new(strict, null, lax), [OtpChannel.Direct]));
        // With no code out every open method counts; with equal counts the longer lock.
        Assert.Equal(strict, Lockout.Governing(new(strict, lax, lax), []));
        Assert.Equal(longer, Lockout.Governing(new(strict, longer, lax), []));
        // A method that is closed governs nothing.
        Assert.Equal(lax, Lockout.Governing(new(null, null, lax), [OtpChannel.Sms]));
        Assert.Equal(new OtpPolicy(), Lockout.Governing(new(null, null, null), []));
    }

    [Theory]
    [InlineData("nothing to object to", """{"amount":"10","payee.name":"Bob","a-b_c":1,"t":true,"n":null}""", true)]
    [InlineData("empty", "{}", true)]
    [InlineData("ten keys", """{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1}""", true)]
    [InlineData("eleven keys", """{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1}""", false)]
    [InlineData("one key twice: which one was approved?", """{"amount":"10","amount":"1000"}""", false)]
    [InlineData("one key twice by escapes", """{"amount":"10","\u0061mount":"1000"}""", false)]
    [InlineData("not flat: an object", """{"a":{"b":1}}""", false)]
    [InlineData("not flat: a list", """{"a":[1]}""", false)]
    [InlineData("a list", "[]", false)]
    [InlineData("a text", "\"x\"", false)]
    [InlineData("null", "null", false)]
    [InlineData("a key without letters", """{"":1}""", false)]
    [InlineData("a blank in a key", """{"a b":1}""", false)]
    [InlineData("a line break at the end of a key", """{"a\n":1}""", false)]
    [InlineData("a letter that only looks like one", """{"аmount":1}""", false)]
    [InlineData("a full-width digit", """{"１":1}""", false)]
    public void Approval_data_is_flat_small_and_means_one_thing(string reason, string json, bool allowed) =>
        Assert.True(allowed == (ApprovalData.Fault(JsonElement.Parse(json)) is null), reason);

    [Theory]
    [InlineData(64, 254, true)]
    [InlineData(65, 254, false)]
    [InlineData(64, 255, false)]
    public void Approval_data_is_short(int key, int value, bool allowed)
    {
        var json = $$"""{"{{new string('k', key)}}":"{{new string('v', value)}}"}""";
        Assert.Equal(allowed, ApprovalData.Fault(JsonElement.Parse(json)) is null);
    }
}
