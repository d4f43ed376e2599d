using System.Globalization;

namespace Watchword.Core.Users;

/// <summary>Recursive descent over one filter text (RFC 7644 figure 1); the first fault found is the one told.</summary>
internal sealed partial class ScimFilterParser(string text)
{
    private int _at;
    private int _depth;
    private int _comparisons;

    public string? Fault { get; private set; }

    public ScimFilter? Parse()
    {
        if (text.Length > ScimFilter.MaxLength)
            return Fail<ScimFilter>($"The filter is longer than {ScimFilter.MaxLength} characters", ScimFilter.MaxLength);
        var filter = ReadOr();
        SkipSpaces();
        if (filter is null || _at == text.Length)
            return filter;
        return Fail<ScimFilter>(text[_at] switch
        {
            ')' => "This bracket was never opened",
            '[' => "Value paths in square brackets are not supported; name the attribute with a dot",
            _ => "Expected \"and\", \"or\" or the end of the filter",
        }, _at);
    }

    private ScimFilter? ReadOr()
    {
        var left = ReadAnd();
        while (left is not null && TakeWord("or"))
            left = ReadAnd() is { } right ? new ScimFilter.Or(left, right) : null;
        return left;
    }

    private ScimFilter? ReadAnd()
    {
        var left = ReadFactor();
        while (left is not null && TakeWord("and"))
            left = ReadFactor() is { } right ? new ScimFilter.And(left, right) : null;
        return left;
    }

    private ScimFilter? ReadFactor()
    {
        SkipSpaces();
        if (Peek() == '(')
            return ReadBracket();

        // "not" is a negation before a bracket only; anywhere else it is an attribute's name.
        var start = _at;
        if (Word().Equals("not", StringComparison.OrdinalIgnoreCase))
        {
            _at += 3;
            SkipSpaces();
            if (Peek() == '(')
                return ReadBracket() is { } inner ? new ScimFilter.Not(inner) : null;
            _at = start;
        }

        return ReadComparison();
    }

    private ScimFilter? ReadBracket()
    {
        var opened = _at++;
        if (++_depth > ScimFilter.MaxDepth)
            return Fail<ScimFilter>($"Brackets nest deeper than {ScimFilter.MaxDepth}", opened);
        var inner = ReadOr();
        _depth--;
        if (inner is null)
            return null;
        SkipSpaces();
        if (Peek() != ')')
        {
            return Fail<ScimFilter>(_at == text.Length
                ? $"The bracket opened at character {opened + 1} is not closed"
                : "Expected \"and\", \"or\" or a closing bracket", _at);
        }

        _at++;
        return inner;
    }

    private ScimFilter? ReadComparison()
    {
        var start = _at;
        if (ReadAttribute() is not { } attribute)
            return null;
        if (++_comparisons > ScimFilter.MaxComparisons)
            return Fail<ScimFilter>($"The filter has more than {ScimFilter.MaxComparisons} comparisons", start);
        if (Peek() == '[')
            return Fail<ScimFilter>("Value paths in square brackets are not supported; name the attribute with a dot", _at);
        if (Peek() == ':')
            return Fail<ScimFilter>("Attribute names with a schema URI are not supported; leave the URI out", _at);
        if (!SkipSpaces())
            return Fail<ScimFilter>("Expected a space and an operator after the attribute", _at);

        var operatorAt = _at;
        if (ReadOperator() is not { } comparison)
            return null;
        if (comparison == ScimOperator.Pr)
            return new ScimFilter.Compare(attribute, comparison, null);
        if (!SkipSpaces())
            return Fail<ScimFilter>("Expected a space and a value after the operator", _at);
        if (ReadValue() is not { } value)
            return null;

        // RFC 7644 table 3: order has no meaning for these, and a prefix is a string's.
        if (comparison == ScimOperator.Sw && value is not ScimValue.Text)
            return Fail<ScimFilter>("\"sw\" compares with a string", operatorAt);
        if (comparison is ScimOperator.Gt or ScimOperator.Ge or ScimOperator.Lt or ScimOperator.Le
            && value is ScimValue.Flag or ScimValue.Null)
            return Fail<ScimFilter>("true, false and null have no order; use eq or ne", operatorAt);
        return new ScimFilter.Compare(attribute, comparison, value);
    }

    private string? ReadAttribute()
    {
        var start = _at;
        do
        {
            if (_at > start)
                _at++;
            if (!char.IsAsciiLetter(Peek()))
                return Fail<string>("Expected an attribute name, which begins with a letter", _at);
            while (char.IsAsciiLetterOrDigit(Peek()) || Peek() is '-' or '_')
                _at++;
        }
        while (Peek() == '.');
        return text[start.._at];
    }

    private ScimOperator? ReadOperator()
    {
        var start = _at;
        var word = Word().ToString().ToLowerInvariant();
        _at += word.Length;
        ScimOperator? found = word switch
        {
            "eq" => ScimOperator.Eq,
            "ne" => ScimOperator.Ne,
            "gt" => ScimOperator.Gt,
            "ge" => ScimOperator.Ge,
            "lt" => ScimOperator.Lt,
            "le" => ScimOperator.Le,
            "pr" => ScimOperator.Pr,
            "sw" => ScimOperator.Sw,
            _ => null,
        };
        if (found is null)
        {
            Fail<string>(word is "co" or "ew"
                ? $"The operator \"{word}\" is not supported; use eq, ne, gt, ge, lt, le, pr or sw"
                : "Expected an operator: eq, ne, gt, ge, lt, le, pr or sw", start);
        }

        return found;
    }

    /// <summary>Takes "and" or "or" between two operands. A bracket may follow at once, a name may not.</summary>
    private bool TakeWord(string word)
    {
        var start = _at;
        SkipSpaces();
        if (Word().Equals(word, StringComparison.OrdinalIgnoreCase))
        {
            _at += word.Length;
            return true;
        }

        _at = start;
        return false;
    }

    private ReadOnlySpan<char> Word()
    {
        var end = _at;
        while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '-' or '_' or '.'))
            end++;
        return text.AsSpan(_at, end - _at);
    }

    private char Peek() => _at < text.Length ? text[_at] : '\0';

    private bool SkipSpaces()
    {
        var start = _at;
        while (Peek() == ' ')
            _at++;
        return _at > start;
    }

    private T? Fail<T>(string what, int position)
        where T : class
    {
        Fault ??= string.Create(CultureInfo.InvariantCulture, $"{what} (character {position + 1}).");
        return null;
    }
}
