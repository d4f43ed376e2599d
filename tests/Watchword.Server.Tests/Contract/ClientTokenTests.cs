using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

public sealed class ClientTokensOnSqlite(SharedServers servers) : ClientTokenTests(servers, Engine.Sqlite);

public sealed class ClientTokensOnPostgres(SharedServers servers) : ClientTokenTests(servers, Engine.Postgres);

/// <summary><c>POST /oidc/token</c> and its twin under <c>/cis</c>.</summary>
public abstract class ClientTokenTests(SharedServers servers, Engine engine)
{
    [Theory]
    [InlineData("/oidc/token", false)]
    [InlineData("/oidc/token", true)]
    [InlineData("/cis/oidc/token", false)]
    [InlineData("/cis/oidc/token", true)]
    public async Task An_application_client_gets_a_token_at_either_address_by_body_or_by_Basic(string address, bool basic)
    {
        var app = await servers.ApplicationAsync(engine);
        var answer = basic
            ? await app.Server.Http.FormAsync(address, (app.ClientId, app.ClientSecret), ("grant_type", "client_credentials"))
            : await app.Server.Http.FormAsync(address, null, ("grant_type", "client_credentials"), ("client_id", app.ClientId), ("client_secret", app.ClientSecret));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var body = await answer.JsonAsync(200);
        Assert.Equal(["access_token", "expires_in", "scope", "token_type"], body.Names());
        Assert.Equal("Bearer", body.Str("token_type"));
        Assert.Equal(3600, body.At("expires_in").GetInt32());

        var claims = Wire.Claims(body.Str("access_token"));
        Assert.Equal(["app_id", "app_name", "aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub", "tid"], claims.Names());
        Assert.Equal("http://127.0.0.1:5080/cis/oidc", claims.Str("iss"));
        Assert.Equal((app.ClientId, app.ClientId, app.AppId, "Acme", "userid-api"), (claims.Str("sub"), claims.Str("client_id"), claims.Str("app_id"), claims.Str("app_name"), claims.Str("aud")));
        Assert.Equal(body.Str("scope"), claims.Str("scope"));
        Assert.Equal(app.Server.Clock.GetUtcNow().ToUnixTimeSeconds(), claims.At("iat").GetInt64());
        Assert.Equal(3600, claims.At("exp").GetInt64() - claims.At("iat").GetInt64());
        Assert.Equal(("at+jwt", "ES256"), (Wire.Header(body.Str("access_token")).Str("typ"), Wire.Header(body.Str("access_token")).Str("alg")));
    }

    [Fact]
    public async Task A_management_client_gets_a_token_with_the_role_Admin()
    {
        var tenant = await servers.TenantAsync(engine);
        var body = await (await tenant.Server.Http.FormAsync("/oidc/token", null, ("grant_type", "client_credentials"), ("client_id", tenant.ClientId), ("client_secret", tenant.ClientSecret))).JsonAsync(200);
        var claims = Wire.Claims(body.Str("access_token"));
        Assert.Equal(["aud", "client_id", "exp", "iat", "iss", "jti", "role", "scope", "sub", "tid"], claims.Names());
        Assert.Equal(("Admin", tenant.TenantId), (claims.Str("role"), claims.Str("tid")));
    }

    [Theory]
    [InlineData("/oidc/token")]
    [InlineData("/cis/oidc/token")]
    public async Task Wrong_credentials_are_invalid_client_with_a_challenge(string address)
    {
        var app = await servers.ApplicationAsync(engine);
        foreach (var answer in new[]
        {
            await app.Server.Http.FormAsync(address, null, ("grant_type", "client_credentials"), ("client_id", app.ClientId), ("client_secret", app.ClientSecret + "x")),
            await app.Server.Http.FormAsync(address, null, ("grant_type", "client_credentials"), ("client_id", "nobody"), ("client_secret", app.ClientSecret)),
            await app.Server.Http.FormAsync(address, (app.ClientId, "wrong"), ("grant_type", "client_credentials")),
            await app.Server.Http.FormAsync(address, null, ("grant_type", "client_credentials")),
            // RFC 6749 §2.3: one way at a time.
            await app.Server.Http.FormAsync(address, (app.ClientId, app.ClientSecret), ("grant_type", "client_credentials"), ("client_secret", app.ClientSecret)),
        })
        {
            Assert.Equal("Basic", answer.Headers.WwwAuthenticate.Single().Scheme);
            Assert.True(answer.Headers.CacheControl!.NoStore);
            var body = await answer.JsonAsync(401);
            Assert.Equal(["error", "error_description"], body.Names());
            Assert.Equal("invalid_client", body.Str("error"));
        }
    }

    [Theory]
    [InlineData("", "invalid_request")]
    [InlineData("password", "unsupported_grant_type")]
    [InlineData("authorization_code", "unsupported_grant_type")]
    [InlineData("refresh_token", "invalid_grant")]
    public async Task Another_grant_is_refused_in_OAuth_form(string grant, string error)
    {
        var app = await servers.ApplicationAsync(engine);
        var answer = await app.Server.Http.FormAsync("/oidc/token", (app.ClientId, app.ClientSecret), ("grant_type", grant));
        Assert.Equal(error, (await answer.JsonAsync(400)).Str("error"));
    }

    [Fact]
    public async Task A_resource_becomes_the_audience_if_the_application_may_name_it()
    {
        var free = await servers.ApplicationAsync(engine);
        Assert.Equal("https://api.example/", Wire.Claims((await TokenAsync(free, "https://api.example/").ContinueWith(t => t.Result.JsonAsync(200)).Unwrap()).Str("access_token")).Str("aud"));
        Assert.Equal("invalid_target", (await (await TokenAsync(free, "not a uri")).JsonAsync(400)).Str("error"));
        var bound = await servers.ApplicationAsync(engine, settings: new { resources = new[] { "https://api.example/" } });
        await (await TokenAsync(bound, "https://api.example/")).JsonAsync(200);
        Assert.Equal("invalid_target", (await (await TokenAsync(bound, "https://other.example/")).JsonAsync(400)).Str("error"));

        static Task<HttpResponseMessage> TokenAsync(TestApplication app, string resource) =>
            app.Server.Http.FormAsync("/oidc/token", (app.ClientId, app.ClientSecret), ("grant_type", "client_credentials"), ("resource", resource));
    }

    [Fact]
    public async Task An_application_client_sees_only_its_own_users()
    {
        var tenant = await servers.TenantAsync(engine);
        var (one, two) = (await tenant.ApplicationAsync(), await tenant.ApplicationAsync());
        var stranger = await servers.ApplicationAsync(engine);
        var user = await one.UserAsync();
        await one.Http.GetAsync($"/cis/v1/users/{user}", 200);
        await two.Http.GetAsync($"/cis/v1/users/{user}", 404);
        await stranger.Http.GetAsync($"/cis/v1/users/{user}", 404);
        await stranger.Management.GetAsync($"/cis/v1/users/{user}", 404);
        await tenant.Management.GetAsync($"/cis/v1/users/{user}", 200);
    }
}
