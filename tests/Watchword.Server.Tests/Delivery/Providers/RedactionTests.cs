using System.Text;
using CsCheck;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>What may be kept of a provider's own words.</summary>
public sealed class RedactionTests
{
    private static readonly string[] Scripts =
        ["0123456789", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９", "⁰¹²³⁴⁵⁶⁷⁸⁹", "⓪①②③④⑤⑥⑦⑧⑨"];

    private static readonly string[] Between = ["", " ", "-", ".", " - ", ") (", "\u200b", "\u00a0", "\n", "/", "_", "     ", "=", "&#"];

    private static readonly Gen<string> Words = Gen.OneOf(
        Gen.String[0, 60],
        Gen.String[Gen.Char.AlphaNumeric, 0, 60],
        Of("The number", "is not valid", "\"to\":", "\ud800", "error", "1", "é", "code=", ";"));

    private static readonly Gen<string> Texts = Words.Array[0, 30].Select(words => string.Join(' ', words));

    [Theory]
    [InlineData("The 'To' number +447400123456 is not a valid phone number.", "The 'To' number +… is not a valid phone number.")]
    [InlineData("Insufficient credits (2 left)", "Insufficient credits (2 left)")]
    [InlineData("Unknown recipient ann@example.com", "Unknown recipient …")]
    [InlineData("bad key 0123456789abcdef0123456789abcdef", "bad key …")]
    [InlineData("bad\r\nnews", "bad  news")]
    [InlineData("red \u001b[31m\0 alert", "red  [31m  alert")]
    [InlineData("to 4-4-7-4-0-0-1-2-3-4-5 6 7 failed", "to … failed")]
    [InlineData("", "")]
    public void What_it_says_is_kept_and_what_it_quotes_is_not(string words, string kept) => Assert.Equal(kept, Redaction.Of(words));

    [Fact]
    public void Nothing_stays_nothing() => Assert.Null(Redaction.Of(null));

    [Fact]
    public void What_is_known_to_be_secret_goes_wherever_it_stands() =>
        Assert.Equal("key … of … is wrong", Redaction.Of("key hunter of HUNTER is wrong", "hunter", null, ""));

    [Fact]
    public void No_three_digits_together_and_no_long_word_survive_in_any_text() => Texts.Sample(
        text =>
        {
            var kept = Redaction.Of(text)!;
            Assert.True(kept.Length <= 201);
            var run = 0;
            foreach (var rune in kept.EnumerateRunes())
            {
                run = Rune.IsNumber(rune) ? run + 1 : 0;
                Assert.True(run < 3, kept);
            }
            Assert.DoesNotContain(kept.Split([' ', '"', '\'', '<', '>', '{', '}', '[', ']', '(', ')', ',', ':', ';', '=', '&', '…']), word => word.Length >= 20);
            Assert.DoesNotContain(kept, char.IsControl);
        },
        iter: 5_000);

    [Fact]
    public void A_number_never_survives_however_it_is_written() =>
        Gen.Select(Texts, Gen.Int[0, 9].Array[4, 15], Gen.Int[0, Scripts.Length - 1], Gen.Int[0, Between.Length - 1].Array[15], Texts).Sample(
            (before, digits, script, gaps, after) =>
            {
                var number = string.Concat(digits.Select((d, i) => Scripts[script].EnumerateRunes().ElementAt(d) + (i < digits.Length - 1 ? Between[gaps[i]] : "")));
                var kept = Redaction.Of($"{before} to {number} x {after}")!;
                Assert.DoesNotContain(number, kept, StringComparison.Ordinal);
            },
            iter: 5_000);

    [Fact]
    public void A_number_alone_leaves_nothing_of_itself() =>
        Gen.Select(Gen.Int[0, 9].Array[3, 15], Gen.Int[0, Scripts.Length - 1], Gen.Int[0, Between.Length - 1].Array[15]).Sample(
            (digits, script, gaps) =>
            {
                var number = string.Concat(digits.Select((d, i) => Scripts[script].EnumerateRunes().ElementAt(d) + (i < digits.Length - 1 ? Between[gaps[i]] : "")));
                Assert.Equal("to … failed", Redaction.Of($"to {number} failed"));
            },
            iter: 5_000);

    [Theory]
    [InlineData("21211", "21211")]
    [InlineData("REJECTED_SENDER", "REJECTED_SENDER")]
    [InlineData("HTTP 503", "HTTP 503")]
    [InlineData("5.7.1", "5.7.1")]
    [InlineData("447400123456", null)]
    [InlineData("44 7400 12345", null)]
    [InlineData("482913", null)]
    [InlineData("a\nb", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_code_is_kept_when_it_looks_like_one(string? code, string? kept) => Assert.Equal(kept, Redaction.Code(code));

    [Theory]
    [InlineData("+447400123456", false)]
    [InlineData("447400123456", false)]
    [InlineData("to+447400123456", false)]
    [InlineData("SMbc3f2d1e0a9b8c7d6e5f4a3b2c1d0e9f", true)]
    [InlineData("2033247207850523792", true)]
    public void An_id_in_a_receipt_is_kept_unless_it_may_be_a_number(string id, bool kept) => Assert.Equal(kept ? id : null, Redaction.Id(id));

    [Theory]
    [InlineData("SMbc3f2d1e0a9b8c7d6e5f4a3b2c1d0e9f", true)]
    [InlineData("to-447400123456", false)]
    [InlineData("482913", false)]
    [InlineData("<b>id</b> x", false)]
    [InlineData("", false)]
    public void An_id_is_kept_when_it_quotes_nothing(string id, bool kept) =>
        Assert.Equal(kept ? id : null, Redaction.Id(id, new MessageContent("+447400123456", null, "Your code is 482913", null)));

    [Fact]
    public void Readers_of_receipts_take_anything_a_stranger_posts()
    {
        using var http = new ProviderHttp(TimeProvider.System, LoopbackGateway.Networks);
        var settings = new ProviderSettings(new Dictionary<string, string>
        {
            ["auth_token"] = "t", ["signature_secret"] = "s", ["callback_secret"] = "c", ["api_key"] = "k",
        });
        var readers = new ProviderKinds(LoopbackGateway.Networks, http, TimeProvider.System, []).All.Select(k => k.Receipts).OfType<IReceiptReader>().ToList();
        Assert.Equal(4, readers.Count);
        var piece = Of("{", "}", "[", "]", "\"results\":", "\"sig\":\"00\"", "\"\\ud800\"", ":", ",", "&", "=", "%", "%zz", "sig=00", "status", "\"status\":", "null", "1e999", "{\"\\ud800\":1}", "é");
        var body = Gen.OneOf(Gen.Byte.Array[0, 50], piece.Array[0, 12].Select(p => Encoding.UTF8.GetBytes(string.Concat(p))));
        var header = Gen.OneOf(Gen.String[0, 50], Of("sha256=" + new string('0', 64), "", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="));
        Gen.Select(body, header, Of("", "?key=1", "?sig=0&status=%", "?%ff&&=")).Sample(
            (bytes, signature, query) =>
            {
                var headers = new Dictionary<string, string> { ["x-twilio-signature"] = signature, ["x-signature"] = signature };
                foreach (var reader in readers)
                {
                    var reading = reader.Read(new ReceiptRequest(new("https://login.example.com/cis/v1/receipts/t/p/m" + query), headers, bytes), settings);
                    Assert.True(reading.Receipts is null or { Count: 0 });
                }
            },
            iter: 5_000);
    }

    private static Gen<string> Of(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
