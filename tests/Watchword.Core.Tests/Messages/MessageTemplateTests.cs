using System.Text.RegularExpressions;
using CsCheck;
using Watchword.Core.Messages;

namespace Watchword.Core.Tests.Messages;

public class MessageTemplateTests
{
    // The parser of WICG sms-one-time-codes §3.2, word for word: last line, "@" first, one space, "#".
    private static readonly Regex PhonesParser = new(@"(?:^|[\r\n])@[^\t\n\f\r ]+ #[^\t\n\f\r ]+[^\r\n]*\z", RegexOptions.CultureInvariant);

    [Fact]
    public void The_default_text_has_no_fault_and_reads_as_the_contract_says()
    {
        Assert.Empty(MessageTemplate.Faults(MessageTemplate.Default));
        Assert.Equal("This is your One Time Password: 012345 from Acme", MessageTemplate.Render(MessageTemplate.Default, "Acme", "012345"));
    }

    [Theory]
    [InlineData("both places", "{otp} is your code for {app}")]
    [InlineData("a place twice", "{app}: {otp}. Again: {otp}")]
    [InlineData("another script", "{app}: ваш код {otp} 😀")]
    [InlineData("joiners that a script needs", "{app}: می\u200Cخواهم {otp}")]
    [InlineData("an address of a person", "{app}: {otp}. Ask help@example.com #1 in service")]
    [InlineData("a handle without a number sign", "{app}: {otp}. Follow @acme now")]
    [InlineData("braces of no meaning", "{app}: {otp} {name} {{x}}")]
    [InlineData("hash before the code", "{app}: your code is #{otp}")]
    public void A_good_custom_message_has_no_fault(string reason, string template) =>
        Assert.True(MessageTemplate.Faults(template).Count == 0, reason);

    [Theory]
    [InlineData("no app", "your code is {otp}", "{app}")]
    [InlineData("no otp", "hello from {app}", "{otp}")]
    [InlineData("the wrong case", "{app}: {OTP}", "{otp}")]
    [InlineData("a newline", "{app}:\n{otp}", "control characters")]
    [InlineData("a carriage return", "{app}:\r{otp}", "control characters")]
    [InlineData("a tab", "{app}:\t{otp}", "control characters")]
    [InlineData("U+0000", "{app}:\u0000{otp}", "control characters")]
    [InlineData("delete", "{app}:\u007F{otp}", "control characters")]
    [InlineData("next line, of C1", "{app}:\u0085{otp}", "control characters")]
    [InlineData("a line separator", "{app}:\u2028{otp}", "control characters")]
    [InlineData("a paragraph separator", "{app}:\u2029{otp}", "control characters")]
    [InlineData("right-to-left override", "{app}:\u202E{otp}", "control characters")]
    [InlineData("an isolate", "{app}:\u2066{otp}", "control characters")]
    [InlineData("a right-to-left mark", "{app}:\u200F{otp}", "control characters")]
    [InlineData("an Arabic letter mark", "{app}:\u061C{otp}", "control characters")]
    [InlineData("an origin-bound code first", "@evil.example #123456 {app} {otp}", "origin-bound")]
    [InlineData("one of the code itself", "@evil.example #{otp} {app}", "origin-bound")]
    [InlineData("one after a space", "{app} {otp} @evil.example #1", "origin-bound")]
    [InlineData("one after an invisible character", "{app} {otp}\u200B@evil.example #1", "origin-bound")]
    [InlineData("one with two spaces, for lax phones", "{app} {otp} @evil.example  #1", "origin-bound")]
    [InlineData("one with another space", "{app} {otp} @evil.example\u00A0#1", "origin-bound")]
    [InlineData("a no-break space is a code to the specification", "{otp} @evil.example #\u00A0{app}", "origin-bound")]
    [InlineData("a no-break space is part of a host to the specification", "{app} {otp} @evil\u00A0.example #1", "origin-bound")]
    [InlineData("one around the application's name", "@{app} #{otp}", "origin-bound")]
    [InlineData("one with the name as its code", "{otp} @evil.example #{app}", "origin-bound")]
    [InlineData("one that a blank name would complete", "@evil.example {app}#{otp}", "origin-bound")]
    [InlineData("one that a blank name would begin", "{app}@evil.example #{otp}", "origin-bound")]
    [InlineData("one with an embedded host", "{app} @a.example #{otp} %b.example", "origin-bound")]
    public void A_bad_custom_message_is_told_its_one_fault(string reason, string template, string what)
    {
        var fault = Assert.Single(MessageTemplate.Faults(template));
        Assert.True(fault.Contains(what, StringComparison.Ordinal), $"{reason}: {fault}");
        Assert.StartsWith("custom_message ", fault, StringComparison.Ordinal);
    }

    // Outside the table: an attribute is stored as UTF-8, which has no room for half a pair.
    [Fact]
    public void Half_a_surrogate_pair_is_refused_in_the_text_and_dropped_from_the_name()
    {
        Assert.Contains("broken characters", Assert.Single(MessageTemplate.Faults("{app}:\uD83D{otp}")), StringComparison.Ordinal);
        Assert.Contains("broken characters", Assert.Single(MessageTemplate.Faults("{app}:\uDE00{otp}")), StringComparison.Ordinal);
        Assert.Equal("A😀B: 042042", MessageTemplate.Render("{app}: {otp}", "A\uD83D😀\uDE00B", "042042"));
    }

