using Watchword.Core.Messages;
using Watchword.Core.Otp;

namespace Watchword.Core.Tests.Messages;

/// <summary>Which route takes a message, what a segment costs, and what may not be written.</summary>
public sealed class MessageRouteTests
{
    [Theory]
    [InlineData("everything", "", null, "FR", "+33612345678", true)]
    [InlineData("the region", "GB", null, "GB", "+447400000001", true)]
    [InlineData("another region", "GB", null, "FR", "+33612345678", false)]
    [InlineData("a region of the same calling code is another one", "GB", null, "JE", "+447797000001", false)]
    [InlineData("the calling code takes all its regions", "+44", null, "JE", "+447797000001", true)]
    [InlineData("another calling code", "+45", null, "GB", "+447400000001", false)]
    [InlineData("one of several", "FR +44", null, "GB", "+447400000001", true)]
    [InlineData("the calling code of a number without a region", "+800", null, "ZZ", "+80012345678", true)]
    [InlineData("no number, as for email", "+44", null, "ZZ", null, false)]
    [InlineData("the application", "", "app", "GB", "+447400000001", true)]
    [InlineData("another application", "", "other", "GB", "+447400000001", false)]
    [InlineData("both must fit", "FR", "app", "GB", "+447400000001", false)]
    public void A_route_takes_what_it_matches(string reason, string match, string? app, string region, string? number, bool takes)
    {
        var route = new MessageRoute(null, match.Split(' ', StringSplitOptions.RemoveEmptyEntries), app, OtpChannel.Sms, [new("p", null)]);
        Assert.True(takes == route.Takes(OtpChannel.Sms, "app", region, number), reason);
        Assert.False(route.Takes(OtpChannel.Email, "app", region, number), "another channel");
    }

    [Theory]
    [InlineData("UK", "GB +44", "UK")]
    [InlineData(null, "GB +44", "GB, +44")]
    [InlineData(null, "GB FR DE ES PT", "GB, FR, DE, ES, PT")]
    [InlineData(null, "GB FR DE ES PT IT", "GB, FR, DE, ES, PT, …")]
    [InlineData(null, "", "everywhere")]
    public void A_route_without_a_name_is_called_by_where_it_leads(string? name, string match, string title) =>
        Assert.Equal(title, new MessageRoute(name, match.Split(' ', StringSplitOptions.RemoveEmptyEntries), null, OtpChannel.Sms, [new("p", null)]).Title);

    [Theory]
    [InlineData("GB", true)]
    [InlineData("+44", true)]
    [InlineData("+1", true)]
    [InlineData("+800", true)]
    [InlineData("gb", false)]
    [InlineData("ZZ", false)]
    [InlineData("XX", false)]
    [InlineData("UK", false)]
    [InlineData("44", false)]
    [InlineData("+4", false)]
    [InlineData("+447", false)]
    [InlineData("+044", false)]
    [InlineData("", false)]
    [InlineData("+", false)]
    public void A_match_is_a_region_or_a_calling_code(string match, bool allowed) =>
        Assert.Equal(allowed, !Sms([match]).Faults().Any());

    [Theory]
    [InlineData("ACME", OtpChannel.Sms, true)]
    [InlineData("Eleven12345", OtpChannel.Sms, true)]
    [InlineData("Twelve123456", OtpChannel.Sms, false)]
    [InlineData("A B", OtpChannel.Sms, false)]
    [InlineData("", OtpChannel.Sms, false)]
    [InlineData("+", OtpChannel.Sms, false)]
    [InlineData("72345", OtpChannel.Sms, true)]
    [InlineData("+447700900123", OtpChannel.Sms, true)]
    [InlineData("+123456789012345", OtpChannel.Sms, true)]
    [InlineData("+1234567890123456", OtpChannel.Sms, false)]
    [InlineData("+ACME", OtpChannel.Sms, false)]
    [InlineData("login@acme.example", OtpChannel.Email, true)]
    [InlineData("ACME", OtpChannel.Email, false)]
    [InlineData("login@acme.example", OtpChannel.Sms, false)]
    public void A_sender_is_a_name_or_a_number_and_for_email_an_address(string sender, OtpChannel channel, bool allowed) =>
        Assert.Equal(allowed, !new MessageRoute(null, [], null, channel, [new("p", sender)]).Faults().Any());

