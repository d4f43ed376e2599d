using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Watchword.Core.Messages;

/// <summary>
/// The words of a message whose caller brings none, by the user's language: the application's own, or else ours. A language is looked up
/// from its most exact tag to its plainest, <c>zh-hant-tw</c>, <c>zh-hant</c>, <c>zh</c> (RFC 4647 §3.4).
/// </summary>
public static partial class MessageTexts
{
    /// <summary>The key of the text that an application uses for languages it has none for.</summary>
    public const string Fallback = "default";

    /// <summary>How many texts an application may have.</summary>
    public const int MaxCount = 50;

    private static readonly Words English = new(MessageTemplate.Default, "Your code for {app}");

    // Short, so that each is one SMS with a name of ordinary length. The Spanish, French and German ones keep to the GSM alphabet, which
    // has ä, é, à and ü but not ó or ú: hence "clave" and not "código". Portuguese has no good word without, and travels as UCS-2.
    // The Arabic one begins with an Arabic letter, which makes it run from right to left on every phone, and has a word of its own
    // between name and code, so that the two are never drawn as one run. Digits keep their order in either direction (UAX #9 rules W2
    // and N1), so nothing is gained by isolates, which some older phones draw as boxes.
    private static readonly FrozenDictionary<string, Words> BuiltIn = new Dictionary<string, Words>(StringComparer.Ordinal)
    {
        ["en"] = English,
        ["es"] = new("{otp} es su clave de un solo uso para {app}.", "Su clave para {app}"),
        ["fr"] = new("{otp} est votre code à usage unique pour {app}.", "Votre code pour {app}"),
        ["de"] = new("{otp} ist Ihr Einmalcode für {app}.", "Ihr Code für {app}"),
        ["pt"] = new("{otp} é o seu código de uso único para {app}.", "O seu código de {app}"),
        ["ja"] = new("{app}の認証コードは {otp} です。", "{app}の認証コード"),
        ["ar"] = new("رمز التحقق الخاص بك في {app} هو {otp}", "رمز التحقق الخاص بك في {app}"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The languages that need no text of the application's own.</summary>
    public static IReadOnlyCollection<string> Languages => BuiltIn.Keys;

    /// <summary>The text for a user: the application's for the language, its fallback, ours for the language, ours in English.</summary>
    /// <param name="language">The user's language tag, or null.</param>
    /// <param name="own">The application's texts.</param>
    public static string For(string? language, IReadOnlyDictionary<string, string> own)
    {
        foreach (var tag in FromExactToPlain(language))
        {
            if (own.TryGetValue(tag, out var text))
                return text;
        }
        return own.GetValueOrDefault(Fallback) ?? WordsFor(language).Text;
    }

    /// <summary>The subject of an email whose caller brings none, with the place <c>{app}</c>; never a code, which lock screens would show.</summary>
    public static string SubjectFor(string? language) => WordsFor(language).Subject;

    /// <summary>What is wrong with an application's texts, a sentence each; empty when they may be used.</summary>
    public static IReadOnlyList<string> Faults(IReadOnlyDictionary<string, string> own, string field)
    {
        var faults = new List<string>();
        if (own.Count > MaxCount)
            faults.Add($"{field} may hold at most {MaxCount} texts.");
        foreach (var (tag, text) in own.Take(MaxCount))
        {
            if (tag != Fallback && !LanguageTag().IsMatch(tag))
                faults.Add($"{field} must have language tags for names, for example en or pt-br, or {Fallback}.");
            else
                faults.AddRange(MessageTemplate.Faults(text, $"{field}.{tag}"));
        }
        return faults;
    }

    private static Words WordsFor(string? language) =>
        FromExactToPlain(language).Select(tag => BuiltIn.GetValueOrDefault(tag)).FirstOrDefault(words => words is not null) ?? English;

    private static IEnumerable<string> FromExactToPlain(string? language)
    {
        for (var tag = language?.ToLowerInvariant() ?? ""; tag.Length > 0; tag = tag[..Math.Max(0, tag.LastIndexOf('-'))])
            yield return tag;
    }

    [GeneratedRegex(@"\A[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}\z")]
    private static partial Regex LanguageTag();

    /// <summary>What is said in one language.</summary>
    private sealed record Words(string Text, string Subject);
}
