namespace Acme.Web;

/// <summary>Times as a page says them where no script counts down.</summary>
internal static class Words
{
    /// <summary>For example "28 seconds" or "5 minutes": never less than it is.</summary>
    public static string Span(int seconds) => seconds switch
    {
        1 => "1 second",
        < 100 => $"{seconds} seconds",
        _ => $"{(seconds + 59) / 60} minutes",
    };

    /// <summary>For example "25 Nov 2026, 14:03 UTC"; a script puts it into the reader's own time.</summary>
    public static string At(DateTimeOffset time) => time.UtcDateTime.ToString("d MMM yyyy, HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
}
