using CsCheck;
using Watchword.Core.Users;

namespace Watchword.Core.Tests.Users;

public class PhoneNumberTests
{
    [Theory]
    [InlineData("canonical already", "+447400123456")]
    [InlineData("spaces and surrounding blanks", "  +44 7400 123456\t")]
    [InlineData("a trailing newline", "+447400123456\r\n")]
    [InlineData("a leading newline behind an invisible character", "\u200B\n+447400123456")]
    [InlineData("00 instead of plus", "0044 7400 123456")]
    [InlineData("brackets, dots and dashes", "(+44) 7400.123-456")]
    [InlineData("the national zero in brackets", "+44 (0)7400 123456")]
    [InlineData("full-width plus and digits", "＋４４７４００１２３４５６")]
    [InlineData("full-width brackets and dash", "+44（7400）123－456")]
    [InlineData("Arabic digits", "+٤٤٧٤٠٠١٢٣٤٥٦")]
    [InlineData("digits outside the basic plane", "+4474001234𝟓𝟔")]
    [InlineData("no-break and thin spaces", "+44\u00A07400\u2009123456")]
    [InlineData("dashes of typographers, and minus", "+44\u20137400\u2011123\u2212456")]
    [InlineData("zero-width characters", "\uFEFF+44\u200B7400\u200D123456\u2060")]
    [InlineData("bidi controls", "\u202A+44\u202E7400\u2066123456\u202C\u2069\u200E")]
    [InlineData("a soft hyphen", "+447400\u00AD123456")]
    public void Many_spellings_are_one_number(string reason, string text)
    {
        Assert.True(PhoneNumber.TryParse(text, out var number), reason);
        Assert.Equal("+447400123456", number.E164);
        Assert.True(PhoneNumber.TryParse("+447400123456", out var plain));
        Assert.Equal(plain, number);
    }

    [Theory]
    [InlineData("nothing", null)]
    [InlineData("empty", "")]
    [InlineData("blanks", "   ")]
    [InlineData("plus alone", "+")]
    [InlineData("00 alone", "00")]
    [InlineData("a national form", "07400 123456")]
    [InlineData("a calling code without plus", "447400123456")]
    [InlineData("another country's international prefix", "011447400123456")]
    [InlineData("vanity letters", "+1800FLOWERS")]
    [InlineData("full-width letters", "+1800ＦＬＯＷＥＲＳ")]
    [InlineData("an extension", "+442079460000x1")]
    [InlineData("an extension of RFC 3966", "+442079460000;ext=1")]
    [InlineData("a tel URI", "tel:+447400123456")]
    [InlineData("a phone-context", "7400123456;phone-context=+44")]
    [InlineData("two pluses", "++447400123456")]
    [InlineData("plus in the middle", "+44+7400123456")]
    [InlineData("plus behind digits", "4+47400123456")]
    [InlineData("plus and 00", "+00447400123456")]
    [InlineData("00 twice", "0000447400123456")]
    [InlineData("two numbers on two lines", "+447400123456\n+447400123457")]
    [InlineData("digits on a second line", "+44740012\n3456")]
    [InlineData("a slash, which lists a second number", "+447400123456/7")]
    [InlineData("U+0000", "+447400\u0000123456")]
    [InlineData("a control character", "+447400\u0007123456")]
    [InlineData("superscript digits", "+44740012345²")]
    [InlineData("circled digits", "+44740012345①")]
    [InlineData("a keycap digit", "+44740012345" + "6\uFE0F\u20E3")]
    [InlineData("an unassigned calling code", "+999123456789")]
    [InlineData("a calling code with a leading zero", "+0447400123456")]
    [InlineData("too short", "+290123")]
    [InlineData("too long for its country", "+4474001234567")]
    [InlineData("local only: no area code", "+12530000")]
    [InlineData("more digits than E.164 has, though Germany's table allows them", "+49123456789012345")]
    [InlineData("Mexico's former mobile prefix, a second spelling", "+5215512345678")]
    [InlineData("not idempotent in libphonenumber", "+86008613800138000")]
    public void What_is_not_a_number_in_international_form_is_refused(string reason, string? text)
    {
        Assert.False(PhoneNumber.TryParse(text, out var number), reason);
        Assert.Equal(default, number);
    }

