using Watchword.Core.Messages;

namespace Watchword.Core.Tests.Messages;

public class AutofillDomainTests
{
    [Theory]
    [InlineData("a host", "login.example.com")]
    [InlineData("a domain", "example.com")]
    [InlineData("an international name", "xn--bcher-kva.example")]
    [InlineData("digits and hyphens", "a-1.4.example")]
    [InlineData("a top-level domain in xn-- form", "example.xn--p1ai")]
    public void A_good_host_has_no_fault(string reason, string host) => Assert.True(AutofillDomain.Fault(host) is null, reason);

    [Theory]
    [InlineData("empty", "")]
    [InlineData("a scheme", "https://example.com")]
    [InlineData("a port", "example.com:443")]
    [InlineData("a path", "example.com/login")]
    [InlineData("a person", "me@example.com")]
    [InlineData("a number sign", "example.com#1")]
    [InlineData("a space", "example.com evil.example")]
    [InlineData("a newline", "example.com\n")]
    [InlineData("capitals", "Example.com")]
    [InlineData("one label", "localhost")]
    [InlineData("a dot behind", "example.com.")]
    [InlineData("a dot before", ".example.com")]
    [InlineData("two dots", "example..com")]
    [InlineData("a hyphen first", "-a.example")]
    [InlineData("a hyphen last", "a-.example")]
    [InlineData("an underscore", "a_b.example")]
    [InlineData("a wildcard", "*.example.com")]
    [InlineData("an address", "192.0.2.1")]
    [InlineData("an IPv6 address", "[2001:db8::1]")]
    [InlineData("Unicode", "bücher.example")]
    [InlineData("a Cyrillic look-alike", "ex\u0430mple.com")]
    [InlineData("an invisible character", "example\u200B.com")]
    public void A_bad_host_is_told_what_a_good_one_is(string reason, string host) =>
        Assert.True(AutofillDomain.Fault(host)?.StartsWith("must be a host name", StringComparison.Ordinal) == true, reason);

    [Fact]
    public void Labels_end_at_63_and_names_at_253_characters()
    {
        Assert.Null(AutofillDomain.Fault(new string('a', 63) + ".example"));
        Assert.NotNull(AutofillDomain.Fault(new string('a', 64) + ".example"));
        var labels = string.Concat(Enumerable.Repeat(new string('a', 49) + ".", 5));
        Assert.Null(AutofillDomain.Fault(labels + "abc"));
        Assert.NotNull(AutofillDomain.Fault(labels + "abcd"));
    }

    [Fact]
    public void The_line_for_phones_is_the_last_one() =>
        Assert.Equal("042042 from Acme\n@login.example.com #042042", AutofillDomain.Bind("042042 from Acme", "login.example.com", "042042"));
}
