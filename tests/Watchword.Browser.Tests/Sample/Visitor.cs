using System.Net;
using System.Text.RegularExpressions;

namespace Watchword.Browser.Tests.Sample;

/// <summary>Visits the sample without a browser, to see each byte of its answers.</summary>
internal sealed partial class Visitor : IDisposable
{
    private readonly HttpClient _http;

    public Visitor(string url, HttpMessageHandler? handler = null) => _http = new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(url) };

    /// <summary>Loads a page and sends its form, the token of it included.</summary>
    public async Task<HttpResponseMessage> SendFormAsync(string page, string address, params (string Name, string Value)[] fields)
    {
        var token = Token().Match(await _http.GetStringAsync(new Uri(page, UriKind.Relative))).Groups[1].Value;
        return await _http.PostAsync(
            new Uri(address, UriKind.Relative),
            new FormUrlEncodedContent([.. fields.Select(f => KeyValuePair.Create(f.Name, f.Value)), KeyValuePair.Create("__RequestVerificationToken", WebUtility.HtmlDecode(token))]));
    }

    public Task<HttpResponseMessage> GetAsync(string page) => _http.GetAsync(new Uri(page, UriKind.Relative));

    /// <summary>Status, headers and body of an answer, without what is random for everybody: dates, sealed cookies (their lengths stay) and form tokens.</summary>
    public static async Task<string> SeenAsync(HttpResponseMessage answer, params (string From, string To)[] same)
    {
        var headers = answer.Headers.Concat(answer.Content.Headers).Where(h => h.Key != "Date").OrderBy(h => h.Key, StringComparer.Ordinal)
            .SelectMany(h => h.Value.Select(v => $"{h.Key}: {v}"));
        var seen = $"{(int)answer.StatusCode}\n{string.Join('\n', headers)}\n\n{await answer.Content.ReadAsStringAsync()}";
        seen = Sealed().Replace(seen, m => $"sealed({m.Length})");
        return same.Aggregate(seen, (text, pair) => text.Replace(pair.From, pair.To, StringComparison.Ordinal));
    }

    public void Dispose() => _http.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    /// <summary>What ASP.NET Data Protection has sealed.</summary>
    [GeneratedRegex("CfDJ8[A-Za-z0-9_-]+")]
    private static partial Regex Sealed();
}
