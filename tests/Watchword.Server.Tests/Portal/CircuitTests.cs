using System.Net;
using System.Net.WebSockets;
using Watchword.Core.Administrators;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Portal;

/// <summary>The connection that pages live on: for whoever is signed in, from the portal's own pages.</summary>
public sealed class CircuitTests
{
    [Theory]
    [InlineData("own", 101)]
    [InlineData("public", 101)]
    [InlineData("https://evil.example", 403)]
    [InlineData("http://127.0.0.1:1", 403)]
    [InlineData("null", 403)]
    [InlineData(null, 403)]
    public async Task Only_a_page_of_the_portal_opens_a_circuit_though_browsers_send_its_cookies_along(string? origin, int status)
    {
        await using var server = await TestServer.StartAsync();
        var (ada, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        using (ada)
            Assert.Equal(status, await ConnectAsync(server, ada.Cookies, origin switch { "own" => server.Url, "public" => "http://127.0.0.1:5080", _ => origin }));
    }

    [Theory]
    [InlineData("_blazor")]
    [InlineData("_BLAZOR")]
    public async Task Nobody_opens_one_without_having_signed_in(string path)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(403, await ConnectAsync(server, new CookieContainer(), server.Url, path));
        using var http = new HttpClient { BaseAddress = new Uri(server.Url) };
        http.DefaultRequestHeaders.Add("Origin", server.Url);
        Assert.Equal(HttpStatusCode.Forbidden, (await http.PostAsync(new Uri($"/admin/{path}/negotiate?negotiateVersion=1", UriKind.Relative), null)).StatusCode);
    }

    [Fact]
    public async Task Keeping_the_connection_up_keeps_nobody_signed_in()
    {
        await using var server = await TestServer.StartAsync(settings: ("Watchword:Portal:IdleMinutes", "20"));
        var (ada, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        using (ada)
        {
            for (var i = 0; i < 3; i++)
            {
                server.Clock.Advance(TimeSpan.FromMinutes(6));
                Assert.Equal(101, await ConnectAsync(server, ada.Cookies, server.Url));
                Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("portal/portal.css")).StatusCode);
            }
            server.Clock.Advance(TimeSpan.FromMinutes(2));
            Assert.Equal(HttpStatusCode.Redirect, (await ada.GetAsync("")).StatusCode);
        }
    }

    [Theory]
    [InlineData("second-factor", "evil.example")]
    [InlineData("users", "evil.example")]
    [InlineData("second-factor", "EVIL.example")]
    [InlineData("second-factor", "evil.example:80")]
    public async Task Where_a_redirect_goes_is_no_business_of_the_host_header(string page, string host)
    {
        await using var server = await TestServer.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{server.Url}/admin/{page}") { Headers = { Host = host } };
        Assert.StartsWith("/admin/sign-in", (await http.SendAsync(request)).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    private static async Task<int> ConnectAsync(TestServer server, CookieContainer cookies, string? origin, string path = "_blazor")
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.Cookies = cookies;
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        try
        {
            await socket.ConnectAsync(new Uri(server.Url.Replace("http:", "ws:", StringComparison.Ordinal) + "/admin/" + path), CancellationToken.None);
        }
        catch (WebSocketException)
        {
            // The status says why.
        }
        return (int)socket.HttpStatusCode;
    }
}
