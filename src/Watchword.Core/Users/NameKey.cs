namespace Watchword.Core.Users;

/// <summary>The form in which names are looked for: lower case, one space between the parts, given name or family name first.</summary>
public static class NameKey
{
    /// <summary>A name, or the beginning of one.</summary>
    public static string Of(string text) =>
        string.Join(' ', text.Split([' ', ',', '\t', '\u00A0', '\u3000'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToLowerInvariant();

    /// <summary>By what a person of this name is found: "ann smith" and "smith ann". None when there is no name.</summary>
    public static IReadOnlyList<string> Both(string? first, string? last)
    {
        string[] keys = [Of($"{first} {last}"), Of($"{last} {first}")];
        return keys[0].Length == 0 ? [] : keys[0] == keys[1] ? keys[..1] : keys;
    }
}
