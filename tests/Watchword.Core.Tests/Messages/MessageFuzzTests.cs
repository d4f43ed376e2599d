using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Watchword.Core.Messages;

namespace Watchword.Core.Tests.Messages;

/// <summary>
/// Whole messages out of whatever templates, names, codes, hosts and languages, judged by other means than the ones that made them.
/// </summary>
public partial class MessageFuzzTests
{
    private static readonly string[] Shards =
    [
        "{app}", "{otp}", "{", "}", "{{", "}}", "{App}", "{ otp }", "@", "#", " ", "  ", "@evil.example", " #", "#1", "@a.b #", "\u200B", "\u00A0", "\u2060",
        "ж", "é", "ó", "€", "^", "😀", "{ap", "p}", "\n", "\r\n", "\u2028", "\uD83D", "\u202E", "Your code", ".", "رمز", "%x",
    ];

    private static readonly Gen<string> Text = Gen.OneOf(Of(Shards), Gen.String[0, 4]).Array[0, 10].Select(string.Concat);

    /// <summary>Templates that hold both places, so that many of them are accepted.</summary>
    private static readonly Gen<string> Templates = Gen.Select(Text, Text, Text, Gen.Bool).Select((a, b, c, first) => first ? $"{a}{{app}}{b}{{otp}}{c}" : $"{a}{{otp}}{b}{{app}}{c}")
        .Where(t => MessageTemplate.Faults(t).Count == 0);

    private static readonly Gen<string> Codes = Gen.Char['0', '9'].Array[4, 8].Select(c => new string(c));

    private static readonly Gen<string?> Hosts = Of<string?>(null, "example.com", "login.acme.example", "xn--bcher-kva.example", "a-1.b.example");

    private static readonly Gen<string?> Tags = Of<string?>(null, "en", "es-419", "FR", "de", "pt-BR", "ja", "ar-EG", "sw", "zh-Hant");

    [Fact]
    public void Every_place_is_filled_and_the_code_goes_out_exactly_as_issued() =>
        Gen.Select(Templates, Text, Codes).Sample(
            (template, app, otp) =>
            {
                var text = MessageTemplate.Render(template, app, otp);
                // Rebuilt piece by piece, with the name as it is shown or without what could bind a code; nothing else may have changed.
                var name = Visible(app);
                var bare = string.Concat(name.Where(c => c is not ('@' or '#') && char.GetUnicodeCategory(c) != System.Globalization.UnicodeCategory.Format)).Trim();
                Assert.Contains(text, new[] { Rebuilt(template, name, otp), Rebuilt(template, bare, otp) });
            },
            iter: 20_000);

    [Fact]
    public void No_place_of_ours_goes_out_unfilled() =>
        // The name has no braces and no letter of a place, so whatever looks like one would be the template's.
        Gen.Select(Templates, Of("Bi", "@", "#", " ", "9", "ж", "😀", "\u200B", "\n").Array[0, 5].Select(n => "X" + string.Concat(n)), Codes, Hosts).Sample(
            (template, app, otp, host) =>
            {
                var text = Composed(template, app, otp, host);
                Assert.DoesNotContain("{app}", text, StringComparison.Ordinal);
                Assert.DoesNotContain("{otp}", text, StringComparison.Ordinal);
            },
            iter: 20_000);

    [Fact]
    public void The_only_line_that_binds_a_code_is_ours_and_the_last() =>
        Gen.Select(Templates, Text, Codes, Hosts, Tags, Gen.Bool).Sample(
            (template, app, otp, host, language, ours) =>
            {
                var text = Composed(ours ? MessageTexts.For(language, new Dictionary<string, string>()) : template, app, otp, host);
                var lines = text.Split('\n');
                if (host is not null)
                {
                    Assert.Equal(2, lines.Length);
                    var parsed = PhonesParser().Match(text);
                    Assert.Equal((host, otp), (parsed.Groups["host"].Value, parsed.Groups["code"].Value));
                }
                // A lax phone, which looks anywhere and takes anything blank for a space, finds no second one.
                Assert.False(LaxPhoneFinds(lines[0]), lines[0]);
                Assert.DoesNotContain(lines[0], c => char.IsControl(c) || c is '\u2028' or '\u2029');
                if (host is null)
                    Assert.Single(lines);
            },
            iter: 20_000);

