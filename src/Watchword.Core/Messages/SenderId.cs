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

    // A region stands here when two carriers say that a name does not reach its phones. Where they differ (Mexico, Costa Rica), and where
    // a name only has to be registered first (India, Saudi Arabia, Singapore), it does not. The carriers' pages:
    // AWS     https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-sms-by-country.html, column "Supports Sender IDs"
    // Twilio  https://www.twilio.com/en-us/guidelines/us/sms, .../kr/sms, .../nz/sms
    // Vonage  https://api.support.vonage.com/hc/en-us/articles/204017023-US-SMS-Features-and-Restrictions
    // Telnyx  https://developers.telnyx.com/docs/messaging/messages/alphanumeric-sender-id (US, CA, PR)
    // Bird    https://docs.bird.com, "SMS Country Information Guide" (CA, AR, SV)
    // 8x8     https://support.wavecell.com/hc/en-us/sections/900000474246 (CL, CO)
    // Kaleyra http://globalmessaging.kaleyra.com/support/solutions/articles/3000068906 (AR, BE, BR, CN, MY, PE, US, ZA)
    private static readonly FrozenDictionary<string, string> Forbidding = new (string Why, string[] Regions)[]
    {
        ("carries messages from numbers and short codes only", ["US", "CA", "PR", "NZ", "AR", "BR", "CL", "CO", "SV"]),
        ("shows numbers only", ["KR"]),
        ("puts a number in the place of a name", ["CN", "BE", "MY", "PE", "ZA"]),
    }.SelectMany(row => row.Regions.Select(region => KeyValuePair.Create(region, row.Why))).ToFrozenDictionary(StringComparer.Ordinal);
}
