using CsCheck;
using Watchword.Core.Users;

namespace Watchword.Core.Tests.Users;

public class EmailAddressTests
{
    [Theory]
    [InlineData("everyday", "ada@example.com", "ada@example.com")]
    [InlineData("case is folded, in the local part too", "Ada.Lovelace@EXAMPLE.Com", "ada.lovelace@example.com")]
    [InlineData("a tag", "ada+login@example.com", "ada+login@example.com")]
    [InlineData("all that an atom may hold", "!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com")]
    [InlineData("a domain in Punycode", "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example")]
    [InlineData("digits in the domain", "a@1.2.3.4x", "a@1.2.3.4x")]
    [InlineData("localhost, for development", "ada@LocalHost", "ada@localhost")]
    public void An_address_has_one_spelling(string reason, string text, string canonical)
    {
        Assert.True(EmailAddress.TryParse(text, out var address), reason);
        Assert.Equal(canonical, address.Value);
        Assert.True(EmailAddress.TryParse(canonical, out var again));
        Assert.Equal(again, address);
    }

    [Theory]
    [InlineData("nothing", null)]
    [InlineData("empty", "")]
    [InlineData("no @", "example.com")]
    [InlineData("two @", "ada@b@example.com")]
    [InlineData("no local part", "@example.com")]
    [InlineData("no host", "ada@")]
    [InlineData("a host without a dot", "ada@intranet")]
    [InlineData("a space before", " ada@example.com")]
    [InlineData("a newline behind, the start of another header", "ada@example.com\r\nBcc: eve@example.com")]
    [InlineData("a space inside", "ad a@example.com")]
    [InlineData("U+0000", "ada\u0000@example.com")]
    [InlineData("a bidi control", "ada\u202E@example.com")]
    [InlineData("a zero-width space", "ada@exam\u200Bple.com")]
    [InlineData("UTF-8 local part", "zoë@example.com")]
    [InlineData("a Cyrillic look-alike", "\u0430da@example.com")]
    [InlineData("the Kelvin sign, which lower-cases to k", "\u212Aate@example.com")]
    [InlineData("UTF-8 domain", "ada@bücher.example")]
    [InlineData("a quoted local part", "\"ada\"@example.com")]
    [InlineData("a display name", "Ada <ada@example.com>")]
    [InlineData("a list", "ada@example.com,eve@example.com")]
    [InlineData("a comment", "ada(x)@example.com")]
    [InlineData("two dots", "ada..b@example.com")]
    [InlineData("a leading dot", ".ada@example.com")]
    [InlineData("a trailing dot", "ada.@example.com")]
    [InlineData("an empty label", "ada@example..com")]
    [InlineData("a root dot", "ada@example.com.")]
    [InlineData("a leading hyphen", "ada@-example.com")]
    [InlineData("a trailing hyphen", "ada@example-.com")]
    [InlineData("an underscore in the host", "ada@my_host.example")]
    [InlineData("an IPv4 address", "ada@192.0.2.1")]
    [InlineData("an address literal", "ada@[192.0.2.1]")]
    [InlineData("a port", "ada@example.com:25")]
    public void What_is_not_an_everyday_address_is_refused(string reason, string? text)
    {
        Assert.False(EmailAddress.TryParse(text, out var address), reason);
        Assert.Equal(default, address);
    }

    [Theory]
    [InlineData("local part of 64", 64, 11, true)]
    [InlineData("local part of 65", 65, 11, false)]
    [InlineData("254 in all", 64, 189, true)]
    [InlineData("255 in all", 64, 190, false)]
    public void Lengths_end_where_the_RFC_says(string reason, int local, int host, bool accepted)
    {
        // Labels of at most 50, so that only the sum matters.
        var name = string.Concat(Enumerable.Range(0, host - 4).Select(i => i % 50 == 49 ? '.' : 'x')) + ".com";
        Assert.True(accepted == EmailAddress.TryParse(new string('a', local) + "@" + name, out _), reason);
    }

    [Fact]
    public void A_label_of_63_is_accepted_and_of_64_is_not()
    {
        Assert.True(EmailAddress.TryParse($"ada@{new string('x', 63)}.com", out _));
        Assert.False(EmailAddress.TryParse($"ada@{new string('x', 64)}.com", out _));
    }

    [Theory]
    [InlineData("the first character and the host", "ada@example.com", "a***@example.com")]
    [InlineData("two characters", "ab@example.com", "a***@example.com")]
    [InlineData("one character would be the whole of it", "a@example.com", "***@example.com")]
    public void An_address_is_shown_masked(string reason, string text, string masked)
    {
        Assert.True(EmailAddress.TryParse(text, out var address), reason);
        Assert.Equal((masked, $"to {masked}"), (address.Masked, $"to {address}"));
    }

    [Fact]
    public void No_address_is_shown_as_nothing() => Assert.Equal(("", ""), (default(EmailAddress).Value, default(EmailAddress).ToString()));

    [Fact]
    public void Whatever_is_accepted_is_printable_lower_case_ASCII_with_one_at() =>
        Gen.Select(
                Gen.OneOf(Gen.String, Gen.OneOf('a', 'Z', '.', '+', ' ', '\u212A').Array[1, 5].Select(c => new string(c))),
                Gen.Frequency((3, Gen.OneOf("@", "@a", "@X.")), (1, Gen.String)),
                Gen.OneOf("com", "localhost", ".example", "b@c.de"))
            .Sample((a, b, c) => !EmailAddress.TryParse(a + b + c, out var address)
                || (address.Value.All(x => x is > ' ' and < '\u007F' and not (>= 'A' and <= 'Z'))
                    && address.Value.Count(x => x == '@') == 1), iter: 2_000);
}
