using System.Net.Http.Json;
using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Watchword.Server.Api;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

/// <summary>Only a client's own, live access token opens the API.</summary>
public sealed class BadTokenTests
{
    [Fact]
    public async Task Every_protected_call_refuses_every_token_but_a_live_one_of_a_client()
    {
        await using var server = await TestServer.StartAsync();
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        var login = await app.LoginAsync();
        var good = app.Http.DefaultRequestHeaders.Authorization!.Parameter!;
        var parsed = new JsonWebToken(good);
        var claims = parsed.Claims.Where(c => c.Type is not ("iat" or "exp")).ToDictionary(c => c.Type, c => (object)c.Value);
        var resource = await (await server.Http.PostAsync("/oidc/token", new FormUrlEncodedContent(
            [new("grant_type", "client_credentials"), new("client_id", app.ClientId), new("client_secret", app.ClientSecret), new("resource", "https://other.example")]))).JsonAsync(200);
        await using var stranger = await TestServer.StartAsync();
        var foreign = (await stranger.ManagementAsync()).DefaultRequestHeaders.Authorization!.Parameter!;
        var someKey = new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = parsed.Kid };
        var parts = good.Split('.');
        var bad = new Dictionary<string, string?>
        {
            ["none at all"] = null,
            ["an empty header"] = "",
            ["another scheme"] = "Basic " + good,
            ["no scheme"] = good,
            ["nothing after the scheme"] = "Bearer ",
            ["no token"] = "Bearer x",
            ["dots"] = "Bearer ...",
            ["a very long token"] = "Bearer " + new string('a', 9000),
            ["unsigned"] = "Bearer " + Signed(null, "at+jwt"),
            ["its signature cut off"] = $"Bearer {parts[0]}.{parts[1]}.",
            ["its signature altered"] = $"Bearer {parts[0]}.{parts[1]}.{(parts[2][0] == 'A' ? 'B' : 'A')}{parts[2][1..]}",
            ["its claims altered"] = $"Bearer {parts[0]}.{Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(parts[1]).Replace(app.AppId, new string('0', 32), StringComparison.Ordinal))}.{parts[2]}",
            ["signed by a stranger under our key's name"] = "Bearer " + Signed(new SigningCredentials(someKey, "ES256"), "at+jwt"),
            ["signed with our public key as a shared secret"] = "Bearer " + Signed(new SigningCredentials(new SymmetricSecurityKey(SHA256.HashData("x"u8)), "HS256"), "at+jwt"),
            ["from another installation"] = "Bearer " + foreign,
            ["a user's access token"] = "Bearer " + login.GetProperty("access_token").GetString(),
            ["a user's ID token"] = "Bearer " + login.GetProperty("id_token").GetString(),
            ["a refresh token"] = "Bearer " + login.GetProperty("refresh_token").GetString(),
            ["a session's id"] = "Bearer " + login.GetProperty("session_id").GetString(),
            ["a client's token for another audience"] = "Bearer " + resource.GetProperty("access_token").GetString(),
            ["a client's secret"] = "Bearer " + app.ClientSecret,
        };
        var before = await Surface.StoredAsync(server);
        var routes = Surface.Protected(server);
        Assert.True(routes.Count >= 28);

        foreach (var (method, path, shape, kind) in routes)
        {
            foreach (var (name, header) in bad)
                await RefusedAsync(method, path, shape, name, header);
            // The right kind of token for the other kind of call is known, but not let in.
            if (kind != CallerKind.Either)
            {
                var wrong = kind == CallerKind.Management ? app.Http : app.Management;
                var answer = await Raw.SendAsync(wrong, method, path, method == HttpMethod.Get ? null : "{}"u8.ToArray());
                await Surface.RefusedAsync(answer, shape, $"{method} {path} by the other kind of client");
                Assert.Equal(403, (int)answer.StatusCode);
            }
        }
        server.Clock.Advance(TimeSpan.FromSeconds(3600));
        foreach (var (method, path, shape, _) in routes)
            await RefusedAsync(method, path, shape, "expired", "Bearer " + good);
        Assert.Equal(before, await Surface.StoredAsync(server));

        async Task RefusedAsync(HttpMethod method, string path, ErrorShape shape, string name, string? header)
        {
            using var request = new HttpRequestMessage(method, path);
            if (method != HttpMethod.Get)
                request.Content = JsonContent.Create(new { });
            if (header is not null)
                request.Headers.TryAddWithoutValidation("Authorization", header);
            var answer = await server.Http.SendAsync(request);
            var code = await Surface.RefusedAsync(answer, shape, $"{method} {path} with {name}");
            Assert.True((int)answer.StatusCode == 401, $"{method} {path} with {name} => {(int)answer.StatusCode}");
            Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
            if (shape == ErrorShape.Login)
                Assert.Equal("unauthorized", code);
        }

        string Signed(SigningCredentials? credentials, string type) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Claims = claims,
            IssuedAt = server.Clock.GetUtcNow().UtcDateTime,
            Expires = server.Clock.GetUtcNow().UtcDateTime.AddHours(1),
            NotBefore = server.Clock.GetUtcNow().UtcDateTime,
            TokenType = type,
            SigningCredentials = credentials,
        });
    }

    [Fact]
    public async Task A_token_works_until_its_last_second_and_dies_with_its_client()
    {
        await using var server = await TestServer.StartAsync();
        var app = await server.ApplicationAsync();
        server.Clock.Advance(TimeSpan.FromSeconds(3599));
        await (await app.Http.GetAsync("/cis/v1/users/count")).JsonAsync(200);
        var management = await server.ManagementAsync();
        await (await management.DeleteAsync($"/cis/v1/applications/{app.AppId}/clients/{app.ClientId}")).JsonAsync(204);
        await (await app.Http.GetAsync("/cis/v1/users/count")).JsonAsync(401);
    }
}
