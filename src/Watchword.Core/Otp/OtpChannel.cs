namespace Watchword.Core.Otp;

/// <summary>The way a code travels to its user.</summary>
public enum OtpChannel
{
    /// <summary>A text message to a phone number.</summary>
    Sms,

    /// <summary>A message to an email address.</summary>
    Email,

    /// <summary>The answer of the call itself: the application delivers the code by its own means.</summary>
    Direct,

    /// <summary>None: the code of a test number, which is fixed and goes nowhere. No request can ask for it.</summary>
    Test,
}

/// <summary>What each channel is called in the places that name it.</summary>
public static class OtpChannelNames
{
    private static readonly OtpChannel[] All = [OtpChannel.Sms, OtpChannel.Email, OtpChannel.Direct];

    /// <summary>Every channel that a request can name.</summary>
    public static IReadOnlyList<OtpChannel> Channels => All;

    /// <summary>The name in a request to send: <c>sms</c>, <c>email</c>, <c>direct</c>.</summary>
    public static string Wire(this OtpChannel channel) => channel switch
    {
        OtpChannel.Sms => "sms",
        OtpChannel.Email => "email",
        OtpChannel.Test => "test",
        _ => "direct",
    };

    /// <summary>
    /// The name among a user's identities: <c>sms_otp</c>, <c>email_otp</c>, <c>direct_otp</c>. A fixed code stands in for one by SMS.
    /// </summary>
    public static string AuthType(this OtpChannel channel) => (channel == OtpChannel.Test ? OtpChannel.Sms : channel).Wire() + "_otp";

    /// <summary>
    /// The authentication method reference in tokens. <c>sms</c> and <c>otp</c> are RFC 8176 values; <c>eotp</c> is ours for a code sent by
    /// email and <c>test</c> for a fixed one, for which the registry has no value.
    /// </summary>
    public static string Amr(this OtpChannel channel) => channel switch
    {
        OtpChannel.Sms => "sms",
        OtpChannel.Email => "eotp",
        OtpChannel.Test => "test",
        _ => "otp",
    };

    /// <summary>The channel with this name, <c>test</c> included, or null.</summary>
    public static OtpChannel? FromWire(string? name) => name switch
    {
        "sms" => OtpChannel.Sms,
        "email" => OtpChannel.Email,
        "direct" => OtpChannel.Direct,
        "test" => OtpChannel.Test,
        _ => null,
    };
}
