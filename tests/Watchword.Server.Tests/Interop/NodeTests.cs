using System.Diagnostics;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Interop;

/// <summary>A backend in another language, with a library that knows nothing of us (npm jose), checks our tokens by discovery alone.</summary>
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

        var seen = await RunAsync(new
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

    private static async Task<JsonElement> RunAsync(object input)
    {
        var folder = FolderOf();
        Assert.True(Directory.Exists(Path.Combine(folder, "node_modules", "jose")), $"npm ci has not been run in {folder}. Run the tests by eng/test.");
        using var node = Process.Start(new ProcessStartInfo("node", ["verify.mjs"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await node.StandardInput.WriteAsync(JsonSerializer.Serialize(input));
        node.StandardInput.Close();
        var (output, errors) = (node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
        await node.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(node.ExitCode == 0, await errors);
        return JsonElement.Parse(await output);
    }

    private static string FolderOf([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../node"));
}
