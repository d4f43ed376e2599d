using CsCheck;
using Watchword.Core.Messages;

namespace Watchword.Core.Tests.Messages;

public class SmsSegmentsTests
{
    private const string Basic =
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
        "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

    [Theory]
    [InlineData("empty is one message", "", 0, SmsEncoding.Gsm7, 0, 1)]
    [InlineData("160 fill one", "a", 160, SmsEncoding.Gsm7, 160, 1)]
    [InlineData("161 need two", "a", 161, SmsEncoding.Gsm7, 161, 2)]
    [InlineData("306 fill two of 153", "a", 306, SmsEncoding.Gsm7, 306, 2)]
    [InlineData("307 need three", "a", 307, SmsEncoding.Gsm7, 307, 3)]
    [InlineData("80 euros fill one", "€", 80, SmsEncoding.Gsm7, 160, 1)]
    [InlineData("81 euros need two", "€", 81, SmsEncoding.Gsm7, 162, 2)]
    [InlineData("152 euros: 76 each, as an escape pair does not split", "€", 152, SmsEncoding.Gsm7, 304, 2)]
    [InlineData("153 euros: 306 septets, yet three messages", "€", 153, SmsEncoding.Gsm7, 306, 3)]
    [InlineData("70 fill one", "я", 70, SmsEncoding.Ucs2, 70, 1)]
    [InlineData("71 need two", "я", 71, SmsEncoding.Ucs2, 71, 2)]
    [InlineData("134 fill two of 67", "я", 134, SmsEncoding.Ucs2, 134, 2)]
    [InlineData("135 need three", "я", 135, SmsEncoding.Ucs2, 135, 3)]
    [InlineData("35 emoji fill one", "😀", 35, SmsEncoding.Ucs2, 70, 1)]
    [InlineData("36 emoji need two", "😀", 36, SmsEncoding.Ucs2, 72, 2)]
    [InlineData("66 emoji: 33 each, as a pair does not split", "😀", 66, SmsEncoding.Ucs2, 132, 2)]
    [InlineData("67 emoji: 134 units, yet three messages", "😀", 67, SmsEncoding.Ucs2, 134, 3)]
    public void Messages_end_where_the_standard_says(string reason, string character, int times, SmsEncoding encoding, int units, int count)
    {
        var segments = SmsSegments.Of(string.Concat(Enumerable.Repeat(character, times)));
        Assert.True(new SmsSegments(encoding, units, count) == segments, $"{reason}: {segments}");
    }

    [Fact]
    public void The_default_alphabet_has_127_characters_of_one_septet()
    {
        Assert.Equal(127, Basic.Distinct().Count());
        foreach (var c in Basic)
            Assert.Equal(new SmsSegments(SmsEncoding.Gsm7, 1, 1), SmsSegments.Of(c.ToString()));
    }

    [Fact]
    public void The_extension_table_costs_two_septets()
    {
        foreach (var c in "^{}\\[~]|€\f")
            Assert.Equal(new SmsSegments(SmsEncoding.Gsm7, 2, 1), SmsSegments.Of(c.ToString()));
    }

    [Theory]
    [InlineData("the escape character itself", "\u001B")]
    [InlineData("a grave accent", "`")]
    [InlineData("a tab", "\t")]
    [InlineData("c with cedilla, of which only the capital is in the table", "ç")]
    [InlineData("a capital Greek letter that looks like A", "Α")]
    [InlineData("a typographer's apostrophe", "’")]
    [InlineData("a no-break space", "\u00A0")]
    public void One_character_outside_the_alphabet_makes_it_UCS2(string reason, string text) =>
        Assert.True(SmsSegments.Of(text + "{") == new SmsSegments(SmsEncoding.Ucs2, 2, 1), reason);

    // Outside the table: an attribute is stored as UTF-8, which has no room for half a pair.
    [Fact]
    public void Half_a_surrogate_pair_is_one_unit() => Assert.Equal(new SmsSegments(SmsEncoding.Ucs2, 2, 1), SmsSegments.Of("\uD83D{"));

    [Fact]
    public void Cutting_the_text_by_hand_gives_the_same_count()
    {
        var gsm = Gen.OneOf((Basic + "€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€{}[]^~|\\\f").Select(c => c.ToString()).ToArray());
        var any = Gen.OneOf(gsm, Gen.OneOf("😀", "я", "𝟓", "\u200D"));
        Gen.OneOf(gsm, any).Array[0, 700].Sample(characters =>
        {
            var segments = SmsSegments.Of(string.Concat(characters));
            var ucs2 = characters.Any(c => !(Basic + "€{}[]^~|\\\f").Contains(c, StringComparison.Ordinal));
            Assert.Equal(ucs2 ? SmsEncoding.Ucs2 : SmsEncoding.Gsm7, segments.Encoding);
            int Cost(string c) => ucs2 ? c.Length : Basic.Contains(c, StringComparison.Ordinal) ? 1 : 2;
            var (alone, joined) = ucs2 ? (70, 67) : (160, 153);
            Assert.Equal(characters.Sum(Cost), segments.Units);

            var parts = new List<int>();
            var rest = characters.AsEnumerable();
            while (rest.Any())
            {
                var taken = Enumerable.Range(1, rest.Count()).TakeWhile(n => rest.Take(n).Sum(Cost) <= joined).Last();
                parts.Add(rest.Take(taken).Sum(Cost));
                rest = [.. rest.Skip(taken)];
            }

            Assert.Equal(segments.Units <= alone ? 1 : parts.Count, segments.Count);
        }, iter: 50);
    }

    [Fact]
    public void A_longer_text_never_takes_fewer_messages() =>
        Gen.Select(Gen.String[0, 400], Gen.String[0, 20]).Sample((a, b) => SmsSegments.Of(a + b).Count >= SmsSegments.Of(a).Count);
}
