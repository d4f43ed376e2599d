using Watchword.Core.Otp;

namespace Watchword.Core.Tests.Otp;

/// <summary>Codes are uniform over all digits, leading zeros kept, and do not show themselves.</summary>
public sealed class PasscodeTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    public void Every_digit_is_as_likely_as_any_other_at_every_place(int length)
    {
        const int Codes = 20_000;
        var seen = new int[length, 10];
        for (var n = 0; n < Codes; n++)
        {
            var code = Passcode.Generate(length).Reveal();
            Assert.Equal(length, code.Length);
            for (var place = 0; place < length; place++)
                seen[place, code[place] - '0']++;
        }
        for (var place = 0; place < length; place++)
        {
            var expected = Codes / 10.0;
            var chiSquare = Enumerable.Range(0, 10).Sum(digit => Math.Pow(seen[place, digit] - expected, 2) / expected);
            // 9 degrees of freedom: fair codes exceed 55 once in 10^8 runs; a first digit that is never 0 gives over 2,000.
            Assert.True(chiSquare < 55, $"place {place}: chi-square {chiSquare:F1}");
        }
    }

    [Fact]
    public void Neighbouring_digits_do_not_depend_on_each_other()
    {
        const int Codes = 30_000;
        var pairs = new int[100];
        for (var n = 0; n < Codes; n++)
        {
            var code = Passcode.Generate(4).Reveal();
            pairs[((code[0] - '0') * 10) + code[1] - '0']++;
        }
        var expected = Codes / 100.0;
        // 99 degrees of freedom: fair codes exceed 200 less than once in 10^8 runs.
        Assert.True(pairs.Sum(count => Math.Pow(count - expected, 2) / expected) < 200);
    }

    [Fact]
    public void Codes_do_not_repeat_each_other()
    {
        var codes = Enumerable.Range(0, 1000).Select(_ => Passcode.Generate(8).Reveal()).ToHashSet(StringComparer.Ordinal);
        // A thousand of a hundred million: 0.005 pairs are to be expected, five would be a broken generator.
        Assert.InRange(codes.Count, 996, 1000);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(0)]
    [InlineData(-1)]
    public void A_code_has_four_to_eight_digits(int length) => Assert.Throws<ArgumentOutOfRangeException>(() => Passcode.Generate(length));

    [Fact]
    public void Its_text_form_is_masked()
    {
        var code = Passcode.Generate(8);
        foreach (var text in (string[])[code.ToString(), $"{code}", string.Format(System.Globalization.CultureInfo.InvariantCulture, "{0}", code), string.Concat("", code)])
            Assert.Equal("[passcode]", text);
        Assert.DoesNotContain(code.Reveal(), System.Text.Json.JsonSerializer.Serialize(code), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the shortest", "0000", true)]
    [InlineData("the longest", "12345678", true)]
    [InlineData("too short", "123", false)]
    [InlineData("too long", "123456789", false)]
    [InlineData("a letter", "12345a", false)]
    [InlineData("another script's digits", "١٢٣٤٥٦", false)]
    [InlineData("a newline behind", "123456\n", false)]
    [InlineData("nothing", null, false)]
    public void A_chosen_code_is_four_to_eight_digits(string reason, string? digits, bool allowed)
    {
        Assert.True(Passcode.IsCode(digits) == allowed, reason);
        if (allowed)
            Assert.Equal(digits, Passcode.Fixed(digits!).Reveal());
        else
            Assert.ThrowsAny<ArgumentException>(() => Passcode.Fixed(digits!));
    }

    [Fact]
    public void A_chosen_code_is_masked_like_any_other() => Assert.DoesNotContain("0042", $"{Passcode.Fixed("0042")}", StringComparison.Ordinal);
}