    [Fact]
    public void An_applications_text_goes_out_in_the_users_language_with_its_code() =>
        Gen.Select(Templates, Templates, Tags, Codes).Sample((italian, any, language, otp) =>
        {
            var own = new Dictionary<string, string> { ["zh"] = italian, ["default"] = any };
            var text = MessageTemplate.Render(MessageTexts.For(language, own), "X", otp);
            Assert.Equal(Rebuilt(language == "zh-Hant" ? italian : any, "X", otp), text);
        });

    [Fact]
    public void Segments_are_those_of_the_text_with_all_that_was_added() =>
        // Names far longer than any, so that the ends of several segments are met.
        Gen.Select(Templates, Gen.Select(Text, Of("a", "€", "ж", "😀"), Gen.Int[0, 400]), Codes, Hosts).Sample(
            (template, name, otp, host) =>
            {
                var (text, letter, times) = name;
                text = Composed(template, text + string.Concat(Enumerable.Repeat(letter, times)), otp, host);
                Assert.Equal(CountByHand(text), SmsSegments.Of(text).Count);
            },
            iter: 20_000);

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static string Composed(string template, string app, string otp, string? host)
    {
        var text = MessageTemplate.Render(template, app, otp);
        return host is null ? text : AutofillDomain.Bind(text, host, otp);
    }

    private static string Rebuilt(string template, string name, string otp) =>
        string.Concat(Places().Split(template).Select(piece => piece switch { "{app}" => name, "{otp}" => otp, _ => piece }));

    private static string Visible(string name) =>
        string.Concat(name.EnumerateRunes().Select(r => r.Value == 0xFFFD && !name.Contains('\uFFFD', StringComparison.Ordinal) || Rune.IsControl(r) || Hidden(r.Value) ? "" : r.ToString())).Trim();

    private static bool Hidden(int rune) => rune is 0x061C or 0x200E or 0x200F or (>= 0x2028 and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    /// <summary>Whether there is "@", something, a gap, "#" and something more; a gap is anything blank or invisible.</summary>
    private static bool LaxPhoneFinds(string line)
    {
        for (var at = 0; at < line.Length; at++)
        {
            if (line[at] != '@' || (at > 0 && !Gap(line[at - 1])))
                continue;
            for (var end = at + 2; end <= line.Length && line[end - 1] is not ' '; end++)
            {
                var hash = end;
                while (hash < line.Length && Gap(line[hash]))
                    hash++;
                if (hash > end && hash + 1 < line.Length && line[hash] == '#' && line[hash + 1] != ' ')
                    return true;
            }
        }
        return false;

        static bool Gap(char c) => char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format;
    }

    /// <summary>GSM by a list of its characters' costs, UCS-2 by pairs kept whole; parts filled from the left.</summary>
    private static int CountByHand(string text)
    {
        const string One = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
        const string Two = "\f^{}\\[~]|€";
        var gsm = text.All(c => One.Contains(c, StringComparison.Ordinal) || Two.Contains(c, StringComparison.Ordinal));
        var costs = new List<int>();
        for (var i = 0; i < text.Length; i++)
        {
            if (gsm)
                costs.Add(Two.Contains(text[i], StringComparison.Ordinal) ? 2 : 1);
            else if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                costs.Add(2 + 0 * i++);
            else
                costs.Add(1);
        }
        var (alone, part) = gsm ? (160, 153) : (70, 67);
        if (costs.Sum() <= alone)
            return 1;
        var parts = new List<int> { 0 };
        foreach (var cost in costs)
        {
            if (parts[^1] + cost > part)
                parts.Add(0);
            parts[^1] += cost;
        }
        return parts.Count;
    }

    [GeneratedRegex(@"(\{app\}|\{otp\})")]
    private static partial Regex Places();

    // WICG sms-one-time-codes §3.2: the last line, "@" first, one space, "#".
    [GeneratedRegex(@"(?:^|[\r\n])@(?<host>[^\t\n\f\r ]+) #(?<code>[^\t\n\f\r ]+)[^\r\n]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PhonesParser();
}
