using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Acme.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Watchword.Browser.Tests.Harness;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Interop;

namespace Watchword.Browser.Tests.Sample;

/// <summary>The sample site and the development server behind it, on one clock that tests move. Each test takes numbers of its own.</summary>
public sealed class AcmeFixture : IAsyncLifetime
{
    private static int _numbers;
    private readonly Dictionary<string, int> _read = [];
    private WebApplication _site = null!;

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public TestServer Server { get; private set; } = null!;

    /// <summary>The site's application at the server.</summary>
    public TestApplication App { get; private set; } = null!;

    public string Url { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await Servers.DevelopmentAsync(Clock);
        App = await Server.ApplicationAsync(authMethods: new { sms = new { } }, settings: new { conceal_unknown_users = true });
        (_site, Url) = await SiteAsync();
    }

    /// <summary>Another site on the same server, with settings of its own.</summary>
    public Task<(WebApplication Site, string Url)> SiteAsync(params (string Key, string Value)[] settings) => SiteAsync(_ => { }, settings);

    /// <summary>The same, with a say in more than settings.</summary>
    public async Task<(WebApplication Site, string Url)> SiteAsync(Action<WebApplicationBuilder> more, params (string Key, string Value)[] settings)
    {
        var url = $"http://localhost:{Loopback.FreePort()}";
        var configuration = new Dictionary<string, string?>
        {
            ["Watchword:ServerUrl"] = Server.Url,
            ["Watchword:ClientId"] = App.ClientId,
            ["Watchword:ClientSecret"] = App.ClientSecret,
            ["Acme:PublicUrl"] = url,
            ["Acme:InboxUrl"] = Server.Url + "/inbox",
            ["Acme:KeyFolder"] = Path.Combine(Server.Folder, "acme-keys"),
            ["Acme:Pace"] = "00:00:00.020",
            ["Acme:CheckSessionEvery"] = "00:00:00",
            ["Acme:FormsPerMinute"] = "10000",
        };
        foreach (var (key, value) in settings)
            configuration[key] = value;
        var site = AcmeSite.Build(["--contentRoot", Path.Combine(Root(), "samples", "Acme.Web"), "--urls", configuration["Acme:PublicUrl"]!], builder =>
        {
            builder.Configuration.AddInMemoryCollection(configuration);
            builder.Services.AddSingleton<TimeProvider>(Clock);
            builder.Logging.ClearProviders();
            more(builder);
        });
        await site.StartAsync();
        return (site, configuration["Acme:PublicUrl"]!);
    }

    /// <summary>A number that nobody has.</summary>
    public static string NewNumber() => $"+447400{Interlocked.Increment(ref _numbers) + 100_000:000000}";

    /// <summary>The next message to a number, as soon as it is in the inbox.</summary>
    public async Task<string> MessageAsync(string number)
    {
        var known = _read.GetValueOrDefault(number);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var messages = (await Server.Http.GetFromJsonAsync<JsonElement>($"/inbox/messages?to={Uri.EscapeDataString(number)}", patience.Token)).GetProperty("messages");
            if (messages.GetArrayLength() > known)
            {
                _read[number] = known + 1;
                return messages[messages.GetArrayLength() - known - 1].GetProperty("text").GetString()!;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
        }
    }

    /// <summary>The code in the next message to a number.</summary>
    public async Task<string> CodeAsync(string number) => Regex.Match(await MessageAsync(number), "[0-9]{6}").Value;

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
