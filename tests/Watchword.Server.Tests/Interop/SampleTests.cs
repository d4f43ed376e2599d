using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Interop;

/// <summary>The samples that need no .NET do what they say.</summary>
public sealed class SampleTests
{
    public static TheoryData<string, string> Samples => new() { { "sh", "samples/curl/login.sh" }, { "node", "samples/node/login.mjs" } };

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_logs_in_after_a_wrong_code_refreshes_and_logs_out(string program, string script)
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync(authMethods: new { sms = new { } });
        using var sample = Start(program, script, server, app);
        var code = Regex.Match((await server.Sender.WaitForAsync("+447400000001")).Text, "[0-9]{6}").Value;
        await sample.StandardInput.WriteLineAsync(TestApplication.WrongCode(code));
        await sample.StandardInput.WriteLineAsync(code);
        var (said, faults) = (sample.StandardOutput.ReadToEndAsync(), sample.StandardError.ReadToEndAsync());
        await sample.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal("", await faults);
        Assert.Matches(
            "^Code: The code is wrong, was used before, or was never sent.\nCode: Logged in: [0-9a-f]{32}( by sms)?\nRefreshed.\nLogged out.\n$", await said);
        Assert.Equal(0, sample.ExitCode);
        var user = Regex.Match(await said, "[0-9a-f]{32}").Value;
        Assert.Equal("[]", await app.Http.GetStringAsync(new Uri($"/cis/v1/auth/users/{user}/sessions", UriKind.Relative)));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_stops_when_the_user_is_locked(string program, string script)
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync(authMethods: new { sms = new { maxFailures = 1 } });
        using var sample = Start(program, script, server, app);
        var code = Regex.Match((await server.Sender.WaitForAsync("+447400000001")).Text, "[0-9]{6}").Value;
        await sample.StandardInput.WriteLineAsync(TestApplication.WrongCode(code));
        await sample.StandardInput.WriteLineAsync(code);
        await sample.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(1, sample.ExitCode);
        Assert.DoesNotContain("Logged in", await sample.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private static Process Start(string program, string script, TestServer server, TestApplication app)
    {
        var start = new ProcessStartInfo(program, [Path.Combine(Root(), script), "+447400000001"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["WATCHWORD_URL"] = server.Url, ["CLIENT_ID"] = app.ClientId, ["CLIENT_SECRET"] = app.ClientSecret },
        };
        return Process.Start(start)!;
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
