using System.Buffers;
using System.Collections.Frozen;

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
    /// Whether a region (ISO 3166-1) takes no alphanumeric sender, so that a number must be used instead.
    /// </summary>
    public static bool AlphanumericForbidden(string region) => WhyForbidden(region) is not null;

    /// <summary>What a region does with a name, to follow "it" in a sentence; null where names are let through.</summary>
    public static string? WhyForbidden(string region) => Forbidding.GetValueOrDefault(region);

    // A region stands here when the country tables of two large carriers agree that a name does not reach the phone; where they differ
    // (Mexico, Costa Rica) or where a name only has to be registered first (India, Saudi Arabia, Singapore), it does not. Sources:
    // AWS: https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-sms-by-country.html, column "Supports Sender IDs"
    // Twilio: https://www.twilio.com/guidelines/us/sms, and the same for the other regions (/br/, /kr/, /nz/ ...)
    // Bird: https://docs.bird.com, "SMS Country Information Guide" of each continent
    // Vonage: https://api.support.vonage.com/hc/en-us/articles/204017023-US-SMS-Features-and-Restrictions
    private static readonly FrozenDictionary<string, string> Forbidding = new (string Why, string[] Regions)[]
    {
        // The North American operators, which serve these islands too.
        ("carries messages from numbers only", ["US", "CA", "PR", "GU", "VI"]),
        ("puts a number of its own in the place of a name", ["CN"]),
        ("shows numbers only", ["KR"]),
        ("carries messages from short codes only", ["NZ", "AR", "BR", "CL", "CO", "EC", "UY", "DO"]),
        ("replaces names by a number", ["BE", "HU", "MY", "ZA"]),
    }.SelectMany(row => row.Regions.Select(region => KeyValuePair.Create(region, row.Why))).ToFrozenDictionary(StringComparer.Ordinal);
}
