using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Watchword.Core.Messages;

/// <summary>A message's text with places for the application's name and the code: what it may hold and how it is filled.</summary>
public static partial class MessageTemplate
{
    /// <summary>The text used where the caller brings none.</summary>
    public const string Default = "This is your One Time Password: {otp} from {app}";

    /// <summary>The longest custom_message, in UTF-16 units before filling.</summary>
    public const int MaxLength = 140;

    private const string App = "{app}";
    private const string Otp = "{otp}";

    /// <summary>What is wrong with a template that somebody else wrote, a sentence each; empty when it may be used.</summary>
    /// <param name="template">The text with its places.</param>
    /// <param name="field">The name by which its writer knows it.</param>
    public static IReadOnlyList<string> Faults(string template, string field = "custom_message")
    {
        var faults = new List<string>();
        if (!template.Contains(App, StringComparison.Ordinal))
            faults.Add($"{field} must contain {{app}}, the place for the application's name.");
        if (!template.Contains(Otp, StringComparison.Ordinal))
            faults.Add($"{field} must contain {{otp}}, the place for the code.");
        if (template.Length > MaxLength)
            faults.Add($"{field} must not be longer than {MaxLength} characters.");
        if (Clean(template).Length != template.Length)
            faults.Add($"{field} must not contain control characters, line breaks, text direction marks or broken characters.");
        // The name may turn out to be blank, so look at both.
        if (BindsOrigin(Fill(template, "x", "0")) || BindsOrigin(Fill(template, "", "0")))
            faults.Add($"{field} must not contain an origin-bound code line of its own (\"@host #code\").");
        return faults;
    }

    /// <summary>
    /// Fills both places in one pass, so that a name with a placeholder in it stays as it is; the code goes in exactly as issued,
    /// the name without control characters, line breaks, direction marks and blanks around it.
    /// </summary>
    public static string Render(string template, string app, string otp)
    {
        var name = Clean(app).Trim();
        var text = Fill(template, name, otp);
        // A name such as "@evil.example" must not turn an innocent template into an origin-bound code for that host.
        if (BindsOrigin(text) && !BindsOrigin(Fill(template, "x", otp)))
            text = Fill(template, string.Concat(name.Where(CannotBind)).Trim(), otp);
        return text;
    }

    /// <summary>The text of an SMS as it goes out: both places filled, and the line for phones below where a host is set.</summary>
    public static string Compose(string template, string app, string otp, string? autofillDomain)
    {
        var text = Render(template, app, otp);
        return autofillDomain is null ? text : AutofillDomain.Bind(text, autofillDomain, otp);
    }

    private static string Fill(string template, string app, string otp)
    {
        var text = new StringBuilder(template.Length + app.Length + otp.Length);
        for (var i = 0; i < template.Length;)
        {
            var rest = template.AsSpan(i);
            if (rest.StartsWith(App, StringComparison.Ordinal))
            {
                text.Append(app);
                i += App.Length;
            }
            else if (rest.StartsWith(Otp, StringComparison.Ordinal))
            {
                text.Append(otp);
                i += Otp.Length;
            }
            else
            {
                text.Append(template[i++]);
            }
        }

        return text.ToString();
    }

    /// <summary>Without control characters, line and paragraph separators, bidi controls (UAX #9 §2) and lone surrogates.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsSurrogatePair(text, i))
                clean.Append(c).Append(text[++i]);
            else if (!char.IsSurrogate(c) && !char.IsControl(c) && !IsBidiControl(c) && c is not ('\u2028' or '\u2029'))
                clean.Append(c);
        }

        return clean.ToString();
    }

    private static bool IsBidiControl(char c) =>
        c is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>Whether a phone, even a lax one, could find in it an origin-bound code (WICG sms-one-time-codes §3.2).</summary>
    private static bool BindsOrigin(string text) => OriginBoundCode().IsMatch(text);

    private static bool CannotBind(char c) => c is not ('@' or '#') && char.GetUnicodeCategory(c) != UnicodeCategory.Format;

    // The specification wants "@" at the start of the last line and one space before "#", and takes all but ASCII whitespace for host
    // and code. Phones are laxer, so any blank or invisible character counts as a space too.
    [GeneratedRegex(@"(?:^|[\s\p{Cf}])@[^\t\n\f\r ]+[\s\p{Cf}]+#[^\t\n\f\r ]", RegexOptions.CultureInvariant)]
    private static partial Regex OriginBoundCode();
}
