using Watchword.Core.Statistics;

namespace Watchword.Core.Tests.Statistics;

/// <summary>Where spans begin and how long they are kept.</summary>
public sealed class GrainTests
{
    private static readonly DateTimeOffset Instant = new(2026, 11, 23, 12, 34, 56, 789, TimeSpan.Zero);

    [Fact]
    public void Spans_begin_where_minutes_hours_and_days_of_UTC_do()
    {
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 12, 34, 0, TimeSpan.Zero), Grain.Minute.Begin(Instant));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero), Grain.Hour.Begin(Instant));
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero), Grain.Day.Begin(Instant));
        // Whatever the offset in which the instant is written, and at its very beginning.
        Assert.Equal(Grain.Day.Begin(Instant), Grain.Day.Begin(Instant.ToOffset(TimeSpan.FromHours(14))));
        Assert.All(Grain.All, g => Assert.Equal(g.Begin(Instant), g.Begin(g.Begin(Instant))));
        Assert.All(Grain.All, g => Assert.Equal(g.Begin(Instant) - g.Length, g.Begin(g.Begin(Instant).AddMilliseconds(-1))));
    }

    [Fact]
    public void A_span_is_kept_to_the_millisecond() =>
        Assert.All(Grain.All, g =>
        {
            var end = g.Begin(Instant) + g.Kept;
            Assert.True(g.Keeps(Instant, end.AddMilliseconds(-1)));
            Assert.False(g.Keeps(Instant, end));
        });
}
