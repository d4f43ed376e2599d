using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Watchword.Server.Hosting;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Robustness;

namespace Watchword.Server.Tests.Security;

public sealed class AssertionsOnSqlite(SqliteServer shared) : AssertionTests(shared), IClassFixture<SqliteServer>;

public sealed class AssertionsOnPostgres(PostgresServer shared) : AssertionTests(shared), IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Fifty_uses_of_one_assertion_at_once_on_two_nodes_are_taken_once()
    {
        await using var second = await Server.AnotherNodeAsync();
        var key = new ClientKeyPair();
        var app = await SigningAsync(key);
        var there = app with { Server = second };
        var assertion = key.Assert(app);
        var answers = await Attack.AtOnceAsync(50, i => TokenAsync(i % 2 == 0 ? app : there, assertion));
        Assert.Equal((1, 49), (answers.Of(200), answers.Of(401)));
    }
}

/// <summary>Clients that prove who they are by a signature (RFC 7523): what is taken, what is not, and that it is taken once.</summary>
public abstract class AssertionTests(SharedServer shared) : SecurityTests(shared)
{
    public const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private const string Issuer = "http://127.0.0.1:5080/cis/oidc";

    [Theory]
    [InlineData("ES256", "k1", null)]
    [InlineData("ES256", null, "ES256")]
    [InlineData("RS256", "k1", null)]
    [InlineData("PS256", "k1", null)]
    [InlineData("PS256", null, "PS256")]
    public async Task A_signature_opens_all_three_endpoints_at_both_addresses(string algorithm, string? kid, string? alg)
    {
        var key = new ClientKeyPair(algorithm, kid);
        var jwk = key.Jwk();
        jwk["alg"] = alg;
        var app = await SigningAsync(key, jwk);
        await app.UserAsync();
        var login = await app.LoginAsync();
        var refresh = login.Text("refresh_token");
        foreach (var prefix in (string[])["/oidc", "/cis/oidc"])
        {
            await (await TokenAsync(app, key.Assert(app), prefix + "/token")).JsonAsync(200);
            refresh = (await (await PostAsync(app, prefix + "/token", key.Assert(app), ("grant_type", "refresh_token"), ("refresh_token", refresh))).JsonAsync(200)).Text("refresh_token");
            Assert.True((await (await PostAsync(app, prefix + "/token/introspection", key.Assert(app), ("token", refresh))).JsonAsync(200)).GetProperty("active").GetBoolean());
            await (await PostAsync(app, prefix + "/token/revocation", key.Assert(app), ("token", "x"))).JsonAsync(200);
        }
        await (await PostAsync(app, "/oidc/token/revocation", key.Assert(app), ("token", refresh))).JsonAsync(200);
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(400);
    }

    [Fact]
    public async Task Any_of_our_names_is_an_audience_and_the_client_may_name_itself_or_not()
    {
        var key = new ClientKeyPair();
        var app = await SigningAsync(key);
        foreach (var aud in new object[] { Issuer, Issuer + "/token", "http://127.0.0.1:5080/oidc/token", new[] { Issuer } })
            await (await TokenAsync(app, key.Assert(app, new { aud }))).JsonAsync(200);
        await (await PostAsync(app, "/oidc/token", key.Assert(app), ("grant_type", "client_credentials"), ("client_id", app.ClientId))).JsonAsync(200);
        foreach (var typ in (string[])["JWT", "jwt", "client-authentication+jwt"])
            await (await TokenAsync(app, key.Assert(app, header: new { typ }))).JsonAsync(200);
    }

