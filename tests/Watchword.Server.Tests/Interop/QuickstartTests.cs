using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Interop;

/// <summary>What the quick start shows works as it stands there.</summary>
public sealed partial class QuickstartTests
{
    [Fact]
    public async Task The_calls_of_the_quick_start_work_one_after_the_other()
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync(authMethods: new { sms = new { } });
        var page = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "quickstart.md"));
        var blocks = new Queue<string>(Block().Matches(page).Select(m => m.Groups[1].Value));
        var shell = new Dictionary<string, string> { ["ID"] = app.ClientId, ["SECRET"] = app.ClientSecret, ["OPS_SECRET"] = TestServer.ManagementClientSecret };

        shell["TOKEN"] = (await RunAsync(blocks.Dequeue() + "\necho $TOKEN")).Trim();
        Assert.NotEmpty((await JsonAsync()).At("result").Str("user_id")!);
        Assert.Equal("OTP sent", (await JsonAsync()).Str("message"));
        var code = Regex.Match((await server.Sender.WaitForAsync("+447700900123")).Text, "[0-9]{6}").Value;
        var login = await JsonAsync(("482913", code));
        Assert.NotEmpty(login.Str("id_token")!);
        Assert.NotEmpty((await JsonAsync(("wwr.…", login.Str("refresh_token")!))).Str("access_token")!);
        Assert.Equal("", await RunAsync(Filled(blocks.Dequeue(), ("wws.…", login.Str("session_id")!))));
        await app.Http.PostAsync("/cis/v1/auth/session/authenticate", new { session_id = login.Str("session_id") }, 400);

        // An application of one's own.
        var made = await RunAsync(Filled(blocks.Dequeue(), ("client_id=ops", "client_id=" + TestServer.ManagementClientId)) + "\necho\necho $MANAGEMENT_TOKEN");
        var lines = made.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        shell["APP_ID"] = JsonElement.Parse(lines[0]).At("result").Str("app_id")!;
        shell["MANAGEMENT_TOKEN"] = lines[1];
        Assert.Equal(3, (await JsonAsync()).At("result").At("auth_methods").At("sms").At("maxFailures").GetInt32());
        Assert.Empty(blocks);

        async Task<JsonElement> JsonAsync(params (string From, string To)[] values) => JsonElement.Parse(await RunAsync(Filled(blocks.Dequeue(), values)));

        async Task<string> RunAsync(string script)
        {
            var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script.Replace("http://localhost:5080", server.Url, StringComparison.Ordinal)])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (var (name, value) in shell)
                start.Environment[name] = value;
            using var bash = Process.Start(start)!;
            var (output, errors) = (bash.StandardOutput.ReadToEndAsync(), bash.StandardError.ReadToEndAsync());
            await bash.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(bash.ExitCode == 0, script + await errors);
            return await output;
        }
    }

    private static string Filled(string block, params (string From, string To)[] values)
    {
        foreach (var (from, to) in values)
        {
            Assert.Contains(from, block, StringComparison.Ordinal);
            block = block.Replace(from, to, StringComparison.Ordinal);
        }
        return block;
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
