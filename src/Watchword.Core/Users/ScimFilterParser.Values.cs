using System.Globalization;
using System.Text;

namespace Watchword.Core.Users;

/// <summary>The values of a filter: JSON's strings, numbers and words, read more strictly than .NET's own parsers do.</summary>
internal sealed partial class ScimFilterParser
{
    private ScimValue? ReadValue()
    {
        var start = _at;
        if (Peek() == '"')
            return ReadString() is { } value ? Ended(new ScimValue.Text(value)) : null;
        while (_at < text.Length && text[_at] is not (' ' or ')' or '('))
            _at++;
        var token = text.AsSpan(start, _at - start);
        switch (token)
        {
            case "true":
                return new ScimValue.Flag(true);
            case "false":
                return new ScimValue.Flag(false);
            case "null":
                return new ScimValue.Null();
        }

        if (!IsJsonNumber(token))
            return Fail<ScimValue>("Expected a value: a string in double quotes, a number, true, false or null", start);
        if (!token.ContainsAny('.', 'e', 'E'))
        {
            return long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)
                ? new ScimValue.Whole(integer)
                : Fail<ScimValue>("The number does not fit 64 bits", start);
        }

        var number = double.Parse(token, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number) ? new ScimValue.Real(number) : Fail<ScimValue>("The number is too large", start);
    }

    /// <summary>RFC 8259 §6, which .NET's own number reading is laxer than: no leading zeros or plus, digits around the point.</summary>
    private static bool IsJsonNumber(ReadOnlySpan<char> token)
    {
        var rest = token.StartsWith('-') ? token[1..] : token;
        var whole = Digits(rest);
        if (whole == 0 || (whole > 1 && rest[0] == '0'))
            return false;
        rest = rest[whole..];
        if (rest.StartsWith('.'))
        {
            var fraction = Digits(rest[1..]);
            if (fraction == 0)
                return false;
            rest = rest[(1 + fraction)..];
        }

        if (rest.IsEmpty)
            return true;
        if (rest[0] is not ('e' or 'E'))
            return false;
        rest = rest[1..];
        if (rest.StartsWith('+') || rest.StartsWith('-'))
            rest = rest[1..];
        return !rest.IsEmpty && Digits(rest) == rest.Length;
    }

    private static int Digits(ReadOnlySpan<char> span)
    {
        var end = span.IndexOfAnyExceptInRange('0', '9');
        return end < 0 ? span.Length : end;
    }

    /// <summary>RFC 8259 §7, less what no attribute of a user can hold: control characters and lone surrogates.</summary>
    private string? ReadString()
    {
        var opened = _at++;
        var value = new StringBuilder();
        while (true)
        {
            var start = _at;
            var c = Peek();
            if (c == '\0' && _at == text.Length)
                return Fail<string>("The string is not closed", opened);
            _at++;
            if (c == '"')
                break;
            if (c == '\\' && !TryEscape(out c))
                return Fail<string>("This is not an escape that JSON knows", start);
            if (char.IsControl(c))
                return Fail<string>("The string holds a control character", start);
            value.Append(c);
        }

        // Only now, because a pair may be spelt as two escapes.
        var result = value.ToString();
        for (var i = 0; i < result.Length; i++)
        {
            if (char.IsSurrogatePair(result, i))
                i++;
            else if (char.IsSurrogate(result[i]))
                return Fail<string>("The string holds half of a surrogate pair", opened);
        }

        return result;
    }

    private bool TryEscape(out char c)
    {
        c = Peek();
        _at++;
        switch (c)
        {
            case '"' or '\\' or '/':
                return true;
            case 'b' or 'f' or 'n' or 'r' or 't':
                c = '\n'; // Each of them a control character, refused by the caller.
                return true;
            case 'u' when _at + 4 <= text.Length
                && ushort.TryParse(text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                _at += 4;
                c = (char)unit;
                return true;
            default:
                return false;
        }
    }

    private ScimValue? Ended(ScimValue value) =>
        _at == text.Length || text[_at] is ' ' or ')' ? value : Fail<ScimValue>("Expected a space after the string", _at);
}
