using System.Diagnostics;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Events;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Interop;

/// <summary>A backend in another language, with libraries that know nothing of us (npm jose, openid-client, standardwebhooks), gets by with discovery alone, and checks our webhooks.</summary>
public sealed class NodeTests
{
    [Theory]
    [InlineData("ES256")]
    [InlineData("RS256")]
    public async Task Node_validates_access_and_id_tokens_through_discovery(string algorithm)
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync(settings: new { signing_algorithm = algorithm });
        var user = await app.UserAsync();
        var sent = await (await app.Http.PostAsJsonAsync("/cis/v1/auth/otp/send", new { channel = "direct", identifier_type = "phone_number", identifier = "+447400000001", approval_data = new { amount = "12.50 €" } })).JsonAsync(200);
        var login = await (await app.AuthenticateAsync(sent.Str("code")!)).JsonAsync(200);

        var seen = await RunAsync("verify.mjs", new
        {
            issuer = server.Url + "/cis/oidc",
            access_token = login.Str("access_token"),
            id_token = login.Str("id_token"),
            client_token = app.Http.DefaultRequestHeaders.Authorization!.Parameter,
            client_id = app.ClientId,
            algorithm,
        });
        Assert.Equal((user, user, app.ClientId), (seen.Str("access", "sub"), seen.Str("id", "sub"), seen.Str("client", "sub")));
        Assert.Equal("12.50 €", seen.Str("id", "approval_data", "amount"));
        Assert.Equal(["altered access token", "another audience", "another issuer", "id token as access token"], seen.At("refused").Strings().Order());
    }

    [Fact]
    public async Task Node_verifies_a_webhook_by_both_secrets_of_a_rotation()
    {
        // The library compares with the real time.
        await using var server = await Loopback.ServerAsync();
        await using var hook = new Hook();
        var management = await server.ManagementAsync();
        var made = (await management.PostAsync("/cis/v1/webhooks", new { uri = hook.Uri, api_key = Hook.ApiKey, events = new[] { "user.locked" } }, 201)).At("result");
        var rotated = (await management.PostAsync($"/cis/v1/webhooks/{made.Str("webhook_id")}/rotate-secret", new { }, 200)).At("result");
        await management.PostAsync($"/cis/v1/webhooks/{made.Str("webhook_id")}/test", new { }, 200);
        var got = Assert.Single(hook.Got);
        var seen = await RunAsync("webhook.mjs", new
        {
            secrets = new[] { rotated.Str("signing_secret"), made.Str("signing_secret") },
            headers = got.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value),
            body = got.Body,
        });
        Assert.Equal(["webhook.test", "webhook.test"], seen.At("verified").EnumerateArray().Select(v => v.Str("type")));
        Assert.Equal(["altered body", "another id", "another secret", "another time"], seen.At("refused").Strings().Order());
    }

    [Theory]
    [InlineData("client_secret_basic", null)]
    [InlineData("client_secret_post", null)]
    [InlineData("private_key_jwt", "ES256")]
    [InlineData("private_key_jwt", "RS256")]
    [InlineData("private_key_jwt", "PS256")]
    public async Task An_OpenID_client_off_the_shelf_goes_all_the_way(string method, string? algorithm)
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        var key = algorithm is null ? null : new ClientKeyPair(algorithm);
        // Only by what the test is about: the secret of a client that signs is refused.
        if (key is not null)
            await app.ChangeClientAsync(new { token_endpoint_auth_method = "private_key_jwt", jwks = new { keys = new[] { key.Jwk() } } });

        var seen = await RunAsync("client.mjs", new
        {
            issuer = server.Url + "/cis/oidc",
            client_id = app.ClientId,
            client_secret = app.ClientSecret,
            method,
            algorithm,
            private_key = key?.Jwk(withPrivate: true),
            refresh_token = login.Str("refresh_token"),
            user,
        });
        Assert.Equal((user, app.ClientId, "+447400000001", "bearer"), (seen.Str("claims", "sub"), seen.Str("claims", "aud"), seen.Str("phone"), seen.Str("own")));
        Assert.Equal((true, user), (seen.At("before", "active").GetBoolean(), seen.Str("before", "sub")));
        Assert.Equal("""{"active":false}""", seen.At("after").GetRawText());
        Assert.Equal("invalid_grant", seen.Str("refusal"));
    }

    [Fact]
    public async Task The_example_in_the_documentation_signs_an_assertion_that_is_taken()
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        var page = await File.ReadAllTextAsync(Path.Combine(FolderOf(), "../../docs/sessions.md"));
        var script = Path.Combine(server.Folder, "sign.mjs");
        await File.WriteAllTextAsync(script, page.Split("```js\n")[1].Split("```")[0]);
        using var pair = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var pem = Path.Combine(server.Folder, "client.pem");
        await File.WriteAllTextAsync(pem, pair.ExportECPrivateKeyPem());

        var made = await RunAsync(script, new { }, ("ISSUER", server.Url + "/cis/oidc"), ("CLIENT_ID", app.ClientId), ("KEY_FILE", pem));
        await app.ChangeClientAsync(new { jwks = new { keys = new[] { made.At("jwk") } }, token_endpoint_auth_method = "private_key_jwt" });
        await (await server.Http.FormAsync("/oidc/token", null, ("grant_type", "client_credentials"), ("client_assertion_type", AssertionTests.Type), ("client_assertion", made.Str("client_assertion")!))).JsonAsync(200);
    }

    private static async Task<JsonElement> RunAsync(string script, object input, params (string Name, string Value)[] environment)
    {
        var folder = FolderOf();
        Assert.True(Directory.Exists(Path.Combine(folder, "node_modules", "openid-client")), $"npm ci has not been run in {folder}. Run the tests by eng/test.");
        var start = new ProcessStartInfo("node", [script]) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var node = Process.Start(start)!;
        await node.StandardInput.WriteAsync(JsonSerializer.Serialize(input));
        node.StandardInput.Close();
        var (output, errors) = (node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(node.ExitCode == 0, await errors);
        return JsonElement.Parse(await output);
    }

    private static string FolderOf([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../node"));
}
