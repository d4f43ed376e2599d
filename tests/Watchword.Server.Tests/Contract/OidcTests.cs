using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Watchword.Server.Hosting;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tokens;

namespace Watchword.Server.Tests.Contract;

public sealed class OidcOnSqlite(SharedServers servers) : OidcTests(servers, Engine.Sqlite);

public sealed class OidcOnPostgres(SharedServers servers) : OidcTests(servers, Engine.Postgres);

/// <summary>Introspection, revocation, user info, discovery, keys.</summary>
public abstract class OidcTests(SharedServers servers, Engine engine)
{
    [Theory]
    [InlineData("/oidc/token/introspection")]
    [InlineData("/cis/oidc/token/introspection")]
    public async Task Introspection_tells_what_a_live_token_is_and_nothing_of_a_dead_one(string address)
    {
        var app = await servers.ApplicationAsync(engine);
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        var (access, refresh) = (login.Str("access_token")!, login.Str("refresh_token")!);
        var live = await IntrospectAsync(app, access);
        var claims = Wire.Claims(access);
        Assert.True(live.At("active").GetBoolean());
        Assert.Equal((user, app.ClientId, claims.Str("iss"), "userid-api", claims.Str("jti"), claims.Str("sid")),
            (live.Str("sub"), live.Str("client_id"), live.Str("iss"), live.Str("aud"), live.Str("jti"), live.Str("sid")));
        Assert.Equal((claims.At("exp").GetInt64(), claims.At("iat").GetInt64(), "Bearer"), (live.At("exp").GetInt64(), live.At("iat").GetInt64(), live.Str("token_type")));
        Assert.Equal(("refresh_token", user), ((await IntrospectAsync(app, refresh)).Str("token_type"), (await IntrospectAsync(app, refresh)).Str("sub")));
        Assert.True((await IntrospectAsync(app, app.Http.DefaultRequestHeaders.Authorization!.Parameter!)).At("active").GetBoolean());

        foreach (var dead in new[] { "nonsense", access + "x", login.Str("id_token")!, login.Str("session_id")!, refresh + "x" })
            Assert.Equal("""{"active":false}""", (await IntrospectAsync(app, dead)).GetRawText());
        var stranger = await servers.ApplicationAsync(engine);
        Assert.Equal("""{"active":false}""", (await IntrospectAsync(stranger, access)).GetRawText());
        Assert.Equal("""{"active":false}""", (await IntrospectAsync(stranger, refresh)).GetRawText());
        await app.Http.PostAsync("/cis/v1/auth/session/logout", new { session_id = login.Str("session_id") }, 204);
        Assert.Equal("""{"active":false}""", (await IntrospectAsync(app, access)).GetRawText());
        Assert.Equal("""{"active":false}""", (await IntrospectAsync(app, refresh)).GetRawText());

        Assert.Equal("invalid_request", (await (await app.Server.Http.FormAsync(address, (app.ClientId, app.ClientSecret))).JsonAsync(400)).Str("error"));
        Assert.Equal("invalid_client", (await (await app.Server.Http.FormAsync(address, (app.ClientId, "wrong"), ("token", access))).JsonAsync(401)).Str("error"));

        async Task<JsonElement> IntrospectAsync(TestApplication by, string token)
        {
            var answer = await by.Server.Http.FormAsync(address, (by.ClientId, by.ClientSecret), ("token", token));
            Assert.True(answer.Headers.CacheControl!.NoStore);
            return await answer.JsonAsync(200);
        }
    }

