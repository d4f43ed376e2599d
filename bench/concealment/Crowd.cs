using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace Watchword.Bench.Concealment;

/// <summary>A number, and whether somebody has an account with it.</summary>
internal readonly record struct PhoneNumber(string Text, bool Known);

/// <summary>What a stranger asks: a form that is sent, after others that lead to it.</summary>
internal sealed record Question(string Name, string Page, string? Before, Func<string, (string, string)[]> Fields)
{
    public static Question Login { get; } = new("login", "/login", null, number => [("number", number)]);

    public static Question WrongCode { get; } = new("wrong code", "/code", "/login", _ => [("code", "0000000")]);

    public static Question SignUp { get; } = new("sign-up", "/signup", null, number => [("name", "Eve"), ("number", number)]);
}

/// <summary>An answer: how long it took, and what of it is not random for everybody.</summary>
internal sealed record TimedAnswer(PhoneNumber Number, double Milliseconds, string Seen);

/// <summary>Visitors who ask about one number after another, each on a connection of their own.</summary>
internal static partial class Crowd
{
    public static async Task<List<TimedAnswer>> AskAsync(string url, Question question, IReadOnlyList<PhoneNumber> numbers, int visitors)
    {
        var next = -1;
        var answers = await Task.WhenAll(Enumerable.Range(0, visitors).Select(_ => Task.Run(async () =>
        {
            using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = true, CookieContainer = new CookieContainer() };
            using var http = new HttpClient(handler) { BaseAddress = new Uri(url) };
            var tokens = new Dictionary<string, string> { [question.Before ?? question.Page] = await TokenAsync(http, question.Before ?? question.Page) };
            var mine = new List<TimedAnswer>();
            for (var i = Interlocked.Increment(ref next); i < numbers.Count; i = Interlocked.Increment(ref next))
                mine.Add(await AskAsync(http, question, numbers[i], tokens));
            return mine;
        })));
        return [.. answers.SelectMany(a => a)];
    }

    private static async Task<TimedAnswer> AskAsync(HttpClient http, Question question, PhoneNumber number, Dictionary<string, string> tokens)
    {
        if (question.Before is { } before)
        {
            using var led = await http.PostAsync(new Uri(before, UriKind.Relative), Form(tokens[before], ("number", number.Text)));
            if (led.StatusCode != HttpStatusCode.Redirect)
                throw new InvalidOperationException($"{before} answered {(int)led.StatusCode}.");
            if (!tokens.ContainsKey(question.Page))
                tokens[question.Page] = await TokenAsync(http, question.Page);
        }
        using var form = Form(tokens[question.Page], question.Fields(number.Text));
        var began = Stopwatch.GetTimestamp();
        using var answer = await http.PostAsync(new Uri(question.Page, UriKind.Relative), form);
        var body = await answer.Content.ReadAsStringAsync();
        var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        return new TimedAnswer(number, took, Seen(answer, body, number.Text));
    }

    private static FormUrlEncodedContent Form(string token, params (string Name, string Value)[] fields) =>
        new([.. fields.Select(f => KeyValuePair.Create(f.Name, f.Value)), KeyValuePair.Create("__RequestVerificationToken", token)]);

    private static async Task<string> TokenAsync(HttpClient http, string page) =>
        WebUtility.HtmlDecode(FormToken().Match(await http.GetStringAsync(new Uri(page, UriKind.Relative))).Groups[1].Value);

    private static string Seen(HttpResponseMessage answer, string body, string number)
    {
        var headers = answer.Headers.Concat(answer.Content.Headers).Where(h => h.Key != "Date").OrderBy(h => h.Key, StringComparer.Ordinal)
            .SelectMany(h => h.Value.Select(v => $"{h.Key}: {v}"));
        // Seconds left on the page go down as time goes by, for everybody.
        var seen = Countdown().Replace($"{(int)answer.StatusCode}\n{string.Join('\n', headers)}\n\n{body}", "countdown");
        return Sealed().Replace(seen, m => $"sealed({m.Length})").Replace(number, "NUMBER", StringComparison.Ordinal)
            .Replace(number.Replace("+", "&#x2B;", StringComparison.Ordinal), "NUMBER", StringComparison.Ordinal);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();

    [GeneratedRegex("(data-countdown|data-wait)=\"[0-9]+\"|>[0-9]+ (seconds?|minutes)<")]
    private static partial Regex Countdown();

    [GeneratedRegex("CfDJ8[A-Za-z0-9_-]+")]
    private static partial Regex Sealed();
}
