using System.Text;
using Watchword.Core.Messages;

namespace Watchword.Core.Tests.Messages;

public class MessageTextsTests
{
    private static readonly Dictionary<string, string> None = [];

    [Theory]
    [InlineData("no language", null, "This is your One Time Password: 012345 from Acme")]
    [InlineData("English", "en", "This is your One Time Password: 012345 from Acme")]
    [InlineData("Spanish", "es", "012345 es su clave de un solo uso para Acme.")]
    [InlineData("French", "fr", "012345 est votre code à usage unique pour Acme.")]
    [InlineData("German", "de", "012345 ist Ihr Einmalcode für Acme.")]
    [InlineData("Portuguese", "pt", "012345 é o seu código de uso único para Acme.")]
    [InlineData("Japanese", "ja", "Acmeの認証コードは 012345 です。")]
    [InlineData("Arabic", "ar", "رمز التحقق الخاص بك في Acme هو 012345")]
    [InlineData("a region goes unheeded", "pt-BR", "012345 é o seu código de uso único para Acme.")]
    [InlineData("capitals too", "DE-at", "012345 ist Ihr Einmalcode für Acme.")]
    [InlineData("script and region", "ja-Jpan-JP", "Acmeの認証コードは 012345 です。")]
    [InlineData("a language we have no text for", "sw", "This is your One Time Password: 012345 from Acme")]
    [InlineData("a language that only begins like one", "deu", "This is your One Time Password: 012345 from Acme")]
    [InlineData("no language tag at all", "-", "This is your One Time Password: 012345 from Acme")]
    public void The_users_language_decides(string reason, string? language, string expected)
    {
        var text = MessageTemplate.Render(MessageTexts.For(language, None), "Acme", "012345");
        Assert.True(expected == text, $"{reason}: {text}");
    }

    [Theory]
    [InlineData("the most exact tag first", "pt-BR", "br {app} {otp}")]
    [InlineData("then the language", "pt-PT", "pt {app} {otp}")]
    [InlineData("step by step", "zh-Hant-TW", "hant {app} {otp}")]
    [InlineData("the application's fallback before ours", "de", "any {app} {otp}")]
    [InlineData("and for those who have said nothing", null, "any {app} {otp}")]
    public void An_applications_own_text_goes_before_ours(string reason, string? language, string expected)
    {
        var own = new Dictionary<string, string>
        {
            ["pt-br"] = "br {app} {otp}", ["pt"] = "pt {app} {otp}", ["zh-hant"] = "hant {app} {otp}", ["default"] = "any {app} {otp}",
        };
        Assert.True(expected == MessageTexts.For(language, own), reason);
        if (own.Remove("default") && expected.StartsWith("any", StringComparison.Ordinal))
            Assert.Equal(MessageTexts.For(language, None), MessageTexts.For(language, own));
    }

    [Fact]
    public void Each_of_our_texts_keeps_the_rules_that_we_hold_others_to()
    {
        Assert.Equal(["ar", "de", "en", "es", "fr", "ja", "pt"], MessageTexts.Languages.Order(StringComparer.Ordinal));
        foreach (var language in MessageTexts.Languages)
        {
            var text = MessageTexts.For(language, None);
            Assert.Empty(MessageTemplate.Faults(text));
            Assert.True(text.IsNormalized(NormalizationForm.FormC));
            // Eight digits and a name of twelve letters still make one SMS.
            Assert.Equal(1, SmsSegments.Of(MessageTemplate.Render(text, "Contoso Bank", "01234567")).Count);
            var subject = MessageTexts.SubjectFor(language + "-XX");
            Assert.Contains("{app}", subject, StringComparison.Ordinal);
            Assert.DoesNotContain("{otp}", subject, StringComparison.Ordinal);
            Assert.Equal(language == "en", subject == MessageTexts.SubjectFor(null));
        }
    }

    [Theory]
    [InlineData("en", SmsEncoding.Gsm7)]
    [InlineData("es", SmsEncoding.Gsm7)]
    [InlineData("fr", SmsEncoding.Gsm7)]
    [InlineData("de", SmsEncoding.Gsm7)]
    [InlineData("pt", SmsEncoding.Ucs2)]
    [InlineData("ja", SmsEncoding.Ucs2)]
    [InlineData("ar", SmsEncoding.Ucs2)]
    public void Our_texts_travel_in_the_alphabet_that_the_documentation_says(string language, SmsEncoding encoding) =>
        Assert.Equal(encoding, SmsSegments.Of(MessageTemplate.Render(MessageTexts.For(language, None), "Acme", "012345")).Encoding);

    [Fact]
    public void The_Arabic_text_reads_from_right_to_left_and_parts_the_name_from_the_code()
    {
        var text = MessageTexts.For("ar", None);
        Assert.True(IsArabic(text[0]));
        var (app, otp) = (text.IndexOf("{app}", StringComparison.Ordinal), text.IndexOf("{otp}", StringComparison.Ordinal));
        Assert.Contains(text[app..otp], IsArabic);

        static bool IsArabic(char c) => c is >= '\u0620' and <= '\u064A';
    }

    [Fact]
    public void An_applications_texts_are_held_to_the_rules_of_a_callers_and_their_faults_say_which_one()
    {
        Assert.Empty(MessageTexts.Faults(new Dictionary<string, string> { ["default"] = "{app} {otp}", ["zh-hant-tw"] = "{app} {otp}" }, "texts"));
        Assert.StartsWith("texts.it must contain {otp}", Assert.Single(MessageTexts.Faults(new Dictionary<string, string> { ["it"] = "{app}" }, "texts")), StringComparison.Ordinal);
        Assert.Contains("origin-bound", Assert.Single(MessageTexts.Faults(new Dictionary<string, string> { ["it"] = "{app} {otp} @a.example #{otp}" }, "texts")), StringComparison.Ordinal);
        foreach (var tag in new[] { "", "x", "english", "en_GB", "en-", "e1", "EN", "en-gb\n" })
            Assert.Contains("language tags", Assert.Single(MessageTexts.Faults(new Dictionary<string, string> { [tag] = "{app} {otp}" }, "texts")), StringComparison.Ordinal);
    }

    [Fact]
    public void Fifty_texts_are_taken_and_one_more_is_not()
    {
        var own = Enumerable.Range(0, 50).ToDictionary(i => $"{(char)('a' + i / 26)}{(char)('a' + i % 26)}", _ => "{app} {otp}");
        Assert.Empty(MessageTexts.Faults(own, "texts"));
        own["zz"] = "{app} {otp}";
        Assert.Contains("50", Assert.Single(MessageTexts.Faults(own, "texts")), StringComparison.Ordinal);
    }
}
