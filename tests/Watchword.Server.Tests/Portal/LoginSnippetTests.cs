using System.Diagnostics;
using System.Net.Http.Json;
using Watchword.Server.Portal.Pages.Applications;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Interop;

namespace Watchword.Server.Tests.Portal;

/// <summary>What an administrator is given to paste logs a user in, as it stands. The C# program is compiled and run by the client's own tests.</summary>
public sealed class LoginSnippetTests
{
    [Fact]
    public Task The_curl_commands_log_a_user_in() => RunAsync(LoginSnippets.Curl, "login.sh", "sh", "\"id_token\"");

    [Fact]
    public Task The_Node_program_logs_a_user_in() => RunAsync(LoginSnippets.Node, "login.mjs", "node", "Logged in for 3600 s.");

    private static async Task RunAsync(Func<string, Credentials, string> snippet, string file, string program, string outcome)
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        var text = snippet(server.Url, new Credentials(app.ClientId, app.ClientSecret));
        await File.WriteAllTextAsync(Path.Combine(server.Folder, file), text);
        for (var time = 0; time < 2; time++)
        {
            // The second time the user is there already.
            var phone = LoginSnippets.Phone;
            if (time == 1)
                await (await app.Management.PutAsJsonAsync($"/cis/v1/applications/{app.AppId}", new { settings = new { send_limits = new { cooldown_seconds = 0 } } })).JsonAsync(200);
            var start = new ProcessStartInfo(program, [file]) { WorkingDirectory = server.Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            using var running = Process.Start(start)!;
            var (output, errors) = (running.StandardOutput.ReadToEndAsync(), running.StandardError.ReadToEndAsync());
            var message = await server.Sender.WaitAsync(time + 1);
            Assert.Equal(phone, message.To);
            await running.StandardInput.WriteLineAsync(message.Text.Split(' ')[6]);
            running.StandardInput.Close();
            await running.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.True(running.ExitCode == 0, await errors);
            Assert.Contains(outcome, await output, StringComparison.Ordinal);
        }
    }
}
