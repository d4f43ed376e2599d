using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Administration;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Portal;

/// <summary>Somebody with a browser at the portal's plain pages: keeps cookies, fills in forms, follows no redirects.</summary>
internal sealed partial class Visitor : IDisposable
{
    public const string Password = "orchard kettle 93 violin";

    private readonly TestServer _server;
    private readonly HttpClient _http;

    public Visitor(TestServer server)
    {
        _server = server;
        // From an address of their own: tries are limited by address.
        var from = IPAddress.Parse($"127.{RandomNumberGenerator.GetInt32(1, 255)}.{RandomNumberGenerator.GetInt32(255)}.{RandomNumberGenerator.GetInt32(1, 255)}");
        _http = new HttpClient(new SocketsHttpHandler
        {
            CookieContainer = Cookies,
            AllowAutoRedirect = false,
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(from, 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri(server.Url),
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0 Firefox/140.0");
    }

    public CookieContainer Cookies { get; } = new();

    /// <summary>The key of their authenticator app.</summary>
    public byte[] TotpKey { get; private set; } = [];

    public IReadOnlyList<string> RecoveryCodes { get; private set; } = [];

    public Task<HttpResponseMessage> GetAsync(string page) => _http.GetAsync(new Uri("/admin/" + page, UriKind.Relative));

    /// <summary>Fills in a form of a page, as a browser does, and sends it.</summary>
    public async Task<HttpResponseMessage> SubmitAsync(string page, string form, params (string Name, string Value)[] fields) =>
        await SubmitAsync(page, await (await GetAsync(page)).Content.ReadAsStringAsync(), form, fields);

    public async Task<HttpResponseMessage> SubmitAsync(string page, string html, string form, params (string Name, string Value)[] fields)
    {
        var shown = Forms().Matches(html).Select(m => m.Value).SingleOrDefault(f => f.Contains($"name=\"_handler\" value=\"{form}\"", StringComparison.Ordinal));
        Assert.True(shown is not null, $"{page} has no form {form}: {html}");
        var values = Hidden().Matches(shown).ToDictionary(m => m.Groups[1].Value, m => WebUtility.HtmlDecode(m.Groups[2].Value));
        foreach (var (name, value) in fields)
            values[name] = value;
        return await _http.PostAsync(new Uri("/admin/" + page, UriKind.Relative), new FormUrlEncodedContent(values));
    }

    public Task<HttpResponseMessage> PasswordAsync(string email, string password = Password) =>
        SubmitAsync("sign-in", "sign-in", ("Form.Email", email), ("Form.Password", password));

    public string Code(int seconds = 0) => Totp.CodeAt(TotpKey, _server.Clock.GetUtcNow().AddSeconds(seconds));

    public Task<HttpResponseMessage> TotpAsync(string code) => SubmitAsync("second-factor", "totp", ("Typed.Code", code));

    /// <summary>Another browser with the same phone beside it.</summary>
    public void Take(Visitor other) => (TotpKey, RecoveryCodes) = (other.TotpKey, other.RecoveryCodes);

    /// <summary>Password and app. Time goes on by a step, so that the code is a new one.</summary>
    public async Task SignInAsync(string email, string password = Password)
    {
        Goes(await PasswordAsync(email, password), "second-factor");
        _server.Clock.Advance(TimeSpan.FromSeconds(30));
        Goes(await TotpAsync(Code()), "/admin/");
    }

    /// <summary>Takes up an invitation and sets up an authenticator app.</summary>
    public async Task JoinAsync(string code, string email, string name = "Ada Lovelace")
    {
        Goes(await SubmitAsync("join", "join", ("Form.Code", code), ("Form.Email", email), ("Form.Name", name), ("Form.Password", Password)), "enrol");
        var page = await (await GetAsync("enrol")).Content.ReadAsStringAsync();
        TotpKey = FromBase32(Key().Match(page).Groups[1].Value.Replace(" ", "", StringComparison.Ordinal));
        var answer = await SubmitAsync("enrol", page, "totp-set-up", ("Fields.Code", Code()));
        var codes = await answer.Content.ReadAsStringAsync();
        RecoveryCodes = [.. Codes().Matches(codes).Select(m => m.Groups[1].Value)];
        Assert.True(RecoveryCodes.Count == 10, codes);
    }

    /// <summary>A new administrator of the first tenant, signed in.</summary>
    public static async Task<(Visitor Visitor, string Email)> OfAsync(TestServer server, AdministratorRole role, string? email = null, string? tenant = null)
    {
        email ??= $"{role}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}@example.com".ToLowerInvariant();
        tenant ??= await server.Database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync());
        var invited = await server.Services.GetRequiredService<Administrators>().InviteAsync(Author.Console(tenant!), email, role);
        var visitor = new Visitor(server) { TotpKey = [] };
        await visitor.JoinAsync(invited.Value!.Code, email, role.ToString());
        return (visitor, email);
    }

    public static void Goes(HttpResponseMessage answer, string where)
    {
        Assert.True(answer.StatusCode == HttpStatusCode.Redirect, $"expected a way to {where}, got {(int)answer.StatusCode}: {Text(answer)}");
        Assert.EndsWith(where, answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    /// <summary>Refused on the page itself, with these words.</summary>
    public static void Says(HttpResponseMessage answer, string words)
    {
        var text = Text(answer);
        Assert.True(answer.StatusCode == HttpStatusCode.OK && text.Contains(words, StringComparison.Ordinal), $"{(int)answer.StatusCode} {answer.Headers.Location} {text}");
    }

    public void Dispose() => _http.Dispose();

    private static string Text(HttpResponseMessage answer) => WebUtility.HtmlDecode(answer.Content.ReadAsStringAsync().GetAwaiter().GetResult());

    private static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(b => b.Length == 8).Select(b => Convert.ToByte(new string(b), 2))];
    }

    [GeneratedRegex("<form.*?</form>", RegexOptions.Singleline)]
    private static partial Regex Forms();

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"")]
    private static partial Regex Hidden();

    [GeneratedRegex("<code class=\"key\">([A-Z2-7 ]+)</code>")]
    private static partial Regex Key();

    [GeneratedRegex("<li><code>([A-Z2-7-]{19})</code></li>")]
    private static partial Regex Codes();
}
