using System.Globalization;
using PhoneNumbers;

namespace Watchword.Core.Users;

/// <summary>
/// A telephone number in its one canonical spelling (ITU-T E.164, by libphonenumber), so that an account, a limit or a lookup
/// is never keyed by anything else; its text form is masked.
/// </summary>
/// <remarks>
/// "Possible" is enough, "valid" is not asked for: operators open ranges faster than tables follow, and delivery decides.
/// The <c>default</c> value is no number at all: empty <see cref="E164"/>, region "ZZ".
/// </remarks>
public readonly record struct PhoneNumber
{
    private const int MaxText = 40;
    private const int MaxDigits = 15; // E.164 §6.1; libphonenumber would let a few German ones reach 17.
    private const string UnknownRegion = "ZZ";
    private static readonly PhoneNumberUtil Library = PhoneNumberUtil.GetInstance();
    private readonly string? _e164;

    private PhoneNumber(string e164, int countryCode)
    {
        _e164 = e164;
        CountryCode = countryCode;
    }

    /// <summary>The canonical spelling: "+", calling code, national number; at most 15 ASCII digits.</summary>
    public string E164 => _e164 ?? "";

    /// <summary>The calling code, such as 44 or 1 (ITU-T E.164); shared by several regions at times.</summary>
    public int CountryCode { get; }

    /// <summary>
    /// The ISO 3166-1 region, such as "GB"; for a number in no known range the main region of its calling code;
    /// "ZZ" for numbers of no region, such as +800. Worked out when asked (about as dear as parsing).
    /// </summary>
    public string Region
    {
        get
        {
            if (_e164 is null)
                return UnknownRegion;
            var parsed = Library.Parse(_e164, null);
            var region = Library.GetRegionCodeForNumber(parsed) ?? Library.GetRegionCodeForCountryCode(parsed.CountryCode);
            return region is { Length: 2 } ? region : UnknownRegion;
        }
    }

    /// <summary>What may be shown and logged: calling code and the last three digits (two of a short number), "+44*******123".</summary>
    public string Masked
    {
        get
        {
            if (_e164 is null)
                return "";
            var shownHead = 1 + CountryCode.ToString(CultureInfo.InvariantCulture).Length;
            var national = _e164.Length - shownHead;
            var shownTail = national >= 8 ? 3 : national >= 4 ? 2 : 0;
            return string.Concat(_e164.AsSpan(0, shownHead), new string('*', national - shownTail), _e164.AsSpan(_e164.Length - shownTail));
        }
    }

    /// <summary>The masked form: a whole number must not slip into a log by way of a format string.</summary>
    public override string ToString() => Masked;

    /// <summary>
    /// Reads a number in international form (leading "+" or "00", at most 40 characters); spaces, brackets, dots, dashes, invisible
    /// characters and other scripts' digits lead to the same number; letters, extensions and everything else are refused.
    /// </summary>
    public static bool TryParse(string? text, out PhoneNumber number)
    {
        number = default;
        if (text is null || text.Length > MaxText || Plain(text) is not { } plain || Canonical(plain) is not { } first)
            return false;

        // Canonical is a pure function, so where it gave back its own input a second turn cannot differ. Elsewhere ask again:
        // a spelling that moves on each turn would be two accounts of one person (GHSA-7rqj-j65f-68wh).
        if (first.E164 != plain && Canonical(first.E164) != first)
            return false;

        number = first;
        return true;
    }

    /// <summary>
    /// How a number begins, as it would be stored, whatever the spelling; bare digits stand after the "+". Null: this is no beginning of one.
    /// </summary>
    public static string? Beginning(string text) => text.Length < MaxText ? Plain(text) ?? Plain("+" + text) : null;

    private static PhoneNumber? Canonical(string plain)
    {
        PhoneNumbers.PhoneNumber parsed;
        try
        {
            parsed = Library.Parse(plain, null);
        }
        catch (NumberParseException)
        {
            return null;
        }

        if (Library.IsPossibleNumberWithReason(parsed) != PhoneNumberUtil.ValidationResult.IS_POSSIBLE)
            return null;
        var e164 = Library.Format(parsed, PhoneNumberFormat.E164);
        return e164.Length <= 1 + MaxDigits ? new PhoneNumber(e164, parsed.CountryCode) : null;
    }

    /// <summary>"+" and ASCII digits, or null. An allow-list: libphonenumber itself would read letters, extensions and tel: URIs.</summary>
    private static string? Plain(string text)
    {
        Span<char> plain = stackalloc char[MaxText + 1];
        plain[0] = '+';
        var digits = 0;
        var plus = false;
        var over = false; // A line break ends the number; only blanks may follow.
        for (var i = 0; i < text.Length; i += char.IsSurrogatePair(text, i) ? 2 : 1)
        {
            var c = text[i];
            if (IsIgnored(c))
                continue;
            if (char.IsWhiteSpace(c))
            {
                over |= digits > 0 || plus;
                continue;
            }

            if (over)
                return null;
            if (c is '+' or '\uFF0B')
            {
                if (plus || digits > 0)
                    return null;
                plus = true;
                continue;
            }

            var digit = char.IsAsciiDigit(c) ? c - '0' : CharUnicodeInfo.GetDecimalDigitValue(text, i);
            if (digit < 0)
                return null;
            plain[++digits] = (char)('0' + digit);
        }

        if (!plus)
        {
            // "00" stands for "+" (ITU-T E.123 §2); a national form is nobody's number in particular.
            if (digits < 2 || plain[1] != '0' || plain[2] != '0')
                return null;
            plain = plain[2..];
            plain[0] = '+';
            digits -= 2;
        }

        if (digits == 0)
            return null;
        plain = plain[..(1 + digits)];
        return plain.SequenceEqual(text) ? text : new string(plain);
    }

    /// <summary>Spaces within a line, brackets, dots, dashes, and characters that nobody sees (zero-width, bidi).</summary>
    private static bool IsIgnored(char c) => c switch
    {
        ' ' or '(' or ')' or '[' or ']' or '.' or '-' => true,
        < '\u0080' => false,
        '\uFF08' or '\uFF09' or '\uFF3B' or '\uFF3D' or '\uFF0E' or '\u2212' => true,
        '\u00AD' or '\u061C' or '\u180E' or '\uFEFF' => true,
        >= '\u200B' and <= '\u200F' or >= '\u202A' and <= '\u202E' or >= '\u2060' and <= '\u2064' or >= '\u2066' and <= '\u206F' => true,
        _ => char.GetUnicodeCategory(c) is UnicodeCategory.SpaceSeparator or UnicodeCategory.DashPunctuation,
    };
}