    [Fact]
    public async Task Whatever_is_wrong_with_an_assertion_the_answer_is_the_same_and_nothing_is_written()
    {
        var (key, other) = (new ClientKeyPair(), new ClientKeyPair());
        var app = await SigningAsync(key);
        var stranger = await SigningAsync(other);
        var rsa = new ClientKeyPair("RS256", "rsa");
        var good = key.Assert(app);
        var parts = good.Split('.');
        var now = Server.Clock.GetUtcNow().ToUnixTimeSeconds();
        var claims = $$"""{"iss":"{{app.ClientId}}","sub":"{{app.ClientId}}","aud":"{{Issuer}}","exp":{{now + 60}},"jti":"a"}""";
        var bad = new Dictionary<string, string>
        {
            ["nothing"] = "",
            ["no JWT"] = "x",
            ["dots"] = "..",
            ["five parts"] = good + ".x.y",
            ["too long"] = new string('a', 9000) + ".b.c",
            ["unsigned"] = $"{Text("""{"alg":"none"}""")}.{parts[1]}.",
            ["unsigned, with our key's name"] = $"{Text("""{"alg":"none","kid":"k1"}""")}.{parts[1]}.{parts[2]}",
            ["its signature cut off"] = $"{parts[0]}.{parts[1]}.",
            ["its claims of another"] = $"{parts[0]}.{key.Assert(app, new { jti = "other" }).Split('.')[1]}.{parts[2]}",
            ["another's key under our key's name"] = other.Assert(app),
            ["a key of another type"] = rsa.Assert(app, header: new { kid = "k1" }),
            ["the public key as a shared secret"] = Hmac(key, $$"""{"alg":"HS256","kid":"k1"}""", claims),
            ["a key that it brings itself"] = other.Assert(app, header: new { kid = (string?)null, jwk = other.Jwk() }),
            ["a name of no key"] = key.Assert(app, header: new { kid = "k2" }),
            ["an access token's type"] = key.Assert(app, header: new { typ = "at+jwt" }),
            ["a DPoP proof's type"] = key.Assert(app, header: new { typ = "dpop+jwt" }),
            ["a critical extension"] = key.Assert(app, header: new { crit = new[] { "exp" }, exp = 1 }),
            ["another issuer"] = key.Assert(app, new { iss = "someone" }),
            ["another subject"] = key.Assert(app, new { sub = stranger.ClientId }),
            ["another client in both"] = key.Assert(app, new { iss = stranger.ClientId, sub = stranger.ClientId }),
            ["no issuer"] = key.Assert(app, new { iss = (string?)null }),
            ["no subject"] = key.Assert(app, new { sub = (string?)null }),
            ["no audience"] = key.Assert(app, new { aud = (string?)null }),
            ["another audience"] = key.Assert(app, new { aud = "https://another.example" }),
            ["the API's audience"] = key.Assert(app, new { aud = "userid-api" }),
            ["almost our audience"] = key.Assert(app, new { aud = Issuer + "/" }),
            ["two audiences"] = key.Assert(app, new { aud = new[] { Issuer, "https://another.example" } }),
            ["our name twice"] = key.Assert(app, new { aud = new[] { Issuer, Issuer } }),
            ["an empty list of audiences"] = key.Assert(app, new { aud = Array.Empty<string>() }),
            ["no end"] = key.Assert(app, new { exp = (string?)null }),
            ["an end in words"] = key.Assert(app, new { exp = "tomorrow" }),
            ["an end as text"] = key.Assert(app, new { exp = $"{now + 60}" }),
            ["an end beyond all time"] = key.Sign("""{"alg":"ES256"}""", claims.Replace($"{now + 60}", "1e300", StringComparison.Ordinal), "ES256"),
            ["expired"] = key.Assert(app, new { exp = now - 1 }),
            ["too long a life"] = key.Assert(app, new { exp = now + 602 }),
            ["issued in the future"] = key.Assert(app, new { iat = now + 62 }),
            ["not good yet"] = key.Assert(app, new { nbf = now + 62 }),
            ["no name of its own"] = key.Assert(app, new { jti = (string?)null }),
            ["an empty name"] = key.Assert(app, new { jti = "" }),
            ["a number for a name"] = key.Assert(app, new { jti = 5 }),
            ["too long a name"] = key.Assert(app, new { jti = new string('j', 201) }),
            ["half a character in its name"] = key.Sign("""{"alg":"ES256"}""", claims.Replace("\"a\"", "\"\\ud800\"", StringComparison.Ordinal), "ES256"),
            ["half a character in its subject"] = key.Sign("""{"alg":"ES256"}""", claims.Replace($"\"sub\":\"{app.ClientId}\"", "\"sub\":\"\\ud800\"", StringComparison.Ordinal), "ES256"),
            ["half a character in its header"] = key.Sign("""{"alg":"ES256","kid":"\ud800"}""", claims, "ES256"),
            ["a subject twice"] = key.Sign("""{"alg":"ES256"}""", claims.Replace("\"sub\"", "\"sub\":\"x\",\"sub\"", StringComparison.Ordinal), "ES256"),
            ["no object"] = key.Sign("""{"alg":"ES256"}""", "[]", "ES256"),
            ["no JSON"] = key.Sign("""{"alg":"ES256"}""", "{", "ES256"),
            ["a header that is no object"] = key.Sign("5", claims, "ES256"),
            ["a client's access token"] = app.Http.DefaultRequestHeaders.Authorization!.Parameter!,
        };
        var stored = await Surface.StoredAsync(Server);
        string? words = null;
        foreach (var (name, assertion) in bad)
        {
            foreach (var clientId in (string?[])[null, app.ClientId])
            {
                var answer = await PostAsync(app, "/oidc/token", assertion, [("grant_type", "client_credentials"), .. clientId is null ? Array.Empty<(string, string)>() : [("client_id", clientId)]]);
                var text = await answer.Content.ReadAsStringAsync();
                Assert.True((int)answer.StatusCode == 401, $"{name}: {(int)answer.StatusCode} {text}");
                Assert.Equal("invalid_client", JsonElement.Parse(text).Text("error"));
                Assert.Equal(words ??= text, text);
            }
        }
        foreach (var (name, fields) in new (string, (string, string)[])[]
        {
            ("another client's name beside it", [("client_id", stranger.ClientId)]),
            ("a secret beside it", [("client_secret", app.ClientSecret)]),
            ("an empty secret beside it", [("client_secret", "")]),
            ("a second assertion", [("client_assertion", good)]),
            ("a second type", [("client_assertion_type", Type)]),
        })
            Assert.True((int)(await PostAsync(app, "/oidc/token", key.Assert(app), [("grant_type", "client_credentials"), .. fields])).StatusCode == 401, name);
        Assert.Equal(401, (int)(await BasicAsync(app, key.Assert(app))).StatusCode);
        foreach (var type in (string?[])[null, "", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"])
            Assert.Equal(401, (int)(await FormAsync("/oidc/token", [("grant_type", "client_credentials"), ("client_assertion", key.Assert(app)), .. type is null ? Array.Empty<(string, string)>() : [("client_assertion_type", type)]])).StatusCode);
        Assert.Equal(401, (int)(await FormAsync("/oidc/token", [("grant_type", "client_credentials"), ("client_assertion_type", Type), ("client_id", app.ClientId), ("client_secret", app.ClientSecret)])).StatusCode);
        Assert.Equal(stored, await Surface.StoredAsync(Server));
        // The good one, of which all of these were made, is good.
        await (await TokenAsync(app, good)).JsonAsync(200);
    }

    [Fact]
    public async Task An_assertion_is_good_until_it_ends_and_a_minute_ahead_of_our_clock()
    {
        var key = new ClientKeyPair();
        var app = await SigningAsync(key);
        // Onto a whole second, in which assertions count.
        Server.Clock.Advance(TimeSpan.FromMilliseconds(1000 - Server.Clock.GetUtcNow().Millisecond));
        var now = Server.Clock.GetUtcNow().ToUnixTimeSeconds();
        await TakenAsync(new { exp = now + 600 }, true);
        await TakenAsync(new { exp = now + 600.5 }, false);
        await TakenAsync(new { iat = now + 60 }, true);
        await TakenAsync(new { iat = now + 60.5 }, false);
        await TakenAsync(new { nbf = now + 60, iat = (string?)null }, true);
        await TakenAsync(new { nbf = now + 60.5 }, false);
        var (last, late) = (key.Assert(app, new { exp = now + 5 }), key.Assert(app, new { exp = now + 5 }));
        Server.Clock.Advance(TimeSpan.FromMilliseconds(4999));
        await (await TokenAsync(app, last)).JsonAsync(200);
        Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await (await TokenAsync(app, late)).JsonAsync(401);

        async Task TakenAsync(object claims, bool taken) => await (await TokenAsync(app, key.Assert(app, claims))).JsonAsync(taken ? 200 : 401);
    }

    [Fact]
    public async Task Fifty_uses_of_one_assertion_at_once_are_taken_once()
    {
        var key = new ClientKeyPair();
        var app = await SigningAsync(key);
        for (var round = 0; round < 3; round++)
        {
            var assertion = key.Assert(app);
            var answers = await Attack.AtOnceAsync(50, i => i % 2 == 0 ? TokenAsync(app, assertion) : PostAsync(app, "/cis/oidc/token/introspection", assertion, ("token", "x")));
            Assert.Equal((1, 49), (answers.Of(200), answers.Of(401)));
        }
        // The name is the client's own: another client may use the same.
        var other = await SigningAsync(key);
        await (await TokenAsync(app, key.Assert(app, new { jti = "shared" }))).JsonAsync(200);
        await (await TokenAsync(other, key.Assert(other, new { jti = "shared" }))).JsonAsync(200);
        await (await TokenAsync(app, key.Assert(app, new { jti = "shared" }))).JsonAsync(401);
        // Signed anew it is the same assertion, whatever else it says.
        await (await TokenAsync(app, key.Assert(app, new { jti = "shared", iat = (string?)null }))).JsonAsync(401);
    }

    [Fact]
    public async Task A_used_assertion_is_forgotten_only_when_no_node_would_take_it_any_more()
    {
        var key = new ClientKeyPair();
        var app = await SigningAsync(key);
        await Server.TamperAsync("DELETE FROM client_assertions");
        await (await TokenAsync(app, key.Assert(app))).JsonAsync(200);
        var long_ago = Server.Clock.GetUtcNow().AddDays(-1).ToUnixTimeMilliseconds();
        // More than one batch.
        await Server.Database.WriteAsync(async db =>
        {
            for (var i = 0; i < 2100; i++)
                await OneTime.ClientAssertion.ConsumeAsync(db, new { client = "gone", hash = RandomNumberGenerator.GetBytes(32), expires = long_ago });
        });
        await SweepAsync();
        Assert.Equal(1, await CountAsync());
        Server.Clock.Advance(TimeSpan.FromMinutes(6));
        await SweepAsync();
        Assert.Equal(1, await CountAsync());
        Server.Clock.Advance(TimeSpan.FromMilliseconds(1000));
        await SweepAsync();
        Assert.Equal(0, await CountAsync());

        Task SweepAsync() => Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RunOnceAsync();

        Task<long> CountAsync() => Server.PeekAsync<long>("SELECT COUNT(*) FROM client_assertions");
    }

    [Fact]
    public async Task A_client_changes_over_from_its_secret_to_its_key_and_on_to_another()
    {
        var (key, next) = (new ClientKeyPair(kid: "one"), new ClientKeyPair("RS256", "two"));
        var app = await ApplicationAsync();
        await (await TokenAsync(app, key.Assert(app))).JsonAsync(401);
        await app.ChangeClientAsync(new { jwks = new { keys = new[] { key.Jwk() } } });
        await TakenAsync(key, true, secret: true);
        await app.ChangeClientAsync(new { token_endpoint_auth_method = "private_key_jwt" });
        await TakenAsync(key, true, secret: false);
        await app.ChangeClientAsync(new { jwks = new { keys = new[] { key.Jwk(), next.Jwk() } } });
        await TakenAsync(key, true, secret: false);
        await TakenAsync(next, true, secret: false);
        await app.ChangeClientAsync(new { jwks = new { keys = new[] { next.Jwk() } } });
        await TakenAsync(key, false, secret: false);
        await TakenAsync(next, true, secret: false);
        var shown = (await (await app.Management.GetAsync($"/cis/v1/applications/{app.AppId}/clients/{app.ClientId}")).JsonAsync(200)).GetProperty("result").GetProperty("settings");
        Assert.Equal(("private_key_jwt", "two"), (shown.Text("token_endpoint_auth_method"), shown.GetProperty("jwks").GetProperty("keys")[0].Text("kid")));
        // Without a key nobody could get in.
        Assert.Equal(400, (int)(await PutAsync(app, """{"jwks":{"keys":[]}}""")).StatusCode);
        await app.ChangeClientAsync(new { jwks = new { keys = Array.Empty<object>() }, token_endpoint_auth_method = "client_secret" });
        await TakenAsync(next, false, secret: true);

        async Task TakenAsync(ClientKeyPair by, bool signature, bool secret)
        {
            await (await TokenAsync(app, by.Assert(app))).JsonAsync(signature ? 200 : 401);
            await (await app.FormAsync("/oidc/token", ("grant_type", "client_credentials"))).JsonAsync(secret ? 200 : 401);
            await (await Contract.Wire.FormAsync(Server.Http, "/oidc/token/introspection", (app.ClientId, app.ClientSecret), ("token", "x"))).JsonAsync(secret ? 200 : 401);
        }
    }

    [Fact]
    public async Task Only_public_keys_that_are_strong_enough_are_registered_and_all_faults_are_told()
    {
        var app = await ApplicationAsync();
        var ec = new ClientKeyPair().Jwk();
        var rsa = new ClientKeyPair("RS256").Jwk();
        var stored = await Surface.StoredAsync(Server);
        var wrong = new (string Fault, JsonObject Key)[]
        {
            ("private key", new ClientKeyPair().Jwk(withPrivate: true)),
            ("private key", new ClientKeyPair("RS256").Jwk(withPrivate: true)),
            ("symmetric", new JsonObject { ["kty"] = "oct", ["k"] = "AAAA" }),
            ("2048", new ClientKeyPair("RS256", bits: 1024).Jwk()),
            ("exponent", With(rsa, "e", "AQ")),
            ("exponent", With(rsa, "e", "BA")),
            ("base64url", With(rsa, "n", "*")),
            ("base64url", With(rsa, "e", null)),
            ("RS256 or PS256", With(rsa, "alg", "RS512")),
            ("RS256 or PS256", With(rsa, "alg", "ES256")),
            ("P-256", With(ec, "crv", "P-384")),
            ("P-256", With(ec, "alg", "HS256")),
            ("point", With(ec, "x", "AAAA")),
            ("point", With(ec, "y", ec["x"]!.GetValue<string>())),
            ("point", With(ec, "y", null)),
            ("sig", With(ec, "use", "enc")),
            ("kid", With(ec, "kid", "")),
            ("kid", With(ec, "kid", new string('k', 201))),
            ("kty", new JsonObject { ["kty"] = "OKP", ["crv"] = "Ed25519", ["x"] = "AAAA" }),
            ("kty", new JsonObject()),
        };
        foreach (var (fault, key) in wrong)
            Assert.Contains(fault, await FaultsAsync(new JsonArray(key.DeepClone())), StringComparison.Ordinal);
        var all = await FaultsAsync(new JsonArray([.. wrong.Take(3).Select(w => w.Key.DeepClone())]));
        Assert.Contains("keys[0]", all, StringComparison.Ordinal);
        Assert.Contains("keys[2]", all, StringComparison.Ordinal);
        Assert.Contains("two keys", await FaultsAsync(new JsonArray(ec.DeepClone(), ec.DeepClone())), StringComparison.Ordinal);
        Assert.Contains("at most 10", await FaultsAsync(new JsonArray([.. Enumerable.Range(0, 11).Select(i => With(ec, "kid", $"{i}"))])), StringComparison.Ordinal);
        foreach (var body in (string[])["""{"jwks":5}""", """{"jwks":[]}""", """{"jwks":{"keys":5}}""", """{"jwks":{"keys":[5]}}""", """{"jwks":{"keys":[null]}}""", """{"jwks":{"keys":[{"kty":5}]}}""",
            """{"token_endpoint_auth_method":"none"}""", """{"token_endpoint_auth_method":1}""", """{"token_endpoint_auth_method":"private_key_jwt"}"""])
            await Surface.RefusedAsync(await PutAsync(app, body), Api.ErrorShape.Resource, body);
        Assert.Equal(stored, await Surface.StoredAsync(Server));

        async Task<string> FaultsAsync(JsonArray keys)
        {
            var answer = await PutAsync(app, new JsonObject { ["jwks"] = new JsonObject { ["keys"] = keys } }.ToJsonString());
            await Surface.RefusedAsync(answer, Api.ErrorShape.Resource, keys.ToJsonString());
            return await answer.Content.ReadAsStringAsync();
        }

        static JsonObject With(JsonObject key, string name, string? value)
        {
            var other = key.DeepClone().AsObject();
            other.Remove(name);
            if (value is not null)
                other[name] = value;
            return other;
        }
    }

    /// <summary>An application whose client has this key registered, beside its secret.</summary>
    private protected async Task<TestApplication> SigningAsync(ClientKeyPair key, JsonObject? jwk = null)
    {
        var app = await ApplicationAsync();
        await app.ChangeClientAsync(new { jwks = new { keys = new[] { jwk ?? key.Jwk() } } });
        return app;
    }

    private protected static Task<HttpResponseMessage> TokenAsync(TestApplication app, string assertion, string path = "/oidc/token") =>
        PostAsync(app, path, assertion, ("grant_type", "client_credentials"));

    private static Task<HttpResponseMessage> PostAsync(TestApplication app, string path, string assertion, params (string Name, string Value)[] fields) =>
        Contract.Wire.FormAsync(app.Server.Http, path, null, [.. fields, ("client_assertion_type", Type), ("client_assertion", assertion)]);

    private Task<HttpResponseMessage> FormAsync(string path, (string Name, string Value)[] fields) => Contract.Wire.FormAsync(Server.Http, path, null, fields);

    private static Task<HttpResponseMessage> BasicAsync(TestApplication app, string assertion) =>
        Contract.Wire.FormAsync(app.Server.Http, "/oidc/token", (app.ClientId, app.ClientSecret), ("grant_type", "client_credentials"), ("client_assertion_type", Type), ("client_assertion", assertion));

    private static Task<HttpResponseMessage> PutAsync(TestApplication app, string settings) =>
        app.Management.PutAsync($"/cis/v1/applications/{app.AppId}/clients/{app.ClientId}", new StringContent($$"""{"settings":{{settings}}}""", System.Net.Http.Headers.MediaTypeHeaderValue.Parse("application/json")));

    private static string Hmac(ClientKeyPair key, string header, string claims)
    {
        var signed = $"{Text(header)}.{Text(claims)}";
        var secret = System.Text.Encoding.UTF8.GetBytes(key.Jwk().ToJsonString());
        return $"{signed}.{System.Buffers.Text.Base64Url.EncodeToString(HMACSHA256.HashData(secret, System.Text.Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Text(string json) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(json));
}