    [Fact]
    public void Every_fault_of_a_route_is_named()
    {
        var route = new MessageRoute("a\nb", ["gb", "+1000"], null, OtpChannel.Sms, [new("p", "not allowed"), new("p", null)]);
        Assert.Equal(
            [
                "name must be 1 to 100 characters without control characters.",
                "match must hold regions such as GB and calling codes such as +44; 'gb' is neither.",
                "match must hold regions such as GB and calling codes such as +44; '+1000' is neither.",
                "providers names the same provider twice.",
                "providers[0].sender must be a name of 1 to 11 letters and digits, or a number of up to 15 digits such as +447700900123.",
            ],
            route.Faults());
        Assert.Single(new MessageRoute(null, [], null, OtpChannel.Sms, []).Faults());
        Assert.Single(new MessageRoute(null, [], null, OtpChannel.Direct, [new("p", null)]).Faults());
        Assert.Single(new MessageRoute(null, ["GB"], null, OtpChannel.Email, [new("p", null)]).Faults());
        RouteStop[] stops = [.. Enumerable.Range(0, MessageRoute.MostProviders + 1).Select(i => new RouteStop($"p{i}", null))];
        Assert.Empty(new MessageRoute(null, [], null, OtpChannel.Sms, stops[1..]).Faults());
        Assert.Single(new MessageRoute(null, [], null, OtpChannel.Sms, stops).Faults());
    }

    [Fact]
    public void An_unprintable_match_is_not_repeated() =>
        Assert.EndsWith("; an entry is neither.", Assert.Single(Sms(["\u202E\u0007"]).Faults()), StringComparison.Ordinal);

    [Theory]
    [InlineData("the provider in the region", "a", "GB", 1L)]
    [InlineData("the provider elsewhere", "a", "FR", 2L)]
    [InlineData("another provider in the region", "b", "GB", 3L)]
    [InlineData("another provider elsewhere", "b", "FR", 4L)]
    public void The_closest_price_counts(string reason, string provider, string region, long micros)
    {
        SegmentPrice[] prices = [new(null, null, 4), new("a", "GB", 1), new(null, "GB", 3), new("a", null, 2)];
        Assert.True(micros == SegmentPrice.For(prices, provider, region), reason);
        Assert.Equal(micros, SegmentPrice.For([.. prices.Reverse()], provider, region));
    }

    [Fact]
    public void Without_a_price_that_fits_there_is_none()
    {
        Assert.Null(SegmentPrice.For([], "a", "GB"));
        Assert.Null(SegmentPrice.For([new("a", "GB", 1), new("b", null, 1), new(null, "FR", 1)], "a", "DE"));
    }

    [Theory]
    [InlineData(0, null, true)]
    [InlineData(1_000_000_000, "GB", true)]
    [InlineData(-1, null, false)]
    [InlineData(1_000_000_001, null, false)]
    [InlineData(1, "+44", false)]
    [InlineData(1, "", false)]
    public void A_price_keeps_to_its_range(long micros, string? region, bool allowed) =>
        Assert.Equal(allowed, !new SegmentPrice(null, region, micros).Faults().Any());

    [Theory]
    [InlineData("EUR", true)]
    [InlineData("eur", false)]
    [InlineData("EURO", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_currency_is_three_capital_letters(string? code, bool allowed) => Assert.Equal(allowed, SegmentPrice.IsCurrency(code));

    private static MessageRoute Sms(IReadOnlyList<string> match) => new(null, match, null, OtpChannel.Sms, [new("p", null)]);
}
