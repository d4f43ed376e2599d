using System.Globalization;

namespace Watchword.Server.Api;

/// <summary>Reads what a query asks for, collecting every fault.</summary>
internal static class QueryFilters
{
    private const int LongestText = 128;

    /// <summary>An instant in ISO 8601; null when absent or wrong.</summary>
    public static DateTimeOffset? Instant(string name, string? text, List<string> faults)
    {
        if (text is null)
            return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant))
            return instant;
        faults.Add($"{name} must be an instant such as 2026-11-23T12:00:00Z.");
        return null;
    }

    /// <summary>Whether texts can be looked for.</summary>
    public static void Check(List<string> faults, params ReadOnlySpan<(string Name, string? Value)> texts)
    {
        foreach (var (name, value) in texts)
        {
            if (value is not null && (value.Length is 0 or > LongestText || value.Any(c => char.IsControl(c) || char.IsSurrogate(c))))
                faults.Add($"{name} must be 1 to {LongestText} characters without control characters.");
        }
    }
}
