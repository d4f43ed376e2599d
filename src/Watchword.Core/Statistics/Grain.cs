namespace Watchword.Core.Statistics;

/// <summary>How finely is counted: everything is counted by the minute, by the hour and by the day, and the finer the sooner forgotten.</summary>
/// <param name="Length">How long one span is. Spans begin where UTC's minutes, hours and days do.</param>
/// <param name="Kept">How long a span is kept, from its beginning.</param>
public sealed record Grain(TimeSpan Length, TimeSpan Kept)
{
    /// <summary>For the last hour, and the one before it to compare with.</summary>
    public static readonly Grain Minute = new(TimeSpan.FromMinutes(1), TimeSpan.FromHours(3));

    /// <summary>For the last week, and the one before it to compare with.</summary>
    public static readonly Grain Hour = new(TimeSpan.FromHours(1), TimeSpan.FromDays(15));

    /// <summary>For all that is longer: a year, and a month to compare with.</summary>
    public static readonly Grain Day = new(TimeSpan.FromDays(1), TimeSpan.FromDays(400));

    /// <summary>The finest first.</summary>
    public static IReadOnlyList<Grain> All { get; } = [Minute, Hour, Day];

    /// <summary>Where the span begins in which an instant lies.</summary>
    public DateTimeOffset Begin(DateTimeOffset at) =>
        DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds() / (long)Length.TotalMilliseconds * (long)Length.TotalMilliseconds);

    /// <summary>Whether the span of an instant is kept still: what is told late of a message that is long gone is not counted by the minute any more.</summary>
    public bool Keeps(DateTimeOffset at, DateTimeOffset now) => Begin(at) > now - Kept;
}
