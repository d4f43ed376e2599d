using System.Globalization;
using CsCheck;
using Watchword.Core.Users;

namespace Watchword.Core.Tests.Users;

public class ScimFilterTests
{
    [Theory]
    [InlineData("eq", "email eq \"a@b.c\"", "(email Eq 'a@b.c')")]
    [InlineData("ne", "status ne \"Disabled\"", "(status Ne 'Disabled')")]
    [InlineData("gt", "created_at gt 1700000000000", "(created_at Gt 1700000000000)")]
    [InlineData("ge", "n ge -1", "(n Ge -1)")]
    [InlineData("lt", "n lt 1.5", "(n Lt 1.5d)")]
    [InlineData("le", "n le 1e3", "(n Le 1000d)")]
    [InlineData("sw", "name.first_name sw \"Ad\"", "(name.first_name Sw 'Ad')")]
    [InlineData("pr", "phone_number.value pr", "(phone_number.value Pr)")]
    [InlineData("true", "verified eq true", "(verified Eq True)")]
    [InlineData("false", "verified ne false", "(verified Ne False)")]
    [InlineData("null", "email eq null", "(email Eq null)")]
    [InlineData("operators in any case", "a EQ 1 AND b Pr oR c pr", "(((a Eq 1) and (b Pr)) or (c Pr))")]
    [InlineData("and before or", "a pr or b pr and c pr", "((a Pr) or ((b Pr) and (c Pr)))")]
    [InlineData("and before or, the other way round", "a pr and b pr or c pr", "(((a Pr) and (b Pr)) or (c Pr))")]
    [InlineData("brackets bind tighter", "(a pr or b pr) and c pr", "(((a Pr) or (b Pr)) and (c Pr))")]
    [InlineData("left to right", "a pr or b pr or c pr", "(((a Pr) or (b Pr)) or (c Pr))")]
    [InlineData("not", "not (a pr)", "(not (a Pr))")]
    [InlineData("not without a space, in capitals", "a pr and NOT(b pr)", "((a Pr) and (not (b Pr)))")]
    [InlineData("not is of the bracket only", "not (a pr) and b pr", "((not (a Pr)) and (b Pr))")]
    [InlineData("spaces to spare", "  ( a   eq  1 )   and  b pr  ", "((a Eq 1) and (b Pr))")]
    [InlineData("brackets as borders of words", "(a pr)and(b pr)", "((a Pr) and (b Pr))")]
    [InlineData("attributes named like words", "not pr or and eq 1", "((not Pr) or (and Eq 1))")]
    [InlineData("the attribute keeps its spelling", "userName eq \"X\"", "(userName Eq 'X')")]
    [InlineData("dashes, digits and several dots", "custom_data.a-1.b2 pr", "(custom_data.a-1.b2 Pr)")]
    [InlineData("escapes", "a eq \"\\\"\\\\\\/\\u00e9\"", "(a Eq '\"\\/é')")]
    [InlineData("a pair as two escapes", "a eq \"\\ud83d\\ude00\"", "(a Eq '😀')")]
    [InlineData("words and brackets inside a string", "a eq \") and (b pr\"", "(a Eq ') and (b pr')")]
    [InlineData("an empty string", "a eq \"\"", "(a Eq '')")]
    [InlineData("a real U+FFFD", "a eq \"\uFFFD\"", "(a Eq '\uFFFD')")]
    [InlineData("the largest whole number", "a eq 9223372036854775807", "(a Eq 9223372036854775807)")]
    [InlineData("order among strings", "a lt \"m\"", "(a Lt 'm')")]
    public void A_filter_is_read(string reason, string text, string tree)
    {
        Assert.True(ScimFilter.TryParse(text, out var filter, out var fault), $"{reason}: {fault}");
        Assert.Equal(tree, Show(filter));
        Assert.Null(fault);
    }

