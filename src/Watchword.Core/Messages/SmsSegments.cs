using System.Buffers;

namespace Watchword.Core.Messages;

/// <summary>The alphabet in which a text travels (3GPP TS 23.038 §6).</summary>
public enum SmsEncoding
{
    /// <summary>The GSM 7 bit default alphabet with its extension table (§6.2.1).</summary>
    Gsm7,
    /// <summary>UTF-16, once a single character is outside that alphabet (§6.2.3).</summary>
    Ucs2,
}

/// <summary>
/// What a text costs on the air: its alphabet, its length in septets (GSM 7 bit) or UTF-16 units (UCS-2), and how many messages it is
/// sent as: one of 160 or 70, or several of 153 or 67 (3GPP TS 23.040 §9.2.3.24.1).
/// </summary>
public readonly record struct SmsSegments(SmsEncoding Encoding, int Units, int Count)
{
    // 3GPP TS 23.038 §6.2.1; the escape character is not a text's to use.
    private const string Basic =
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
        "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

    // §6.2.1.1: each is sent as the escape character and one more.
    private const string Extension = "\f^{}\\[~]|€";

    private static readonly SearchValues<char> Gsm = SearchValues.Create(Basic + Extension);
    private static readonly SearchValues<char> Doubled = SearchValues.Create(Extension);

    /// <summary>Measures a text as it will be sent, placeholders filled. An empty text is one message of no units.</summary>
    public static SmsSegments Of(string text)
    {
        var gsm = !text.AsSpan().ContainsAnyExcept(Gsm);
        var (alone, joined) = gsm ? (160, 153) : (70, 67);
        var (units, count, used) = (0, 1, 0);
        for (var i = 0; i < text.Length; i++)
        {
            var cost = gsm && Doubled.Contains(text[i]) ? 2 : 1;
            if (char.IsSurrogatePair(text, i))
                (cost, i) = (2, i + 1);
            units += cost;
            // What belongs together moves to the next message together, leaving a unit unused.
            if (used + cost > joined)
                (count, used) = (count + 1, 0);
            used += cost;
        }

        return new(gsm ? SmsEncoding.Gsm7 : SmsEncoding.Ucs2, units, units <= alone ? 1 : count);
    }
}
