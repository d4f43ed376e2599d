using System.Text;
using CsCheck;
using Watchword.Core.Administrators;

namespace Watchword.Core.Tests.Administrators;

public sealed class TotpTests
{
    private static readonly byte[] Key = Encoding.ASCII.GetBytes("12345678901234567890");

    /// <summary>RFC 6238 appendix B, SHA-1; its codes have eight digits, ours are the last six.</summary>
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void The_codes_are_those_of_the_standard(long seconds, string code) =>
        Assert.Equal(code, Totp.CodeAt(Key, DateTimeOffset.FromUnixTimeSeconds(seconds)));

    [Theory]
    [InlineData("the step's first second", 1200, true)]
    [InlineData("its last", 1229, true)]
    [InlineData("the step after, whole", 1259, true)]
    [InlineData("a second later it is too old", 1260, false)]
    [InlineData("the step before, from its beginning", 1170, true)]
    [InlineData("a second earlier it is of the future", 1169, false)]
    public void A_code_is_taken_one_step_to_both_sides(string reason, long at, bool taken)
    {
        Assert.NotEmpty(reason);
        var code = Totp.CodeAt(Key, DateTimeOffset.FromUnixTimeSeconds(1200));
        Assert.Equal(taken ? 40L : null, Totp.Verify(Key, code, DateTimeOffset.FromUnixTimeSeconds(at), lastStep: 0));
    }

    [Fact]
    public void A_code_is_not_taken_again_nor_one_from_before_it()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1200);
        Assert.Null(Totp.Verify(Key, Totp.CodeAt(Key, now), now, lastStep: 40));
        Assert.Null(Totp.Verify(Key, Totp.CodeAt(Key, now.AddSeconds(-30)), now, lastStep: 40));
        Assert.Equal(41, Totp.Verify(Key, Totp.CodeAt(Key, now.AddSeconds(30)), now, lastStep: 40));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567")]
    [InlineData("１２３４５６")]
    public void What_is_no_code_is_refused(string? code) => Assert.Null(Totp.Verify(Key, code, DateTimeOffset.FromUnixTimeSeconds(1200), 0));

    [Fact]
    public void Spaces_in_a_code_do_not_matter()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1200);
        var code = Totp.CodeAt(Key, now);
        Assert.Equal(40, Totp.Verify(Key, $" {code[..3]} {code[3..]} ", now, 0));
    }

    [Fact]
    public void Apps_get_the_key_in_the_form_they_know() => Assert.Equal(
        "otpauth://totp/Watchword:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Watchword",
        Totp.Uri("Watchword", "ada@example.com", TypedCode.Base32(Key)));

    /// <summary>RFC 4648 §10.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Base32_is_that_of_the_standard(string text, string encoded) => Assert.Equal(encoded, TypedCode.Base32(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void A_typed_code_is_the_same_however_it_is_written()
    {
        var code = TypedCode.New();
        Assert.Matches("^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$", code);
        var canonical = code.Replace("-", "", StringComparison.Ordinal);
        foreach (var written in new[] { code, canonical, code.ToLowerInvariant(), code.Replace('-', ' '), $"  {code}\n" })
            Assert.Equal(canonical, TypedCode.Canonical(written));
        Assert.Null(TypedCode.Canonical(canonical[1..]));
        Assert.Null(TypedCode.Canonical("0" + canonical[1..]));
        Assert.Null(TypedCode.Canonical(null));
    }

    [Fact]
    public void Any_text_is_a_code_or_none_and_never_a_fault() =>
        Gen.String.Sample(text => TypedCode.Canonical(text) is null or { Length: 16 });
}
