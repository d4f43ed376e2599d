using System.Buffers;

namespace Watchword.Core.Messages;

/// <summary>The name that stands where a message's sending number would: what it may look like and where it may not be used.</summary>
public static class SenderId
{
    /// <summary>The longest name: 11 characters of 7 bits fill the address field's 10 octets (3GPP TS 23.040 §9.1.2.5).</summary>
    public const int MaxLength = 11;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    /// <summary>What is wrong with a sender_id, a sentence each; empty when it may be used. Digits alone are fine.</summary>
    public static IReadOnlyList<string> Faults(string senderId)
    {
        var faults = new List<string>();
        if (senderId.Length is 0 or > MaxLength)
            faults.Add($"sender_id must have 1 to {MaxLength} characters.");
        if (senderId.AsSpan().ContainsAnyExcept(Allowed))
            faults.Add("sender_id must consist of the letters a to z, A to Z and digits.");
        return faults;
    }

    /// <summary>
    /// Whether a region (ISO 3166-1) takes no alphanumeric sender, so that a number must be used instead: operators of the United States
    /// do not carry them (https://www.twilio.com/guidelines/us/sms), nor do Canada's, and those of mainland China put a number of their
    /// own in its place (https://support.messagebird.com/hc/en-us/articles/208742965-China).
    /// </summary>
    public static bool AlphanumericForbidden(string region) => region is "US" or "CA" or "CN";
}