    [Theory]
    [InlineData("/oidc/token/revocation", "refresh_token")]
    [InlineData("/cis/oidc/token/revocation", "refresh_token")]
    [InlineData("/oidc/token/revocation", "access_token")]
    [InlineData("/cis/oidc/token/revocation", "access_token")]
    public async Task Revocation_ends_the_session_of_a_token_of_ones_own(string address, string kind)
    {
        var tenant = await servers.TenantAsync(engine);
        var (app, other) = (await tenant.ApplicationAsync(), await tenant.ApplicationAsync());
        await app.UserAsync();
        var login = await app.LoginAsync();
        // A stranger's and an unknown token: 200 as RFC 7009 §2.2 wants it, and nothing happens.
        await (await app.Server.Http.FormAsync(address, (other.ClientId, other.ClientSecret), ("token", login.Str(kind)!))).JsonAsync(200);
        await (await app.Server.Http.FormAsync(address, (app.ClientId, app.ClientSecret), ("token", "nonsense"))).JsonAsync(200);
        await app.Http.PostAsync("/cis/v1/auth/session/authenticate", new { session_id = login.Str("session_id") }, 200);

        await (await app.Server.Http.FormAsync(address, (app.ClientId, app.ClientSecret), ("token", login.Str(kind)!), ("token_type_hint", kind))).JsonAsync(200);
        await app.Http.PostAsync("/cis/v1/auth/session/authenticate", new { session_id = login.Str("session_id") }, 400);
        await app.Http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = login.Str("refresh_token") }, 400);
    }

    [Fact]
    public async Task User_info_tells_the_users_claims_as_they_are_now()
    {
        var app = await servers.ApplicationAsync(engine);
        var user = (await app.Http.PostAsync("/cis/v1/users", new { phone_number = "+447400000001", email = "ann@example.com", username = "Ann", name = new { first_name = "Ann" } }, 201)).Str("result", "user_id")!;
        var login = await app.LoginAsync();
        await app.Http.PutAsync($"/cis/v1/users/{user}", new { name = new { first_name = "Anna", last_name = "Example" } }, 200);
        var info = await MeAsync(login.Str("access_token"), 200);
        Assert.Equal((user, "+447400000001", false), (info.Str("sub"), info.Str("phone_number"), info.At("phone_number_verified").GetBoolean()));
        Assert.Equal(("ann@example.com", "Anna", "Example", "Anna Example", "Ann"), (info.Str("email"), info.Str("given_name"), info.Str("family_name"), info.Str("name"), info.Str("preferred_username")));

        foreach (var wrong in new[] { "x", login.Str("id_token"), login.Str("refresh_token"), app.Http.DefaultRequestHeaders.Authorization!.Parameter })
            Assert.Equal("invalid_token", (await MeAsync(wrong, 401)).Str("error"));
        Assert.Equal("unauthorized", (await MeAsync(null, 401)).Str("error"));
        await app.Http.PostAsync("/cis/v1/auth/session/logout", new { session_id = login.Str("session_id") }, 204);
        await MeAsync(login.Str("access_token"), 401);

        async Task<JsonElement> MeAsync(string? token, int status)
        {
            // OpenID Connect Core §5.3.1: by GET and by POST, and (RFC 6750 §2.2) in the form of the latter.
            var answers = new List<HttpResponseMessage> { await app.Server.Http.FormAsync("/cis/oidc/me", null, token is null ? [] : [("access_token", token)]) };
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
            {
                using var request = new HttpRequestMessage(method, "/cis/oidc/me");
                if (token is not null)
                    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                answers.Add(await app.Server.Http.SendAsync(request));
            }
            foreach (var answer in answers)
            {
                Assert.True(answer.Headers.CacheControl!.NoStore);
                Assert.Equal((await answers[0].JsonAsync(status)).GetRawText(), (await answer.JsonAsync(status)).GetRawText());
                var challenge = status == 401 ? answer.Headers.WwwAuthenticate.Single() : null;
                Assert.Equal(status == 401 ? "Bearer" : null, challenge?.Scheme);
                // RFC 6750 §3.1: no error is told where there was no token.
                Assert.Equal(status == 401 && token is not null, challenge?.Parameter!.Contains("error=\"invalid_token\"", StringComparison.Ordinal) ?? false);
            }
            return await answers[0].JsonAsync(status);
        }
    }

    [Fact]
    public async Task An_access_token_is_taken_in_one_place_only()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.UserAsync();
        var token = (await app.LoginAsync()).Str("access_token")!;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/cis/oidc/me")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
            Content = new FormUrlEncodedContent([new("access_token", token)]),
        };
        Assert.Equal("invalid_request", (await (await app.Server.Http.SendAsync(request)).JsonAsync(400)).Str("error"));
        // RFC 6750 §2.3: never in the address, where it would be logged.
        await app.Server.Http.GetAsync("/cis/oidc/me?access_token=" + token, 401);
    }
}

/// <summary>What verifiers find out by themselves, and how keys turn.</summary>
public sealed class KeyTests(SharedServers servers)
{
    [Fact]
    public async Task Discovery_is_the_same_at_both_addresses_and_names_addresses_that_answer()
    {
        var server = await servers.ServerAsync(Engine.Sqlite);
        var document = await server.Http.GetAsync("/cis/oidc/.well-known/openid-configuration", 200);
        Assert.Equal(document.GetRawText(), (await server.Http.GetAsync("/.well-known/oauth-authorization-server/cis/oidc", 200)).GetRawText());
        const string Public = "http://127.0.0.1:5080";
        Assert.Equal((Public + "/cis/oidc", Public + "/cis/oidc/jwks", Public + "/cis/oidc/token"), (document.Str("issuer"), document.Str("jwks_uri"), document.Str("token_endpoint")));
        // OpenID Connect Discovery 1.0 §3: required members.
        foreach (var name in new[] { "response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported" })
            Assert.Equal(JsonValueKind.Array, document.At(name).ValueKind);
        Assert.Contains("RS256", document.At("id_token_signing_alg_values_supported").Strings());
        foreach (var name in new[] { "token_endpoint", "introspection_endpoint", "revocation_endpoint" })
            Assert.Equal("invalid_client", (await (await server.Http.FormAsync(document.Str(name)![Public.Length..], null, ("token", "x"))).JsonAsync(401)).Str("error"));
        await server.Http.GetAsync(document.Str("userinfo_endpoint")![Public.Length..], 401);
        await server.Http.GetAsync(document.Str("jwks_uri")![Public.Length..], 200);
    }

