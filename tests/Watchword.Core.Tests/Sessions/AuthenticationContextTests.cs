using Watchword.Core.Otp;
using Watchword.Core.Sessions;

namespace Watchword.Core.Tests.Sessions;

/// <summary>Tokens say exactly what was done (RFC 8176).</summary>
public sealed class AuthenticationContextTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("one SMS", "sms", "urn:watchword:acr:otp", OtpChannel.Sms)]
    [InlineData("one email", "eotp", "urn:watchword:acr:otp", OtpChannel.Email)]
    [InlineData("one direct", "otp", "urn:watchword:acr:otp", OtpChannel.Direct)]
    [InlineData("the same twice is one method", "sms", "urn:watchword:acr:otp", OtpChannel.Sms, OtpChannel.Sms)]
    [InlineData("two different", "sms eotp mfa", "urn:watchword:acr:mfa", OtpChannel.Sms, OtpChannel.Email)]
    [InlineData("in the order in which it was done", "eotp sms mfa", "urn:watchword:acr:mfa", OtpChannel.Email, OtpChannel.Sms)]
    [InlineData("a fixed code", "test", "urn:watchword:acr:otp", OtpChannel.Test)]
    [InlineData("a fixed code is not one of two", "test eotp", "urn:watchword:acr:otp", OtpChannel.Test, OtpChannel.Email)]
    [InlineData("three", "otp sms eotp mfa", "urn:watchword:acr:mfa", OtpChannel.Direct, OtpChannel.Sms, OtpChannel.Email)]
    [InlineData("two different, one of them twice", "sms otp mfa", "urn:watchword:acr:mfa", OtpChannel.Sms, OtpChannel.Direct, OtpChannel.Sms)]
    public void Methods_and_class_are_those_of_the_login(string reason, string amr, string acr, params OtpChannel[] methods)
    {
        Assert.True(amr == string.Join(' ', AuthenticationContext.Amr(methods)), reason);
        Assert.Equal(acr, AuthenticationContext.Acr(methods));
    }

    [Fact]
    public void Another_login_in_a_session_adds_its_method_once_and_moves_only_the_login_time()
    {
        var session = new Session("tenant", "session", "app", "client", "user", Now, Now, Now.AddDays(14), [OtpChannel.Sms], null);
        var later = session.With(OtpChannel.Sms, Now.AddHours(1));
        Assert.Equal([OtpChannel.Sms], later.Methods);
        later = later.With(OtpChannel.Email, Now.AddHours(2)).With(OtpChannel.Email, Now.AddHours(3));
        Assert.Equal([OtpChannel.Sms, OtpChannel.Email], later.Methods);
        Assert.Equal(Now.AddHours(3), later.AuthTime);
        Assert.Equal((session.StartedAt, session.ExpiresAt, session.UserId), (later.StartedAt, later.ExpiresAt, later.UserId));
    }
}
