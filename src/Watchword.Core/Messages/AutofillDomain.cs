namespace Watchword.Core.Messages;

/// <summary>
/// The host to which a phone binds a code, so that it offers the code on that host's pages and on no look-alike's: the last line
/// <c>@host #code</c> of an SMS (https://wicg.github.io/sms-one-time-codes/). It comes from an application's settings only.
/// </summary>
public static class AutofillDomain
{
    private const int LongestHost = 253; // RFC 1035 §2.3.4, without the root's dot.
    private const int LongestLabel = 63;

    /// <summary>What is wrong with a host, to follow its field's name in a sentence; null when it may be used.</summary>
    /// <remarks>
    /// ASCII and lower case only: one spelling, and none whose letters only look right. An international name is given in its
    /// <c>xn--</c> form (RFC 5890).
    /// </remarks>
    public static string? Fault(string host)
    {
        var labels = host.Split('.');
        var isHost = host.Length <= LongestHost && labels.Length >= 2 && labels.All(IsLabel)
            // An address is no name; and no top-level domain consists of digits (RFC 3696 §2).
            && !labels[^1].All(char.IsAsciiDigit);
        return isHost
            ? null
            : "must be a host name in lower case without scheme, port or path, for example login.example.com; international names in their xn-- form";
    }

    /// <summary>Puts the line for phones below a text: a line of its own, the last one, one space (§3.2 of the specification).</summary>
    public static string Bind(string text, string host, string otp) => $"{text}\n@{host} #{otp}";

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= LongestLabel && label[0] != '-' && label[^1] != '-'
        && label.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');
}