    // Outside the table: an attribute is stored as UTF-8, which has no room for half a pair.
    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        Assert.False(PhoneNumber.TryParse("+447400123456\uD835", out _));
        Assert.False(PhoneNumber.TryParse("+4474001234\uDFD3" + "56", out _));
    }

    [Fact]
    public void Forty_characters_are_read_and_forty_one_are_not()
    {
        Assert.True(PhoneNumber.TryParse("+447400123456".PadRight(40), out _));
        Assert.False(PhoneNumber.TryParse("+447400123456".PadRight(41), out _));
    }

    [Theory]
    [InlineData("an ordinary mobile", "+447400123456", 44, "GB")]
    [InlineData("a US number", "+12025550123", 1, "US")]
    [InlineData("Canada shares the code", "+15143456789", 1, "CA")]
    [InlineData("Jamaica shares the code", "+18764567890", 1, "JM")]
    [InlineData("Guernsey shares the code", "+447781123456", 44, "GG")]
    [InlineData("China", "+8613800138000", 86, "CN")]
    [InlineData("possible though in no known range: the code's main region", "+15550000001", 1, "US")]
    [InlineData("a freephone number of no country", "+80012345678", 800, "ZZ")]
    [InlineData("Italy keeps its zero", "+390612345678", 39, "IT")]
    public void A_number_knows_its_calling_code_and_region(string reason, string text, int code, string region)
    {
        Assert.True(PhoneNumber.TryParse(text, out var number), reason);
        Assert.Equal((text, code, region), (number.E164, number.CountryCode, number.Region));
    }

    [Fact]
    public void No_number_has_no_spelling_and_no_region()
    {
        PhoneNumber none = default;
        Assert.Equal(("", 0, "ZZ", "", ""), (none.E164, none.CountryCode, none.Region, none.Masked, none.ToString()));
    }

    [Theory]
    [InlineData("ten digits after the code", "+447400123123", "+44*******123")]
    [InlineData("a code of one digit", "+12025550123", "+1*******123")]
    [InlineData("eight digits: the last three", "+4520123456", "+45*****456")]
    [InlineData("seven digits: the last two", "+3545112345", "+354*****45")]
    [InlineData("four digits: still only half of it", "+6834002", "+683**02")]
    public void A_number_is_shown_masked(string reason, string text, string masked)
    {
        Assert.True(PhoneNumber.TryParse(text, out var number), reason);
        Assert.Equal(masked, number.Masked);
    }

    [Fact]
    public void A_whole_number_does_not_slip_into_a_sentence()
    {
        Assert.True(PhoneNumber.TryParse("+447400123123", out var number));
        Assert.Equal("sent to +44*******123", $"sent to {number}");
        Assert.DoesNotContain("7400", number.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_range_of_test_numbers_is_accepted() =>
        Gen.Int[0, 999_999].Sample(n =>
        {
            var text = $"+447400{n:D6}";
            return PhoneNumber.TryParse(text, out var number) && number.E164 == text && number.Region == "GB";
        });

    [Fact]
    public void A_canonical_spelling_is_its_own_canonical_spelling() =>
        Gen.Select(Gen.OneOf("1", "7", "33", "378", "39", "44", "49", "52", "54", "55", "61", "64", "81", "86", "225", "592", "998", ""),
                Gen.Char['0', '9'].Array[1, 14])
            .Sample((code, digits) =>
            {
                if (!PhoneNumber.TryParse("+" + code + new string(digits), out var number))
                    return true;
                return PhoneNumber.TryParse(number.E164, out var again) && again == number
                    && number.E164[1..].All(char.IsAsciiDigit) && number.E164.Length <= 16;
            }, iter: 2_000);

    [Fact]
    public void However_a_number_is_decorated_it_is_the_same_number_or_none() =>
        Gen.Select(Gen.Int[0, 999_999], Gen.Select(Gen.Int[0, 12],
                Gen.Frequency((3, Gen.OneOf(' ', '-', '.', '(', ')', '\u200B', '\u202E', '\u00A0', '\n', '\uFEFF')), (1, Gen.Char)))
                .Array[0, 8])
            .Sample((n, decoration) =>
            {
                var plain = $"+447400{n:D6}";
                var text = plain;
                foreach (var (at, c) in decoration)
                    if (!char.IsDigit(c))
                        text = text.Insert(at, c.ToString());
                return !PhoneNumber.TryParse(text, out var number) || number.E164 == plain;
            }, iter: 2_000);

    [Fact]
    public void Any_text_is_read_or_refused_without_an_exception() =>
        Gen.Select(Gen.OneOf("", "+", "00", "+44"), Gen.String).Sample((start, text) =>
            PhoneNumber.TryParse(start + text, out var number)
                ? number.Masked.Length == number.E164.Length && number.Masked.Contains("**", StringComparison.Ordinal)
                : number == default, iter: 2_000);
}
