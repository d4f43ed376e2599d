using Watchword.Core.Messages;

namespace Watchword.Core.Tests.Messages;

public class SenderIdTests
{
    [Theory]
    [InlineData("a name", "Acme")]
    [InlineData("one character", "A")]
    [InlineData("eleven characters", "Acme12345AB")]
    [InlineData("digits alone", "12345")]
    public void A_good_sender_has_no_fault(string reason, string senderId) => Assert.True(SenderId.Faults(senderId).Count == 0, reason);

    [Theory]
    [InlineData("empty", "", "1 to 11")]
    [InlineData("twelve characters", "Acme12345ABC", "1 to 11")]
    [InlineData("a space", "Acme Ltd", "letters")]
    [InlineData("a plus", "+447400123", "letters")]
    [InlineData("a newline behind", "Acme\n", "letters")]
    [InlineData("a Cyrillic look-alike", "\u0410cme", "letters")]
    [InlineData("full-width digits", "１２３", "letters")]
    [InlineData("a dash", "Ac-me", "letters")]
    public void A_bad_sender_is_told_its_one_fault(string reason, string senderId, string what)
    {
        var fault = Assert.Single(SenderId.Faults(senderId));
        Assert.True(fault.StartsWith("sender_id ", StringComparison.Ordinal) && fault.Contains(what, StringComparison.Ordinal), reason);
    }

    [Theory]
    [InlineData("United States", "US", true)]
    [InlineData("Canada", "CA", true)]
    [InlineData("China", "CN", true)]
    [InlineData("Great Britain", "GB", false)]
    [InlineData("an island of the North American operators", "PR", true)]
    [InlineData("South Korea", "KR", true)]
    [InlineData("New Zealand", "NZ", true)]
    [InlineData("Brazil", "BR", true)]
    [InlineData("South Africa", "ZA", true)]
    [InlineData("Belgium", "BE", true)]
    [InlineData("El Salvador", "SV", true)]
    [InlineData("of Hungary one carrier alone says it", "HU", false)]
    [InlineData("Hong Kong has rules of its own", "HK", false)]
    [InlineData("India wants names registered, not left out", "IN", false)]
    [InlineData("of Mexico the sources say different things", "MX", false)]
    [InlineData("France", "FR", false)]
    [InlineData("lower case is no region", "us", false)]
    [InlineData("unknown", "ZZ", false)]
    public void Some_regions_take_no_name(string reason, string region, bool forbidden) =>
        Assert.True(forbidden == SenderId.AlphanumericForbidden(region), reason);

    [Fact]
    public void What_a_region_does_with_a_name_is_said_in_words_that_follow_it()
    {
        Assert.Equal("carries messages from numbers and short codes only", SenderId.WhyForbidden("US"));
        Assert.Equal("puts a number in the place of a name", SenderId.WhyForbidden("CN"));
        Assert.Null(SenderId.WhyForbidden("GB"));
    }
}