    [Fact]
    public async Task The_issuer_never_comes_from_the_Host_header()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/cis/oidc/.well-known/openid-configuration");
        request.Headers.Host = "evil.example";
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", "evil.example");
        Assert.DoesNotContain("evil", await (await app.Server.Http.SendAsync(request)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_set_holds_public_halves_named_by_their_thumbprint()
    {
        var server = await servers.ServerAsync(Engine.Sqlite);
        var answer = await server.Http.GetAsync("/cis/oidc/jwks");
        Assert.True(answer.Headers.CacheControl is { Public: true, MaxAge.TotalSeconds: 300 });
        var keys = (await answer.JsonAsync(200)).At("keys").EnumerateArray().ToList();
        Assert.Equal(["ES256", "ES256", "RS256", "RS256"], keys.Select(k => k.Str("alg")).Order());
        foreach (var key in keys)
        {
            // RFC 7638 §3.2: the required members in lexical order.
            var (members, thumbprinted) = key.Str("kty") == "EC"
                ? (new[] { "alg", "crv", "kid", "kty", "use", "x", "y" }, $$"""{"crv":"{{key.Str("crv")}}","kty":"EC","x":"{{key.Str("x")}}","y":"{{key.Str("y")}}"}""")
                : (["alg", "e", "kid", "kty", "n", "use"], $$"""{"e":"{{key.Str("e")}}","kty":"RSA","n":"{{key.Str("n")}}"}""");
            Assert.Equal(members, key.Names());
            Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(thumbprinted))), key.Str("kid"));
            Assert.Equal("sig", key.Str("use"));
        }
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Turning_the_keys_waits_until_verifiers_have_seen_them_and_old_tokens_stay_good(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        var before = await app.LoginAsync();
        var fresh = await app.Management.PostAsync("/cis/v1/signing-keys/rotate", new { }, 409);
        Assert.Equal((409, "keys_too_fresh"), (fresh.At("error_code").GetInt32(), fresh.Str("ts_error_code")));
        server.Clock.Advance(SigningKeys.Lead - TimeSpan.FromSeconds(1));
        await app.Management.PostAsync("/cis/v1/signing-keys/rotate", new { }, 409);
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var announced = (await server.Http.GetAsync("/cis/oidc/jwks", 200)).At("keys").EnumerateArray().Select(k => k.Str("kid")).ToList();

        var listed = (await app.Management.PostAsync("/cis/v1/signing-keys/rotate", new { }, 200)).At("result").EnumerateArray().ToList();
        Assert.All(listed, k => Assert.Equal(["alg", "kid", "published_at", "signs_from", "signs_until"], k.Names()));
        Assert.Equal(listed.Count, (await app.Management.GetAsync("/cis/v1/signing-keys", 200)).At("result").GetArrayLength());
        var after = await app.LoginAsync();
        var (old, current) = (Wire.Header(before.Str("id_token")).Str("kid"), Wire.Header(after.Str("id_token")).Str("kid"));
        Assert.NotEqual(old, current);
        Assert.Contains(current, announced);
        // Two that are done, two that sign, two that wait.
        Assert.Equal(6, (await KidsAsync(server)).Count);
        await app.Http.GetAsync("/cis/v1/users", 200);

        server.Clock.Advance(SigningKeys.Grace - TimeSpan.FromSeconds(1));
        await HousekeepingOf(server).RunOnceAsync();
        Assert.Contains(old, await KidsAsync(server));
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await HousekeepingOf(server).RunOnceAsync();
        Assert.DoesNotContain(old, await KidsAsync(server));
        Assert.Contains(current, await KidsAsync(server));
    }

    [Fact]
    public async Task Keys_turn_by_themselves_when_their_term_is_over()
    {
        await using var server = await TestServer.StartAsync();
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        var first = await KidsAsync(server);
        var kid = Wire.Header((await app.LoginAsync()).Str("id_token")).Str("kid");
        server.Clock.Advance(SigningKeys.Term - TimeSpan.FromSeconds(1));
        app = await AgainAsync();
        Assert.Equal(kid, Wire.Header((await app.LoginAsync()).Str("id_token")).Str("kid"));
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await HousekeepingOf(server).RunOnceAsync();
        app = await AgainAsync();
        var next = Wire.Header((await app.LoginAsync()).Str("id_token")).Str("kid");
        Assert.NotEqual(kid, next);
        Assert.Contains(next, first);
        Assert.Equal(6, (await KidsAsync(server)).Count);

        async Task<TestApplication> AgainAsync() => app with { Http = await server.ClientAsync(app.ClientId, app.ClientSecret) };
    }

    [Fact]
    public async Task Only_the_first_tenant_turns_the_keys()
    {
        var tenant = await servers.TenantAsync(Engine.Sqlite);
        var app = await tenant.ApplicationAsync();
        await tenant.Management.GetAsync("/cis/v1/signing-keys", 403);
        await tenant.Management.PostAsync("/cis/v1/signing-keys/rotate", new { }, 403);
        await app.Http.GetAsync("/cis/v1/signing-keys", 403);
    }

    private static async Task<List<string?>> KidsAsync(TestServer server) =>
        [.. (await server.Http.GetAsync("/cis/oidc/jwks", 200)).At("keys").EnumerateArray().Select(k => k.Str("kid"))];

    private static Housekeeping HousekeepingOf(TestServer server) => server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single();
}
