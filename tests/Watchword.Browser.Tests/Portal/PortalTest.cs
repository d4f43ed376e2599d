using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Interop;
using Watchword.Server.Tests.Portal;

namespace Watchword.Browser.Tests.Portal;

/// <summary>
/// A server in production mode for the tests of a class, at a name that passkeys accept, with a clock that tests move. Some browser clocks tell
/// another time; the portal asks the server's.
/// </summary>
public sealed class PortalServer : IAsyncLifetime
{
    public TestServer Server { get; private set; } = null!;

    public string Url => Server.Url;

    public async ValueTask InitializeAsync()
    {
        var url = $"http://localhost:{Loopback.FreePort()}";
        Server = await TestServer.StartAsync(Engine.Sqlite, builder => builder.WebHost.UseUrls(url), ("Watchword:PublicUrl", url));
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>A test of the portal in the browser.</summary>
public abstract class PortalTest(Chromium chromium, PortalServer portal) : BrowserTest(chromium)
{
    protected TestServer Server => portal.Server;

    /// <summary>A page of the portal, open in the browser of a new administrator.</summary>
    /// <param name="page">Without <c>/admin/</c>: <c>applications/new</c>.</param>
    /// <param name="role">What the administrator is.</param>
    protected async Task<IPage> OpenAsync(string page = "", AdministratorRole role = AdministratorRole.Owner)
    {
        var (visitor, _) = await Visitor.OfAsync(Server, role);
        using (visitor)
        {
            var cookies = visitor.Cookies.GetAllCookies().Select(c => new
            {
                name = c.Name, value = c.Value, domain = new Uri(Server.Url).Host, path = "/", expires = -1, httpOnly = true, secure = false, sameSite = "Strict",
            });
            var opened = await VisitAsync($"{Server.Url}/admin/{page}", new() { StorageState = JsonSerializer.Serialize(new { cookies, origins = Array.Empty<object>() }) });
            await ReadyAsync(opened);
            return opened;
        }
    }

    /// <summary>Waits until the circuit is there and the page has read what it shows.</summary>
    protected static async Task ReadyAsync(IPage page)
    {
        await Expect(page.Locator("#loading.done")).ToBeAttachedAsync();
        await Expect(page.Locator("main h1")).ToBeVisibleAsync();
        await Expect(page.Locator(".page-loading")).ToHaveCountAsync(0);
    }

    /// <summary>Axe, and pictures at both widths in both schemes.</summary>
    protected static async Task LookAsync(IPage page, string name)
    {
        await Axe.CheckAsync(page);
        await Shots.TakeAsync(page, "portal-" + name);
    }
}
