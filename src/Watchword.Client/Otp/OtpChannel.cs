namespace Watchword.Client.Otp;

/// <summary>How a code travels.</summary>
public enum OtpChannel
{
    /// <summary>By SMS.</summary>
    Sms,

    /// <summary>By email.</summary>
    Email,

    /// <summary>
    /// Back to you, in <see cref="SendResult.Code"/>: nothing is sent, and you deliver it. An administrator has to open <c>direct_otp</c>.
    /// </summary>
    Direct,
}

/// <summary>What you know of the end user. Feeds limits and records; leave out what you do not know.</summary>
/// <param name="UserAgent">The browser or app.</param>
/// <param name="IpAddress">The address it came from.</param>
public sealed record ClientAttributes(string? UserAgent = null, string? IpAddress = null);
