using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Watchword.Server.Delivery.Providers;

/// <summary>
/// What may be kept of a provider's own words. They like to quote the number, the text and the credentials of the request back, so what
/// is known to be secret goes first, then every address and long word, then every three digits that no letter parts, in whatever script
/// and with whatever between them; the rest is cut short.
/// </summary>
internal static partial class Redaction
{
    private const int Longest = 200;
    private const int LongestRead = 4 * Longest;
    private const int ShortestKnown = 4;
    private const string Gap = "…";

    /// <summary>Null stays null. What is known to be secret is cut out wherever it stands.</summary>
    public static string? Of(string? text, params ReadOnlySpan<string?> known)
    {
        if (text is null)
            return null;
        foreach (var secret in known)
        {
            if (secret is { Length: >= ShortestKnown })
                text = text.Replace(secret, Gap, StringComparison.OrdinalIgnoreCase);
        }
        // A word cut in two could pass for a short one, so the rest of it goes too.
        if (text.Length > LongestRead)
            text = LastWord().Replace(text[..LongestRead], Gap);
        var plain = WithoutDigits(Words().Replace(Visible(text), word => Reveals(word.Value) ? Gap : word.Value)).Trim();
        return plain.Length > Longest ? Whole(plain[..Longest]) + Gap : plain;
    }

    /// <summary>The same for what answers one message: its destination and text are known, and the provider's credentials.</summary>
    public static string? Of(string? text, MessageContent content, params ReadOnlySpan<string?> secrets) =>
        Of(text, [.. secrets, content.Text, content.To, content.To.TrimStart('+'), .. content.Text.Split('\n', StringSplitOptions.TrimEntries)]);

    /// <summary>
    /// A provider's error code, such as <c>21211</c>, <c>REJECTED_SENDER</c> or <c>5.7.1</c>; null when it does not look like one. Six
    /// digits in a row are more than any of them has, and what a passcode has by default.
    /// </summary>
    public static string? Code(string? code) => code is not null && Codes().IsMatch(code) ? code : null;

    /// <summary>
    /// A provider's id of a message in a receipt; null when it does not look like one, or may be the number of a phone, which is not known
    /// any more when receipts come.
    /// </summary>
    public static string? Id(string? id) => id is not null && Identifiers().IsMatch(id) && !Numbers().IsMatch(id) ? id : null;

    /// <summary>The same in the answer to one message; null also when it quotes the destination or the text.</summary>
    public static string? Id(string? id, MessageContent content) =>
        id is not null && Identifiers().IsMatch(id)
        && !id.Contains(content.To.TrimStart('+'), StringComparison.OrdinalIgnoreCase) && !content.Text.Contains(id, StringComparison.Ordinal)
            ? id
            : null;

    private static bool Reveals(string word) =>
        word.Length >= 20 || word.Contains('@', StringComparison.Ordinal)
        || (word.Length >= 10 && word.Any(char.IsAsciiLetter) && word.Any(char.IsNumber));

    /// <summary>Control characters become spaces; what has no shape, such as a zero-width space, goes.</summary>
    private static string Visible(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || Rune.IsWhiteSpace(rune))
                kept.Append(' ');
            else if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format)
                kept.Append(rune);
        }
        return kept.ToString();
    }

    private static string WithoutDigits(string text)
    {
        var kept = new StringBuilder(text.Length);
        // Of the digits since the last letter: how many, where in `kept` the first begins and the last ends.
        var (count, from, to) = (0, 0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            // A word that was cut out may have been the beginning of a number, so digits beside it go with it.
            var gap = rune.Value == Gap[0];
            if (gap || Rune.IsNumber(rune))
            {
                if (count == 0)
                    from = kept.Length;
                count += gap ? 3 : 1;
                kept.Append(rune);
                to = kept.Length;
            }
            else if (Rune.IsLetter(rune))
            {
                CutOut();
                kept.Append(rune);
            }
            else
            {
                kept.Append(rune);
            }
        }
        CutOut();
        return kept.ToString();

        void CutOut()
        {
            if (count >= 3)
                kept.Remove(from, to - from).Insert(from, Gap);
            count = 0;
        }
    }

    /// <summary>Without half a surrogate pair at its end.</summary>
    private static string Whole(string text) => char.IsHighSurrogate(text[^1]) ? text[..^1] : text;

    [GeneratedRegex(@"[^\s""'<>{}\[\](),:;=&]+", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    [GeneratedRegex(@"[^\s""'<>{}\[\](),:;=&]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex LastWord();

    [GeneratedRegex(@"\A(?!.*[0-9]{6})(?!(?:[^0-9]*[0-9]){8})[A-Za-z0-9][A-Za-z0-9_.\- ]{0,49}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Codes();

    // E.164: at most 15 digits, and hardly fewer than seven.
    [GeneratedRegex(@"\A[0-9]{7,15}\z|\+[0-9]{7}", RegexOptions.CultureInvariant)]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\A[A-Za-z0-9._:=+/@<>\-]{1,200}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Identifiers();
}
