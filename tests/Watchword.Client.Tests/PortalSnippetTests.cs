using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Watchword.Client.Otp;
using Watchword.Client.Users;
using Watchword.Server.Portal.Pages.Applications;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Interop;

namespace Watchword.Client.Tests;

/// <summary>The C# program that the portal gives to paste.</summary>
public sealed partial class PortalSnippetTests
{
    [Fact]
    public async Task The_program_in_the_portal_is_the_one_below_which_logs_a_user_in()
    {
        var here = await File.ReadAllTextAsync(Here());
        var compiled = string.Join('\n', Region().Match(here).Groups[1].Value.Split('\n').Select(line => line.Length < 8 ? "" : line[8..])).Trim('\n')
            .Replace("new Uri(server.Url)", "new Uri(\"{server}\")", StringComparison.Ordinal)
            .Replace("app.ClientId", "\"{id}\"", StringComparison.Ordinal)
            .Replace("app.ClientSecret", "\"{secret}\"", StringComparison.Ordinal);
        var usings = string.Join('\n', Usings().Matches(here).Select(m => m.Value));
        var shown = LoginSnippets.CSharp("{server}", new Credentials("{id}", "{secret}"));
        Assert.Equal($"using Watchword.Client;\n{usings}\n\n{compiled}", shown[(shown.IndexOf('\n', StringComparison.Ordinal) + 1)..]);

        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        var console = new Typist(server);
        await ProgramAsync(server, app, console);
        Assert.StartsWith("The code in the message: Logged in for 3600 s.", console.Written.ToString(), StringComparison.Ordinal);
    }

    private static async Task ProgramAsync(TestServer server, TestApplication app, Typist Console)
    {
        // program
        var phone = Identifier.PhoneNumber("+447700900123"); // your own
        using var http = new HttpClient();
        var watchword = new WatchwordClient(http, new WatchwordOptions
        {
            ServerUrl = new Uri(server.Url),
            ClientId = app.ClientId,
            ClientSecret = app.ClientSecret, // in earnest, from a secret store
        });

        await watchword.Users.GetOrCreateAsync(new NewUser { PhoneNumber = phone.Value });
        var sent = await watchword.Otp.SendAsync(phone);
        Console.Write(sent.Outcome == SendOutcome.Sent ? "The code in the message: " : $"No code was sent: {sent.Outcome}. ");
        var login = await watchword.Otp.AuthenticateAsync(phone, Console.ReadLine() ?? "");
        Console.WriteLine(login.Accepted ? $"Logged in for {login.Tokens.ExpiresIn} s." : $"Not logged in: {login.Outcome}.");
        // end
    }

    /// <summary>Somebody at the console who types the code that arrives.</summary>
    private sealed class Typist(TestServer server)
    {
        public System.Text.StringBuilder Written { get; } = new();

        public void Write(string text) => Written.Append(text);

        public void WriteLine(string text) => Written.AppendLine(text);

        public string? ReadLine() => server.Sender.WaitAsync(1).GetAwaiter().GetResult().Text.Split(' ')[6];
    }

    private static string Here([CallerFilePath] string here = "") => here;

    [GeneratedRegex(@"^ *// program\n(.*?)^ *// end$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Region();

    [GeneratedRegex("^using Watchword.Client.*$", RegexOptions.Multiline)]
    private static partial Regex Usings();
}
