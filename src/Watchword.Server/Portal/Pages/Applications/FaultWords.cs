using System.Globalization;
using System.Text.RegularExpressions;

namespace Watchword.Server.Portal.Pages.Applications;

/// <summary>
/// What is wrong with an application or a client, in the words of the portal's own fields. The use cases name fields as the API spells
/// them, which no administrator has seen.
/// </summary>
internal static partial class FaultWords
{
    // The first that fits is taken: from the longest name to the shortest.
    private static readonly (string Field, string Words)[] Fields =
    [
        ("settings.send_limits.cooldown_seconds", "The cool-down"),
        ("settings.send_limits.per_10_minutes", "Messages in ten minutes"),
        ("settings.send_limits.per_hour", "Messages in an hour"),
        ("settings.send_limits.per_day", "Messages in a day"),
        ("settings.resources", "APIs"),
        ("settings.autofill_domain", "The site for autofill"),
        ("settings.test_numbers", "The list of test numbers"),
        ("settings.texts", "Message texts"),
        ("settings.access_token_lifetime", "The life of an access token"),
        ("settings.id_token_lifetime", "The life of an ID token"),
        ("settings.refresh_token_lifetime", "The life of a refresh token"),
        ("settings.session_lifetime", "The life of a session"),
        ("settings.session_idle_lifetime", "The idle time of a session"),
        ("settings.token_endpoint_auth_method is private_key_jwt", "the client proves itself by signatures alone"),
        ("settings.jwks", "The key set"),
        ("redirect_uris is required: one or more addresses", "Write one or more redirect addresses"),
        ("redirect_uris", "The list of redirect addresses"),
        ("overlap_seconds", "The overlap"),
        ("app_name", "The name"),
        ("name", "The name"),
    ];

    private static readonly (string Part, string Words)[] Parts =
        [(".phone_number", ": the number"), (".code", ": the code"), (".expires_at", ": the end")];

    private static readonly (string Method, string Words)[] Methods = [("sms.", "SMS: "), ("email_otp.", "Email: "), ("direct_otp.", "Direct: ")];

    private static readonly (string Field, string Words)[] Policies =
        [("expiresIn", "the expiration"), ("maxFailures", "wrong codes before a lock"), ("lockoutDuration", "the length of a lock"), ("codeLength", "the code length")];

    public static IReadOnlyList<string> Plain(IEnumerable<string> faults) => [.. faults.Select(Plain)];

    public static string Plain(string fault)
    {
        foreach (var (method, words) in Methods)
        {
            if (fault.StartsWith(method, StringComparison.Ordinal) && Policies.FirstOrDefault(p => fault.AsSpan(method.Length).StartsWith(p.Field, StringComparison.Ordinal)) is { Field: not null } policy)
                return words + policy.Words + fault[(method.Length + policy.Field.Length)..];
        }
        fault = Redirect().Replace(fault, m => $"Redirect address {Nth(m)}");
        fault = TestNumber().Replace(fault, m => $"Test number {Nth(m)}");
        fault = Key().Replace(fault, m => $"Key {Nth(m)}");
        fault = Text().Replace(fault, m => $"The text for {Languages.NameOf(m.Groups[1].Value)}");
        foreach (var (part, words) in Parts)
        {
            if (fault.StartsWith("Test number ", StringComparison.Ordinal))
                fault = fault.Replace(part, words, StringComparison.Ordinal);
        }
        foreach (var (field, words) in Fields)
        {
            if (fault.StartsWith(field, StringComparison.Ordinal))
                fault = words + fault[field.Length..];
            else if (field.StartsWith("settings.", StringComparison.Ordinal))
                fault = fault.Replace(field, words, StringComparison.Ordinal);
        }
        fault = fault.Replace(", or 0 for none", ", or empty for none", StringComparison.Ordinal);
        return Seconds().Replace(fault, m => Duration(long.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture)) + " to " + Duration(long.Parse(m.Groups[2].ValueSpan, CultureInfo.InvariantCulture)));
    }

    /// <summary>A number of seconds in the largest unit that fits.</summary>
    public static string Duration(long seconds) => seconds switch
    {
        >= 86400 when seconds % 86400 == 0 => Count(seconds / 86400, "day"),
        >= 3600 when seconds % 3600 == 0 => Count(seconds / 3600, "hour"),
        >= 60 when seconds % 60 == 0 => Count(seconds / 60, "minute"),
        _ => Count(seconds, "second"),
    };

    private static string Count(long count, string unit) => string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")}");

    /// <summary>People count from one.</summary>
    private static string Nth(Match place) => (int.Parse(place.Groups[1].ValueSpan, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^redirect_uris\[([0-9]+)\]")]
    private static partial Regex Redirect();

    [GeneratedRegex(@"^settings\.test_numbers\[([0-9]+)\]")]
    private static partial Regex TestNumber();

    [GeneratedRegex(@"^settings\.jwks\.keys\[([0-9]+)\]")]
    private static partial Regex Key();

    [GeneratedRegex(@"^settings\.texts\.([a-z0-9-]+)")]
    private static partial Regex Text();

    [GeneratedRegex("([0-9]+) to ([0-9]+) seconds")]
    private static partial Regex Seconds();
}