    [Theory]
    [InlineData("nothing", "", "Expected an attribute name", 1)]
    [InlineData("blanks", "   ", "Expected an attribute name", 4)]
    [InlineData("contains", "email co \"a\"", "\"co\" is not supported", 7)]
    [InlineData("ends with", "email EW \"a\"", "\"ew\" is not supported", 7)]
    [InlineData("an unknown operator", "email like \"a\"", "Expected an operator", 7)]
    [InlineData("no operator", "email", "Expected a space and an operator", 6)]
    [InlineData("no operator after a space", "email ", "Expected an operator", 7)]
    [InlineData("no value", "email eq", "Expected a space and a value", 9)]
    [InlineData("no value after a space", "email eq ", "Expected a value", 10)]
    [InlineData("no space before the value", "email eq\"a\"", "Expected a space and a value", 9)]
    [InlineData("a value behind pr", "email pr \"a\"", "Expected \"and\", \"or\"", 10)]
    [InlineData("no word between", "a pr b pr", "Expected \"and\", \"or\"", 6)]
    [InlineData("no space after and", "a pr andb pr", "Expected \"and\", \"or\"", 6)]
    [InlineData("and with nothing behind", "a pr and ", "Expected an attribute name", 10)]
    [InlineData("or with nothing before", " or", "Expected a space and an operator", 4)]
    [InlineData("an open bracket", "(a pr", "opened at character 1 is not closed", 6)]
    [InlineData("a closing bracket too many", "a pr)", "never opened", 5)]
    [InlineData("an empty bracket", "()", "Expected an attribute name", 2)]
    [InlineData("something else in a bracket", "(a pr b", "closing bracket", 7)]
    [InlineData("a value path", "emails[type eq \"work\"]", "square brackets", 7)]
    [InlineData("a schema URI", "urn:ietf:params:scim pr", "schema URI", 4)]
    [InlineData("an attribute beginning with a digit", "1a pr", "begins with a letter", 1)]
    [InlineData("an attribute ending with a dot", "name. pr", "begins with a letter", 6)]
    [InlineData("two dots", "name..x pr", "begins with a letter", 6)]
    [InlineData("an attribute in another script", "имя pr", "begins with a letter", 1)]
    [InlineData("SQL", "a'; drop table users --", "Expected a space and an operator", 2)]
    [InlineData("an open string", "a eq \"b", "not closed", 6)]
    [InlineData("an open string ending in an escape", "a eq \"b\\", "escape", 8)]
    [InlineData("an unknown escape", "a eq \"\\x41\"", "escape", 7)]
    [InlineData("a short escape", "a eq \"\\u12\"", "escape", 7)]
    [InlineData("single quotes", "a eq 'b'", "Expected a value", 6)]
    [InlineData("something right behind a string", "a eq \"b\"c", "space after the string", 9)]
    [InlineData("U+0000 as an escape", "a eq \"\\u0000\"", "control character", 7)]
    [InlineData("U+0000 as it is", "a eq \"b\u0000\"", "control character", 8)]
    [InlineData("a newline as an escape", "a eq \"\\n\"", "control character", 7)]
    [InlineData("a newline as it is", "a eq \"\n\"", "control character", 7)]
    [InlineData("a C1 control character", "a eq \"\\u0085\"", "control character", 7)]
    [InlineData("half a pair", "a eq \"\\ud83d\"", "surrogate", 6)]
    [InlineData("half a pair beside a real U+FFFD", "a eq \"\uFFFD\\ude00\"", "surrogate", 6)]
    [InlineData("a pair the wrong way round", "a eq \"\\ude00\\ud83d\"", "surrogate", 6)]
    [InlineData("a tab as a space", "a\tpr", "Expected a space", 2)]
    [InlineData("True", "a eq True", "Expected a value", 6)]
    [InlineData("a leading zero", "a eq 01", "Expected a value", 6)]
    [InlineData("a leading plus", "a eq +1", "Expected a value", 6)]
    [InlineData("no digit behind the point", "a eq 1.", "Expected a value", 6)]
    [InlineData("no digit before the point", "a eq .5", "Expected a value", 6)]
    [InlineData("no digit in the exponent", "a eq 1e", "Expected a value", 6)]
    [InlineData("minus alone", "a eq -", "Expected a value", 6)]
    [InlineData("hexadecimal", "a eq 0x1", "Expected a value", 6)]
    [InlineData("not a number", "a eq NaN", "Expected a value", 6)]
    [InlineData("more than 64 bits", "a eq 9223372036854775808", "64 bits", 6)]
    [InlineData("more than a double", "a eq 1e999", "too large", 6)]
    [InlineData("a prefix that is no string", "a sw 1", "compares with a string", 3)]
    [InlineData("order of null", "a lt null", "no order", 3)]
    [InlineData("order of true", "a ge true", "no order", 3)]
    [InlineData("not before a bare comparison", "not a pr", "Expected an operator", 5)]
    public void A_broken_filter_says_what_and_where(string reason, string text, string what, int position)
    {
        Assert.False(ScimFilter.TryParse(text, out var filter, out var fault), reason);
        Assert.Null(filter);
        Assert.Contains(what, fault, StringComparison.Ordinal);
        Assert.EndsWith(string.Create(CultureInfo.InvariantCulture, $"(character {position})."), fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain brackets", "(")]
    [InlineData("not", "not(")]
    public void Brackets_nest_twenty_deep_and_not_twenty_one(string reason, string open)
    {
        Assert.True(ScimFilter.TryParse(Nested(20), out _, out _), reason);
        Assert.False(ScimFilter.TryParse(Nested(21), out _, out var fault), reason);
        Assert.Contains("deeper than 20", fault, StringComparison.Ordinal);
        // Twenty side by side are not deep.
        Assert.True(ScimFilter.TryParse(string.Join(" or ", Enumerable.Repeat(Nested(2), 21)), out _, out _), reason);

        string Nested(int depth) => string.Concat(Enumerable.Repeat(open, depth)) + "a pr" + new string(')', depth);
    }

    [Fact]
    public void Fifty_comparisons_are_read_and_fifty_one_are_not()
    {
        Assert.True(ScimFilter.TryParse(string.Join(" and ", Enumerable.Repeat("a pr", 50)), out _, out _));
        Assert.False(ScimFilter.TryParse(string.Join(" and ", Enumerable.Repeat("a pr", 51)), out _, out var fault));
        Assert.Contains("more than 50 comparisons", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_thousand_characters_are_read_and_one_more_is_not()
    {
        Assert.True(ScimFilter.TryParse("a pr".PadRight(2000), out _, out _));
        Assert.False(ScimFilter.TryParse("a pr".PadRight(2001), out _, out var fault));
        Assert.Contains("longer than 2000", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tree_written_down_is_read_back_the_same()
    {
        var value = Gen.OneOf(
            Gen.String[Gen.Char.AlphaNumeric, 0, 10].Select(s => (ScimValue)new ScimValue.Text(s)),
            Gen.OneOf<ScimValue>(new ScimValue.Text("\"\\/ ( and ) 😀 \uFFFD"), new ScimValue.Flag(true), new ScimValue.Null()),
            Gen.Long.Select(n => (ScimValue)new ScimValue.Whole(n)),
            Gen.Double[-1e9, 1e9].Select(n => (ScimValue)new ScimValue.Real(n)));
        var name = Gen.OneOf("a", "name.first_name", "not", "or", "And");
        var leaf = Gen.Select(name, Gen.Bool, value, (attribute, present, v) => (ScimFilter)(present
            ? new ScimFilter.Compare(attribute, ScimOperator.Pr, null)
            : new ScimFilter.Compare(attribute, ScimOperator.Eq, v)));
        var tree = Gen.Recursive<ScimFilter>((depth, inner) => depth > 4
            ? leaf
            : Gen.Frequency((2, leaf),
                (1, Gen.Select(inner, inner, (a, b) => (ScimFilter)new ScimFilter.And(a, b))),
                (1, Gen.Select(inner, inner, (a, b) => (ScimFilter)new ScimFilter.Or(a, b))),
                (1, inner.Select(a => (ScimFilter)new ScimFilter.Not(a)))));
        tree.Where(t => Write(t).Length <= ScimFilter.MaxLength).Sample(t =>
        {
            Assert.True(ScimFilter.TryParse(Write(t), out var read, out var fault), fault);
            Assert.Equal(t, read);
        });
    }

    [Fact]
    public void Any_text_is_read_or_refused_without_an_exception() =>
        Gen.OneOf(Gen.String,
                Gen.OneOf("a", "eq", "\"b\"", "\"", "\\", "(", ")", "not", "and", "or", " ", " ", ".", "1", "-", "pr", "\ud83d")
                .Array[0, 30].Select(string.Concat))
            .Sample(text => ScimFilter.TryParse(text, out var filter, out var fault)
                ? filter is not null && fault is null
                : filter is null && fault.EndsWith(").", StringComparison.Ordinal), iter: 2_000);

    /// <summary>The tree as text with the brackets that the grammar's precedence asks for, and no more.</summary>
    private static string Write(ScimFilter filter) => filter switch
    {
        ScimFilter.Compare { Value: null } c => $"{c.Attribute} pr",
        ScimFilter.Compare c => $"{c.Attribute} {c.Operator} {Write(c.Value)}",
        ScimFilter.Not n => $"not ({Write(n.Inner)})",
        ScimFilter.And a =>
            $"{Bracket(a.Left, a.Left is ScimFilter.Or)} and {Bracket(a.Right, a.Right is ScimFilter.Or or ScimFilter.And)}",
        ScimFilter.Or o => $"{Write(o.Left)} or {Bracket(o.Right, o.Right is ScimFilter.Or)}",
        _ => throw new InvalidOperationException(),
    };

    private static string Bracket(ScimFilter filter, bool needed) => needed ? $"({Write(filter)})" : Write(filter);

    private static string Write(ScimValue value) => value switch
    {
        ScimValue.Text t =>
            "\"" + t.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"",
        ScimValue.Whole n => n.Value.ToString(CultureInfo.InvariantCulture),
        ScimValue.Real n => n.Value.ToString("E17", CultureInfo.InvariantCulture),
        ScimValue.Flag f => f.Value ? "true" : "false",
        _ => "null",
    };

    private static string Show(ScimFilter filter) => filter switch
    {
        ScimFilter.Compare { Value: null } c => $"({c.Attribute} {c.Operator})",
        ScimFilter.Compare c => $"({c.Attribute} {c.Operator} {Show(c.Value)})",
        ScimFilter.And a => $"({Show(a.Left)} and {Show(a.Right)})",
        ScimFilter.Or o => $"({Show(o.Left)} or {Show(o.Right)})",
        ScimFilter.Not n => $"(not {Show(n.Inner)})",
        _ => throw new InvalidOperationException(),
    };

    private static string Show(ScimValue value) => value switch
    {
        ScimValue.Text t => $"'{t.Value}'",
        ScimValue.Whole n => n.Value.ToString(CultureInfo.InvariantCulture),
        ScimValue.Real n => n.Value.ToString(CultureInfo.InvariantCulture) + "d",
        ScimValue.Flag f => f.Value.ToString(),
        _ => "null",
    };
}
