using System.Net.Http.Json;
using System.Text.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

/// <summary>Whatever address a request says it was sent to, the issuer is the configured one (I23).</summary>
public sealed class IssuerTests(SqliteServer shared) : SecurityTests(shared), IClassFixture<SqliteServer>
{
    private const string Issuer = "http://127.0.0.1:5080/cis/oidc";

    public static TheoryData<string, string> Headers => new()
    {
        { "Host", "evil.example" },
        { "X-Forwarded-Host", "evil.example" },
        { "X-Original-Host", "evil.example" },
        { "X-Forwarded-Prefix", "/evil.example" },
        { "X-Forwarded-Proto", "gopher://evil.example" },
        { "Forwarded", "host=evil.example;proto=https" },
        { "X-Forwarded-For", "evil.example" },
        { "X-Original-URL", "/evil.example" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task No_header_reaches_the_issuer(string name, string value)
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        using var forger = new HttpClient { BaseAddress = new Uri(Server.Url) };
        forger.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        forger.DefaultRequestHeaders.Authorization = app.Http.DefaultRequestHeaders.Authorization;

        foreach (var path in (string[])["/cis/oidc/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/cis/oidc"])
        {
            var answer = await forger.GetAsync(path);
            var described = await CleanAsync(answer, 200);
            Assert.Equal(Issuer, described.Text("issuer"));
            Assert.Equal(Issuer + "/jwks", described.Text("jwks_uri"));
            Assert.Equal("http://127.0.0.1:5080/cis/oidc/token", described.Text("token_endpoint"));
        }
        var client = await CleanAsync(await forger.PostAsync("/oidc/token", new FormUrlEncodedContent(
        [
            new("grant_type", "client_credentials"), new("client_id", app.ClientId), new("client_secret", app.ClientSecret),
        ])), 200);
        Assert.Equal(Issuer, Attack.ClaimsOf(client.Text("access_token")).Text("iss"));

        var login = await CleanAsync(await app.AuthenticateAsync(await app.CodeAsync(), http: forger), 200);
        Assert.Equal(Issuer, Attack.ClaimsOf(login.Text("access_token")).Text("iss"));
        Assert.Equal(Issuer, Attack.ClaimsOf(login.Text("id_token")).Text("iss"));
        Assert.Equal(Issuer, JsonElement.Parse(await app.IntrospectAsync(login.Text("access_token"))).Text("iss"));

        await CleanAsync(await forger.PostAsJsonAsync("/cis/v1/users", new { phone_number = Attack.Bob }), 201);
        await CleanAsync(await forger.GetAsync("/cis/v1/users/none"), 404);
        forger.DefaultRequestHeaders.Authorization = null;
        await CleanAsync(await forger.GetAsync("/cis/oidc/me"), 401);
        await CleanAsync(await forger.GetAsync("/nothing"), 404);
    }

    private static async Task<JsonElement> CleanAsync(HttpResponseMessage answer, int status)
    {
        Assert.DoesNotContain("evil.example", answer.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("evil.example", await answer.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
        return await answer.JsonAsync(status);
    }
}
