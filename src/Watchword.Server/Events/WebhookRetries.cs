namespace Watchword.Server.Events;

/// <summary>When a delivery that failed is tried again.</summary>
internal static class WebhookRetries
{
    /// <summary>After so long of nothing but failures a webhook is switched off.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(5);

    /// <summary>The longest that a webhook may ask to be left alone.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>After each try that failed; after the last there is none.</summary>
    public static IReadOnlyList<TimeSpan> Waits { get; } =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12), TimeSpan.FromHours(24),
    ];

    /// <summary>
    /// How long to wait, up to a tenth longer than the table says, so that what failed together is not tried together; and no shorter than
    /// the webhook asked for. Null: that was the last try.
    /// </summary>
    /// <param name="tries">Tries made.</param>
    /// <param name="asked">How long the webhook asked to be left alone.</param>
    /// <param name="chance">From 0 up to 1.</param>
    public static TimeSpan? After(long tries, TimeSpan? asked, double chance)
    {
        if (tries > Waits.Count)
            return null;
        var wait = Waits[(int)Math.Max(0, tries - 1)] * (1 + (chance / 10));
        var pause = asked > LongestPause ? LongestPause : asked;
        return pause > wait ? pause : wait;
    }
}