    [Fact]
    public void One_hundred_and_forty_characters_are_taken_and_one_more_is_not()
    {
        Assert.Empty(MessageTemplate.Faults("{app}{otp}".PadRight(140, 'x')));
        Assert.Contains("140", Assert.Single(MessageTemplate.Faults("{app}{otp}".PadRight(141, 'x'))), StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_told_at_once() => Assert.Equal(5, MessageTemplate.Faults("\n@evil.example #1".PadRight(141, 'x')).Count);

    [Theory]
    [InlineData("a name that is a placeholder stays", "{app}: {otp}", "{otp}", "{otp}: 042042")]
    [InlineData("a name that is its own placeholder stays", "{app}: {otp}", "{app}", "{app}: 042042")]
    [InlineData("a name cannot lend braces to the template", "{{app}} {otp}", "otp", "{otp} 042042")]
    [InlineData("every place is filled", "{otp} {app} {otp}", "Acme", "042042 Acme 042042")]
    [InlineData("line breaks and NUL of the name go", "{app}: {otp}", "Ac\r\nme\u0000", "Acme: 042042")]
    [InlineData("direction marks and separators of the name go", "{app}: {otp}", "\u202EAc\u2028me", "Acme: 042042")]
    [InlineData("blanks around the name go", "{app}: {otp}", " Acme\t", "Acme: 042042")]
    [InlineData("an at sign and a number sign are fine as such", "{app}: {otp}", "@home #1", "home 1: 042042")]
    [InlineData("an at sign alone is fine", "{app}: {otp}", "@home", "@home: 042042")]
    [InlineData("a number sign alone is fine", "{app}: {otp}", "#1 Gym", "#1 Gym: 042042")]
    [InlineData("a name that would bind the code to its host", "{app} #{otp}", "@evil.example", "evil.example #042042")]
    [InlineData("a name that is a whole binding", "{otp} {app}", "@evil.example #123", "042042 evil.example 123")]
    [InlineData("a name that would complete the template's host", "{otp} @evil.example {app}", "#1", "042042 @evil.example 1")]
    [InlineData("a name hiding behind an invisible character", "{otp} {app}", "\u200B@evil.example\u200B #1", "042042 evil.example 1")]
    public void The_name_and_the_code_are_filled_in_one_pass(string reason, string template, string app, string expected)
    {
        var text = MessageTemplate.Render(template, app, "042042");
        Assert.True(expected == text, $"{reason}: {text}");
    }

    [Fact]
    public void The_operators_own_origin_bound_line_survives_whatever_the_name() =>
        Assert.Equal("@x: 012345\n@example.com #012345", MessageTemplate.Render("{app}: {otp}\n@example.com #{otp}", "@x", "012345"));

    private static readonly Gen<string> Pieces = Gen.OneOf(
        Gen.OneOf("{app}", "{otp}", "{", "}", "@", "#", " ", "@evil.example", " #", "\u200B", "\u00A0", "a", "{ap", "p}", "\n", "😀",
            "\uD83D", "\u202E"),
        Gen.String[0, 3]).Array[0, 8].Select(string.Concat);

    private static readonly Gen<string> Codes = Gen.Char['0', '9'].Array[4, 8].Select(c => new string(c));

    [Fact]
    public void The_code_stands_exactly_as_issued_and_no_place_is_left_but_in_the_name() =>
        Gen.Select(Pieces, Pieces, Codes).Sample((template, app, otp) =>
        {
            var text = MessageTemplate.Render(template, app, otp);
            var marked = MessageTemplate.Render(template, "x", "\uE000");
            var marks = marked.Count(c => c == '\uE000') - template.Count(c => c == '\uE000');
            Assert.Equal(Split(template).Count(part => part == "{otp}"), marks);
            if (template.Contains("{otp}", StringComparison.Ordinal))
                Assert.Contains(otp, text, StringComparison.Ordinal);
            // Fill by hand, places first, to see what else Render may have changed: the name only.
            var literals = Split(template).Where(part => part is not ("{app}" or "{otp}"));
            var from = 0;
            foreach (var literal in literals)
            {
                from = text.IndexOf(literal, from, StringComparison.Ordinal);
                Assert.True(from >= 0, $"lost '{literal}'");
                from += literal.Length;
            }
        });

    [Fact]
    public void An_innocent_template_without_a_name_keeps_no_place() =>
        Gen.Select(Gen.OneOf("{app}", "{otp}", " is ", "code", ": ").Array[0, 8].Select(string.Concat), Codes).Sample((template, otp) =>
        {
            var text = MessageTemplate.Render(template, "Acme", otp);
            return !text.Contains('{', StringComparison.Ordinal) && !text.Contains('}', StringComparison.Ordinal);
        });

    [Fact]
    public void No_accepted_template_and_no_name_ever_make_an_origin_bound_code() =>
        Gen.Select(Pieces, Gen.OneOf("{app} {otp}", "{otp}{app}", "{app} #{otp}", "{otp} @x{app}"), Pieces, Pieces, Codes)
            .Where((before, both, after, _, _) => MessageTemplate.Faults(before + both + after).Count == 0)
            .Sample(
                (before, both, after, app, otp) => !PhonesParser.IsMatch(MessageTemplate.Render(before + both + after, app, otp)),
                iter: 20_000);

    [Fact]
    public void No_name_brings_a_line_break() =>
        Pieces.Sample(app =>
            !MessageTemplate.Render("{app} {otp}", app, "012345").Any(c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u202E'));

    private static string[] Split(string template) => Regex.Split(template, @"(\{app\}|\{otp\})");
}
