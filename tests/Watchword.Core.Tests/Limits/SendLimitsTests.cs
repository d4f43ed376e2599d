using CsCheck;
using Watchword.Core.Limits;

namespace Watchword.Core.Tests.Limits;

public class SendLimitsTests
{
    private const long Now = 1_800_000_000_000;
    private const long Second = 1000;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;
    private const long Day = 24 * Hour;
    private static readonly SendLimits Off = new(0, 0, 0, 0);

    [Fact]
    public void The_defaults_are_the_documented_ones() => Assert.Equal(new SendLimits(30, 5, 10, 30), new SendLimits());

    [Fact]
    public void The_first_send_is_allowed() => Assert.Equal(SendDecision.Yes, new SendLimits().Judge([], Now));

    // Each limit alone, so that it is that one which trips, with the oldest send that counts just inside and just outside.
    public static TheoryData<string, SendLimits, int, long, SendLimit> Alone => new()
    {
        { "the pause", Off with { CooldownSeconds = 30 }, 1, 30 * Second, SendLimit.Cooldown },
        { "the longest pause", Off with { CooldownSeconds = 3600 }, 1, Hour, SendLimit.Cooldown },
        { "ten minutes", Off with { PerTenMinutes = 3 }, 3, 10 * Minute, SendLimit.PerTenMinutes },
        { "an hour", Off with { PerHour = 3 }, 3, Hour, SendLimit.PerHour },
        { "a day", Off with { PerDay = 3 }, 3, Day, SendLimit.PerDay },
        { "a limit of one", Off with { PerDay = 1 }, 1, Day, SendLimit.PerDay },
    };

    [Theory]
    [MemberData(nameof(Alone))]
    public void Each_limit_trips_to_the_millisecond(string reason, SendLimits limits, int count, long window, SendLimit limit)
    {
        var recent = Enumerable.Repeat(Now, count - 1).ToArray();
        Assert.True(new SendDecision(false, 1, limit) == limits.Judge([.. recent, Now - window + 1], Now), reason);
        Assert.True(SendDecision.Yes == limits.Judge([.. recent, Now - window], Now), reason);
        Assert.True(SendDecision.Yes == limits.Judge([.. recent, Now - window - 1], Now), reason);
    }

    [Theory]
    [MemberData(nameof(Alone))]
    public void Each_limit_takes_one_less_than_its_count_and_is_silent_when_off(
        string reason, SendLimits limits, int count, long window, SendLimit limit)
    {
        _ = (window, limit);
        Assert.True(SendDecision.Yes == limits.Judge([.. Enumerable.Repeat(Now - 1, count - 1)], Now), reason);
        Assert.False(limits.Judge([.. Enumerable.Repeat(Now - 1, count)], Now).Allowed, reason);
        Assert.True(SendDecision.Yes == Off.Judge([.. Enumerable.Repeat(Now, 2000)], Now), reason);
    }

    [Theory]
    [MemberData(nameof(Alone))]
    public void Each_limit_stays_still_while_its_neighbours_trip(string reason, SendLimits limits, int count, long window, SendLimit limit)
    {
        // The others are set so that they trip on these sends; this one is switched off.
        var sends = Enumerable.Repeat(Now - 1, count).ToArray();
        var others = new SendLimits(1, 1, 1, 1);
        others = limit switch
        {
            SendLimit.Cooldown => others with { CooldownSeconds = 0 },
            SendLimit.PerTenMinutes => others with { PerTenMinutes = 0 },
            SendLimit.PerHour => others with { PerHour = 0 },
            _ => others with { PerDay = 0 },
        };
        var refusal = others.Judge(sends, Now);
        Assert.False(refusal.Allowed, reason);
        Assert.NotEqual(limit, refusal.Limit);
        Assert.True(limits.Judge(sends, Now + window).Allowed, reason);
    }

    [Theory]
    [InlineData("the whole pause", 0, 30)]
    [InlineData("a millisecond later it is still 30 s, rounded up", 1, 30)]
    [InlineData("999 ms later", 999, 30)]
    [InlineData("a second later", 1000, 29)]
    [InlineData("one second before the end", 29_000, 1)]
    [InlineData("one millisecond before the end", 29_999, 1)]
    public void The_wait_is_told_in_whole_seconds_rounded_up(string reason, long passed, int seconds) =>
        Assert.True(new SendDecision(false, seconds, SendLimit.Cooldown) == new SendLimits().Judge([Now - passed], Now), reason);

    [Fact]
    public void The_longest_wait_is_told_when_several_limits_trip()
    {
        var limits = new SendLimits(30, 2, 3, 4);
        Assert.Equal(new(false, 30, SendLimit.Cooldown), limits.Judge([Now], Now));
        Assert.Equal(new(false, 600, SendLimit.PerTenMinutes), limits.Judge([Now, Now], Now));
        Assert.Equal(new(false, 3600, SendLimit.PerHour), limits.Judge([Now, Now, Now], Now));
        Assert.Equal(new(false, 86_400, SendLimit.PerDay), limits.Judge([Now, Now, Now, Now], Now));
        // The hour is full too, but its oldest leaves sooner than the pause ends.
        Assert.Equal(new(false, 30, SendLimit.Cooldown), new SendLimits(30, 0, 2, 0).Judge([Now, Now - Hour + (10 * Second)], Now));
    }

    [Fact]
    public void The_wait_counts_from_the_send_that_must_leave_not_from_the_oldest()
    {
        // Five in the window where three are allowed (the limit was lowered): three of them must leave.
        long[] sends = [Now - (9 * Minute), Now - (8 * Minute), Now - (7 * Minute), Now - (6 * Minute), Now - (5 * Minute)];
        Assert.Equal(new(false, 180, SendLimit.PerTenMinutes), (Off with { PerTenMinutes = 3 }).Judge(sends, Now));
    }

