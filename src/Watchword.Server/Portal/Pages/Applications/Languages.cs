using System.Collections.Frozen;
using Watchword.Core.Messages;

namespace Watchword.Server.Portal.Pages.Applications;

/// <summary>What languages are called: the server runs without the system's tables.</summary>
internal static class Languages
{
    private static readonly FrozenDictionary<string, string> Names = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ar"] = "Arabic", ["bg"] = "Bulgarian", ["bn"] = "Bengali", ["ca"] = "Catalan", ["cs"] = "Czech", ["cy"] = "Welsh", ["da"] = "Danish",
        ["de"] = "German", ["el"] = "Greek", ["en"] = "English", ["es"] = "Spanish", ["et"] = "Estonian", ["eu"] = "Basque", ["fa"] = "Persian",
        ["fi"] = "Finnish", ["fr"] = "French", ["ga"] = "Irish", ["gl"] = "Galician", ["he"] = "Hebrew", ["hi"] = "Hindi", ["hr"] = "Croatian",
        ["hu"] = "Hungarian", ["hy"] = "Armenian", ["id"] = "Indonesian", ["is"] = "Icelandic", ["it"] = "Italian", ["ja"] = "Japanese",
        ["ka"] = "Georgian", ["kk"] = "Kazakh", ["ko"] = "Korean", ["lt"] = "Lithuanian", ["lv"] = "Latvian", ["mk"] = "Macedonian", ["ms"] = "Malay",
        ["mt"] = "Maltese", ["nb"] = "Norwegian", ["nl"] = "Dutch", ["no"] = "Norwegian", ["pl"] = "Polish", ["pt"] = "Portuguese", ["ro"] = "Romanian",
        ["ru"] = "Russian", ["sk"] = "Slovak", ["sl"] = "Slovenian", ["sq"] = "Albanian", ["sr"] = "Serbian", ["sv"] = "Swedish", ["sw"] = "Swahili",
        ["ta"] = "Tamil", ["th"] = "Thai", ["tr"] = "Turkish", ["uk"] = "Ukrainian", ["ur"] = "Urdu", ["vi"] = "Vietnamese", ["zh"] = "Chinese",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The name of a language by its tag, such as "German" or "Portuguese (pt-br)"; the tag itself where there is none.</summary>
    public static string NameOf(string tag) => tag == MessageTexts.Fallback
        ? "other languages"
        : Names.GetValueOrDefault(tag.Split('-')[0]) is not { } name ? tag : tag.Contains('-', StringComparison.Ordinal) ? $"{name} ({tag})" : name;

    /// <summary>Those an application can have a message in: ours, then its own.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyDictionary<string, string> texts) =>
        [.. MessageTexts.Languages.Concat(texts.Keys).Where(t => t != MessageTexts.Fallback).Distinct(StringComparer.Ordinal).OrderBy(NameOf, StringComparer.Ordinal)];
}
