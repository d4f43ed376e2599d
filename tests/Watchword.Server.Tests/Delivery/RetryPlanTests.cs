using Watchword.Server.Delivery;

namespace Watchword.Server.Tests.Delivery;

/// <summary>The rules of trying again, as tables.</summary>
public sealed class RetryPlanTests
{
    [Theory]
    [InlineData("taken: never again", "Accepted", 0, true, 300_000, "Sent")]
    [InlineData("taken at the last moment", "Accepted", 0, false, 0, "Sent")]
    [InlineData("taken after one unknown", "Accepted", 1, true, 300_000, "Sent")]
    [InlineData("refused: nobody else is asked", "Refused", 0, true, 300_000, "Failed")]
    [InlineData("refused after one unknown", "Refused", 1, true, 300_000, "Failed")]
    [InlineData("down: the next one", "TryLater", 0, true, 300_000, "NextLeg")]
    [InlineData("down, and there is no next one", "TryLater", 0, false, 300_000, "Later")]
    [InlineData("down after two unknown would not be reached, but is no copy", "TryLater", 1, true, 300_000, "NextLeg")]
    [InlineData("wrong credentials: the next one", "Misconfigured", 0, true, 300_000, "NextLeg")]
    [InlineData("wrong credentials, which may be put right", "Misconfigured", 0, false, 300_000, "Later")]
    [InlineData("first unknown: the next one", "Unknown", 1, true, 300_000, "NextLeg")]
    [InlineData("first unknown, alone", "Unknown", 1, false, 300_000, "Later")]
    [InlineData("second unknown: no third copy", "Unknown", 2, true, 300_000, "GivenUp")]
    [InlineData("second unknown, at the end of life", "Unknown", 2, true, 0, "GivenUp")]
    [InlineData("a second of life is enough", "TryLater", 0, true, 1_000, "NextLeg")]
    [InlineData("less is not", "TryLater", 0, true, 999, "Expired")]
    [InlineData("less is not, for unknown either", "Unknown", 1, false, 999, "Expired")]
    public void What_follows_an_outcome(string reason, string outcome, int unknownTries, bool moreLegs, int life, string expected) =>
        Assert.True(
            Enum.Parse<NextStep>(expected) == RetryPlan.After(Enum.Parse<SendOutcome>(outcome), unknownTries, moreLegs, TimeSpan.FromMilliseconds(life)), reason);

    [Theory]
    [InlineData("first", 1, 300_000, 0, 1_000)]
    [InlineData("first, a quarter more at most", 1, 300_000, 1, 1_250)]
    [InlineData("second", 2, 300_000, 0, 2_000)]
    [InlineData("fifth", 5, 300_000, 0, 16_000)]
    [InlineData("sixth: the longest", 6, 300_000, 0, 30_000)]
    [InlineData("hundredth: the longest", 100, 300_000, 1, 37_500)]
    [InlineData("none begun yet", 0, 300_000, 0, 1_000)]
    [InlineData("half of what is left", 6, 20_000, 0, 10_000)]
    [InlineData("half of what is left, jitter included", 1, 2_000, 1, 1_000)]
    [InlineData("a second is left", 1, 1_000, 0, 500)]
    public void Waiting_doubles_and_ends_before_the_code_does(string reason, int tries, int life, double chance, int expected) =>
        Assert.True(TimeSpan.FromMilliseconds(expected) == RetryPlan.Backoff(tries, TimeSpan.FromMilliseconds(life), chance), reason);

    [Theory]
    [InlineData(999)]
    [InlineData(0)]
    [InlineData(-1)]
    public void Less_than_a_second_of_life_is_too_late(int life)
    {
        Assert.Null(RetryPlan.Backoff(1, TimeSpan.FromMilliseconds(life), 0));
        Assert.Null(RetryPlan.Patience(TimeSpan.Zero, TimeSpan.FromMilliseconds(life), 0));
    }

    [Theory]
    [InlineData(0, 250)]
    [InlineData(3_000, 3_000)]
    [InlineData(3_600_000, 10_000)]
    public void Without_room_a_message_comes_back_when_there_may_be_some(int room, int expected) =>
        Assert.Equal(TimeSpan.FromMilliseconds(expected), RetryPlan.Patience(TimeSpan.FromMilliseconds(room), TimeSpan.FromMinutes(5), 0));

    [Theory]
    [InlineData(null, "ABC")]
    [InlineData("A", "BCA")]
    [InlineData("B", "ABC")]
    [InlineData("Z", "ABC")]
    public void A_new_try_does_not_begin_with_the_provider_that_failed_last(string? failedLast, string expected) =>
        Assert.Equal(expected, string.Concat(RetryPlan.Order([LegTo("A"), LegTo("B"), LegTo("C")], failedLast).Select(l => l.Provider.ProviderId)));

    [Fact]
    public void The_only_provider_is_tried_again() => Assert.Single(RetryPlan.Order([LegTo("A")], "A"));

    [Theory]
    [InlineData("nobody asked", null, null, "GB", null, false)]
    [InlineData("the route's", null, "Acme", "GB", "Acme", false)]
    [InlineData("the caller's wins", "Bank", "Acme", "GB", "Bank", false)]
    [InlineData("no names in the US", null, "Acme", "US", null, true)]
    [InlineData("no names in Canada", "Bank", null, "CA", null, true)]
    [InlineData("numbers are fine in China", null, "+861069", "CN", "+861069", false)]
    [InlineData("short codes are fine in the US", "73737", "Acme", "US", "73737", false)]
    [InlineData("the route's number stands in for a name", "Bank", "+12025550123", "US", "+12025550123", true)]
    public void The_sender_is_the_callers_or_the_routes_and_no_name_where_names_are_forbidden(
        string reason, string? asked, string? ofRoute, string region, string? expected, bool noted)
    {
        var (sender, note) = RetryPlan.SenderOf(asked, ofRoute, region);
        Assert.True(expected == sender && noted == note is not null, reason);
        if (noted)
            Assert.StartsWith(region, note, StringComparison.Ordinal);
    }

    private static Leg LegTo(string id) => new(new OpenProvider(id, 0, new FakeProvider(id), 1, null, null, null), null);
}
