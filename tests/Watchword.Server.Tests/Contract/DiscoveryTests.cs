using System.Net.Http.Json;
using System.Text.Json;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Contract;

/// <summary>Discovery says what is so, and all of it: each of its members is held against what the server does.</summary>
public sealed class DiscoveryTests(SharedServers servers)
{
    private const string Public = "http://127.0.0.1:5080";
    private static readonly string[] AllMethods = ["client_secret_basic", "client_secret_jwt", "client_secret_post", "none", "private_key_jwt", "tls_client_auth"];

    [Fact]
    public async Task Every_member_is_true_and_none_is_missing()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite, settings: Attack.NoSendLimits);
        var document = await app.Server.Http.GetAsync("/cis/oidc/.well-known/openid-configuration", 200);
        var key = new ClientKeyPair();
        await app.ChangeClientAsync(new { jwks = new { keys = new[] { key.Jwk() } } });
        var login = await LoginWithAllAsync(app);
        var id = Wire.Claims(login.Str("id_token"));

        var proofs = new Dictionary<string, Func<JsonElement, Task>>
        {
            ["issuer"] = Proof(value => Assert.Equal(value.GetString(), id.Str("iss"))),
            ["token_endpoint"] = async value => await TokenAsync(app, PathOf(value)),
            ["jwks_uri"] = async value =>
            {
                var keys = (await app.Server.Http.GetAsync(PathOf(value), 200)).At("keys").EnumerateArray().Select(k => k.Str("kid"));
                Assert.Contains(Wire.Header(login.Str("id_token")).Str("kid"), keys);
            },
            ["userinfo_endpoint"] = async value => Assert.Equal(id.Str("sub"), (await (await app.Server.Http.FormAsync(PathOf(value), null, ("access_token", login.Str("access_token")!))).JsonAsync(200)).Str("sub")),
            ["introspection_endpoint"] = async value => Assert.True((await (await app.FormAsync(PathOf(value), ("token", login.Str("access_token")!))).JsonAsync(200)).At("active").GetBoolean()),
            ["revocation_endpoint"] = async value =>
            {
                var other = await LoginWithAllAsync(app);
                await (await app.FormAsync(PathOf(value), ("token", other.Str("refresh_token")!))).JsonAsync(200);
                Assert.False(await app.IsActiveAsync(other.Str("access_token")!));
            },
            ["grant_types_supported"] = async value =>
            {
                foreach (var grant in new[] { "authorization_code", "client_credentials", "implicit", "password", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange" })
                {
                    var answer = await app.FormAsync("/oidc/token", ("grant_type", grant), ("refresh_token", (await LoginWithAllAsync(app)).Str("refresh_token")!));
                    Assert.True(value.Strings().Contains(grant) == ((int)answer.StatusCode == 200), grant);
                }
            },
            ["response_types_supported"] = Proof(value => Assert.True(value.GetArrayLength() == 0 && !document.Has("authorization_endpoint"))),
            ["request_uri_parameter_supported"] = Proof(value => Assert.False(value.GetBoolean())),
            ["subject_types_supported"] = async value =>
            {
                // Public: two applications know a user by the same name.
                Assert.Equal(["public"], value.Strings());
                var other = await app.Server.ApplicationAsync(management: app.Management);
                await other.UserAsync();
                Assert.Equal(id.Str("sub"), Wire.Claims((await other.LoginAsync()).Str("id_token")).Str("sub"));
            },
            ["id_token_signing_alg_values_supported"] = async value =>
            {
                foreach (var algorithm in new[] { "ES256", "ES384", "HS256", "PS256", "RS256", "none" })
                {
                    var answer = await app.Management.PutAsync($"/cis/v1/applications/{app.AppId}", JsonContent.Create(new { settings = new { signing_algorithm = algorithm } }));
                    Assert.True(value.Strings().Contains(algorithm) == answer.IsSuccessStatusCode, algorithm);
                    if (answer.IsSuccessStatusCode)
                        Assert.Equal(algorithm, Wire.Header((await LoginWithAllAsync(app)).Str("id_token")).Str("alg"));
                }
            },
            ["scopes_supported"] = Proof(value => Assert.Equal(Wire.Claims(login.Str("access_token")).Str("scope")!.Split(' '), value.Strings())),
            ["claims_supported"] = async value =>
            {
                var info = await (await app.Server.Http.FormAsync("/cis/oidc/me", null, ("access_token", login.Str("access_token")!))).JsonAsync(200);
                Assert.Equal(id.Names().Union(info.Names()).Order(StringComparer.Ordinal), value.Strings().Order(StringComparer.Ordinal));
            },
            ["acr_values_supported"] = async value =>
            {
                var both = await app.Http.PostAsync("/cis/v1/auth/otp/authenticate", new { passcode = Attack.CodeIn(await app.SmsAsync()), identifier_type = "phone_number", identifier = Attack.Alice, session_id = login.Str("session_id") }, 200);
                Assert.Equal([id.Str("acr"), Wire.Claims(both.Str("id_token")).Str("acr")], value.Strings());
            },
        };
        foreach (var endpoint in new[] { "token", "introspection", "revocation" })
        {
            var path = PathOf(document.At(endpoint + "_endpoint"));
            proofs[endpoint + "_endpoint_auth_methods_supported"] = async value =>
            {
                foreach (var method in AllMethods)
                    Assert.True(value.Strings().Contains(method) == ((int)(await KnockAsync(app, key, path, method)).StatusCode == 200), $"{endpoint} by {method}");
            };
            proofs[endpoint + "_endpoint_auth_signing_alg_values_supported"] = async value =>
            {
                var signers = new[] { key, new ClientKeyPair("RS256", "rs"), new ClientKeyPair("PS256", "ps") };
                await app.ChangeClientAsync(new { jwks = new { keys = signers.Select(s => s.Jwk()) } });
                Assert.Equal(signers.Select(s => s.Algorithm).Order(), value.Strings().Order());
                foreach (var signer in signers)
                    await (await KnockAsync(app, signer, path, "private_key_jwt")).JsonAsync(200);
            };
        }
        Assert.Equal(proofs.Keys.Order(StringComparer.Ordinal), document.Names());
        foreach (var (name, proof) in proofs)
            await proof(document.At(name));
    }

    private static Func<JsonElement, Task> Proof(Action<JsonElement> check) => value =>
    {
        check(value);
        return Task.CompletedTask;
    };

    private static string PathOf(JsonElement address)
    {
        Assert.StartsWith(Public + "/", address.GetString(), StringComparison.Ordinal);
        return address.GetString()![Public.Length..];
    }

    private static async Task TokenAsync(TestApplication app, string path) =>
        await (await app.FormAsync(path, ("grant_type", "client_credentials"))).JsonAsync(200);

    private static Task<HttpResponseMessage> KnockAsync(TestApplication app, ClientKeyPair key, string path, string method)
    {
        (string, string)[] fields = [("grant_type", "client_credentials"), ("token", "x")];
        return method switch
        {
            "client_secret_basic" => app.Server.Http.FormAsync(path, (app.ClientId, app.ClientSecret), fields),
            "client_secret_post" => app.FormAsync(path, fields),
            "private_key_jwt" => app.Server.Http.FormAsync(path, null, [.. fields, ("client_assertion_type", AssertionTests.Type), ("client_assertion", key.Assert(app))]),
            "client_secret_jwt" => app.Server.Http.FormAsync(path, null, [.. fields, ("client_assertion_type", AssertionTests.Type), ("client_assertion", ClientKeyPair.AssertBySecret(app))]),
            _ => app.Server.Http.FormAsync(path, null, [.. fields, ("client_id", app.ClientId)]),
        };
    }

    /// <summary>A login of a user of whom everything is known, with every claim asked for.</summary>
    private static async Task<JsonElement> LoginWithAllAsync(TestApplication app)
    {
        await app.Http.PostAsJsonAsync("/cis/v1/users", new
        {
            phone_number = Attack.Alice, email = "alice@acme.example", username = "alice", name = new { first_name = "A", middle_name = "B", last_name = "C" }, picture = "https://acme.example/a.png",
            birthday = "1990-12-31", language = "en", external_user_id = "u1", external_account_id = "a1",
        });
        var all = new[] { "phone_number", "phone_number_verified", "email", "email_verified", "name", "given_name", "middle_name", "family_name", "preferred_username", "picture", "birthdate", "locale", "updated_at", "external_user_id", "external_account_id", "status" };
        var sent = await app.Http.PostAsync("/cis/v1/auth/otp/send", new { channel = "direct", identifier_type = "phone_number", identifier = Attack.Alice, approval_data = new { amount = "1" } }, 200);
        return await app.Http.PostAsync("/cis/v1/auth/otp/authenticate", new { passcode = sent.Str("code"), identifier_type = "phone_number", identifier = Attack.Alice, claims = new { id_token = all } }, 200);
    }
}
