using System.Net.Http.Json;
using Watchword.Server.Hosting;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Events;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

/// <summary>Where a caller is comes from the connection, or from a proxy that the operator named, and from nobody else (I5).</summary>
public sealed class ProxyTests
{
    [Theory]
    [InlineData("no proxies are named", "", "198.51.100.7", "127.0.0.1")]
    [InlineData("the proxies are elsewhere", "10.0.0.0/8", "198.51.100.7", "127.0.0.1")]
    [InlineData("one proxy", "127.0.0.0/8", "198.51.100.7", "198.51.100.7")]
    [InlineData("what stands to the left was sent by the caller", "127.0.0.0/8", "203.0.113.1, 198.51.100.7", "198.51.100.7")]
    [InlineData("the caller claims to be a proxy's client", "127.0.0.0/8", "10.0.0.1, 198.51.100.7", "198.51.100.7")]
    [InlineData("two proxies", "127.0.0.0/8,10.0.0.5/32", "203.0.113.1, 198.51.100.7, 10.0.0.5", "198.51.100.7")]
    [InlineData("three proxies", "127.0.0.0/8, 10.0.0.0/24", "198.51.100.7, 10.0.0.6, 10.0.0.5", "198.51.100.7")]
    [InlineData("another proxy than the named one", "127.0.0.0/8,10.0.0.5/32", "198.51.100.7, 10.0.0.6", "10.0.0.6")]
    [InlineData("IPv4 written as IPv6", "127.0.0.0/8", "::ffff:198.51.100.7", "198.51.100.7")]
    [InlineData("IPv6", "127.0.0.0/8", "2001:db8::7", "2001:db8::7")]
    [InlineData("with a port", "127.0.0.0/8", "198.51.100.7:4711", "198.51.100.7")]
    [InlineData("garbage", "127.0.0.0/8", "nobody", "127.0.0.1")]
    [InlineData("garbage to the left", "127.0.0.0/8", "<script>, 198.51.100.7", "198.51.100.7")]
    [InlineData("garbage in between", "127.0.0.0/8,10.0.0.0/8", "198.51.100.7, <script>, 10.0.0.5", "10.0.0.5")]
    [InlineData("nothing", "127.0.0.0/8", "", "127.0.0.1")]
    public async Task An_address_is_believed_of_named_proxies_only_and_read_from_the_right(string why, string proxies, string header, string address)
    {
        // ASP.NET's own switch, which believes everybody, is on: it must not matter.
        await using var server = await TestServer.StartAsync(Engine.Sqlite, null, ("Watchword:Proxies", proxies), ("ForwardedHeaders_Enabled", "true"));
        var app = await server.ApplicationAsync();
        var left = await app.Management.LeftByAsync(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/cis/v1/users") { Content = JsonContent.Create(new { phone_number = Attack.Alice }), Headers = { Authorization = app.Http.DefaultRequestHeaders.Authorization } };
            request.Headers.TryAddWithoutValidation("X-Forwarded-For", header);
            foreach (var other in new[] { "Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP", "X-Original-For" })
                request.Headers.TryAddWithoutValidation(other, other == "Forwarded" ? "for=203.0.113.66" : "203.0.113.66");
            await (await server.Http.SendAsync(request)).JsonAsync(201);
        });
        Assert.True(address == Assert.Single(left).Str("origin", "address"), $"{why}: {left[0]}");
    }

    [Fact]
    public async Task A_named_proxy_tells_the_address_and_neither_host_nor_scheme()
    {
        await using var server = await TestServer.StartAsync(Engine.Sqlite, null, ("Watchword:Proxies", "127.0.0.0/8,::1/128"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/cis/oidc/.well-known/openid-configuration");
        foreach (var (name, value) in new[] { ("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Prefix", "/evil") })
            request.Headers.Add(name, value);
        Assert.DoesNotContain("evil", (await (await server.Http.SendAsync(request)).JsonAsync(200)).GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("everything")]
    [InlineData("10.0.0.5")]
    [InlineData("10.0.0.0/8,0.0.0.0/0")]
    [InlineData("::/0")]
    public async Task Proxies_that_are_no_networks_or_everybody_are_refused_at_start(string proxies) =>
        Assert.StartsWith(
            "Watchword__Proxies must be",
            Assert.Single((await Assert.ThrowsAsync<ConfigurationException>(() => TestServer.StartAsync(Engine.Sqlite, null, ("Watchword:Proxies", proxies)))).Faults),
            StringComparison.Ordinal);
}
