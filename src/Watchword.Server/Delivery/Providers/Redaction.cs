using System.Text.RegularExpressions;

namespace Watchword.Server.Delivery.Providers;

/// <summary>
/// What may be kept of a provider's own words: they like to quote the number, the text and the credentials of the request back, so every
/// run of three or more digits and every long word goes, and the rest is cut short.
/// </summary>
internal static partial class Redaction
{
    private const int Longest = 200;

    /// <summary>Null stays null.</summary>
    public static string? Of(string? text)
    {
        if (text is null)
            return null;
        var plain = Revealing().Replace(text.Length > 4 * Longest ? text[..(4 * Longest)] : text, "…");
        plain = string.Concat(plain.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return plain.Length > Longest ? plain[..Longest] + "…" : plain;
    }

    [GeneratedRegex(@"\+?\p{Nd}[\p{Nd} ().\-]*\p{Nd}[\p{Nd} ().\-]*\p{Nd}|[^\s""'<>{}\[\],:;]{24,}", RegexOptions.CultureInvariant)]
    private static partial Regex Revealing();
}