    [Fact]
    public void A_clock_set_back_holds_nobody_longer_than_the_window() =>
        Assert.Equal(new(false, 30, SendLimit.Cooldown), new SendLimits().Judge([Now + Hour], Now));

    private static readonly Gen<SendLimits> AnyLimits =
        Gen.Select(Gen.Int[0, 3600], Gen.Int[0, 6], Gen.Int[0, 8], Gen.Int[0, 10], (a, b, c, d) => new SendLimits(a, b, c, d));

    private static readonly Gen<long[]> AnySends =
        Gen.OneOf(Gen.Long[0, 2 * Hour], Gen.Long[0, 2 * Day]).Select(ago => Now - ago).Array[0, 30];

    [Fact]
    public void After_the_wait_a_send_is_allowed_and_a_second_before_it_is_not() =>
        Gen.Select(AnyLimits, AnySends).Sample((limits, sends) =>
        {
            var decision = limits.Judge(sends, Now);
            if (decision.Allowed)
            {
                Assert.Equal(SendDecision.Yes, decision);
                return;
            }

            Assert.InRange(decision.RetryAfter, 1, 86_400);
            Assert.True(limits.Judge(sends, Now + (decision.RetryAfter * Second)).Allowed);
            Assert.False(limits.Judge(sends, Now + ((decision.RetryAfter - 1) * Second)).Allowed);
        });

    [Fact]
    public void The_verdict_is_that_of_counting() =>
        Gen.Select(AnyLimits, AnySends).Sample((limits, sends) =>
        {
            bool Free(int count, long window) => count == 0 || sends.Count(s => Now - s < window) < count;
            var expected = Free(limits.CooldownSeconds == 0 ? 0 : 1, limits.CooldownSeconds * Second)
                && Free(limits.PerTenMinutes, 10 * Minute)
                && Free(limits.PerHour, Hour) && Free(limits.PerDay, Day);
            return limits.Judge(sends, Now).Allowed == expected;
        });

    [Fact]
    public void Order_does_not_matter() =>
        Gen.Select(AnyLimits, AnySends).Sample((limits, sends) =>
            limits.Judge(sends, Now) == limits.Judge([.. sends.Order()], Now)
            && limits.Judge(sends, Now) == limits.Judge([.. sends.Reverse()], Now));

    [Fact]
    public void Sends_are_kept_for_a_day_to_the_millisecond() =>
        Assert.Equal([Now - Day + 1, Now], SendLimits.Keep([Now, Now - Day, Now - Day + 1, Now - Day - 1], Now));

    [Fact]
    public void Only_the_newest_thousand_are_kept()
    {
        var sends = Enumerable.Range(0, 1001).Select(i => Now - 1000 + i).ToArray();
        var kept = SendLimits.Keep(sends, Now);
        Assert.Equal(1000, kept.Count);
        Assert.Equal([.. sends.Skip(1)], kept);
        Assert.False((Off with { PerDay = 1000 }).Judge(kept, Now).Allowed);
    }

    [Fact]
    public void What_is_dropped_never_changed_a_verdict() =>
        Gen.Select(AnyLimits, AnySends, Gen.Long[0, Day]).Sample((limits, sends, later) =>
            limits.Judge(sends, Now + later) == limits.Judge(SendLimits.Keep(sends, Now), Now + later));

    [Fact]
    public void Sends_come_back_from_their_bytes() =>
        Gen.Long.Array[0, 50].Sample(sends => SendLimits.Unpack(SendLimits.Pack(sends)).SequenceEqual(sends));

    [Fact]
    public void Packed_sends_are_eight_big_endian_bytes_each()
    {
        Assert.Equal([0, 0, 0, 0, 0, 0, 1, 2, 255, 255, 255, 255, 255, 255, 255, 255], SendLimits.Pack([258, -1]));
        Assert.Empty(SendLimits.Unpack([]));
    }

    [Fact]
    public void Half_a_send_is_told_not_guessed() => Assert.Throws<FormatException>(() => SendLimits.Unpack([1, 2, 3]));

    [Theory]
    [InlineData("all off", 0, 0, 0, 0, null)]
    [InlineData("all at their top", 3600, 1000, 1000, 1000, null)]
    [InlineData("pause below", -1, 0, 0, 0, "cooldown_seconds must be between 0 and 3600")]
    [InlineData("pause above", 3601, 0, 0, 0, "cooldown_seconds must be between 0 and 3600")]
    [InlineData("ten minutes below", 0, -1, 0, 0, "per_10_minutes must be between 0 and 1000")]
    [InlineData("ten minutes above", 0, 1001, 0, 0, "per_10_minutes must be between 0 and 1000")]
    [InlineData("hour below", 0, 0, -1, 0, "per_hour must be between 0 and 1000")]
    [InlineData("hour above", 0, 0, 1001, 0, "per_hour must be between 0 and 1000")]
    [InlineData("day below", 0, 0, 0, -1, "per_day must be between 0 and 1000")]
    [InlineData("day above", 0, 0, 0, 1001, "per_day must be between 0 and 1000")]
    public void Settings_out_of_range_are_told_by_their_names(string reason, int cooldown, int tenMinutes, int hour, int day, string? fault)
    {
        var faults = new SendLimits(cooldown, tenMinutes, hour, day).Faults();
        if (fault is null)
            Assert.True(faults.Count == 0, reason);
        else
            Assert.StartsWith(fault, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_are_told_at_once() => Assert.Equal(4, new SendLimits(-1, -1, -1, -1).Faults().Count);
}
