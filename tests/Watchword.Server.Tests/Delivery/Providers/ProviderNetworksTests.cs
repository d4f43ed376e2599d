using System.Net;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Delivery.Providers.Smtp;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>This server is nobody's way into the network that it stands in.</summary>
public sealed class ProviderNetworksTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2001:0:7f00:1::")]
    [InlineData("2002:7f00:1::")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    public void An_internal_address_is_not_called(string address) => Assert.False(new ProviderNetworks([]).MayCall(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("2606:4700:4700::1111")]
    public void A_public_address_is_called(string address) => Assert.True(new ProviderNetworks([]).MayCall(IPAddress.Parse(address)));

    [Fact]
    public void What_the_operator_allows_is_called_and_nothing_beside_it()
    {
        var networks = new ProviderNetworks([IPNetwork.Parse("10.20.0.0/16"), IPNetwork.Parse("fd12::/64")]);
        Assert.True(networks.MayCall(IPAddress.Parse("10.20.255.255")));
        Assert.True(networks.MayCall(IPAddress.Parse("::ffff:10.20.0.1")));
        Assert.True(networks.MayCall(IPAddress.Parse("fd12::5")));
        Assert.False(networks.MayCall(IPAddress.Parse("10.21.0.0")));
        Assert.False(networks.MayCall(IPAddress.Parse("127.0.0.1")));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("2130706433")]
    [InlineData("0x7f.1")]
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task However_it_is_spelled_a_gateway_on_this_machine_hears_nothing(string host)
    {
        await using var gateway = new LoopbackGateway { Answer = _ => new(200, "{}") };
        using var http = new ProviderHttp(TimeProvider.System, new ProviderNetworks([]));
        using var request = new HttpRequestMessage(HttpMethod.Post, gateway.Url.Replace("127.0.0.1", host, StringComparison.Ordinal));
        var answer = await http.AskAsync(request, CancellationToken.None);
        Assert.Equal(ProviderNetworks.Refusal, answer.Fault);
        Assert.Empty(gateway.Requests);
        using var allowed = new ProviderHttp(TimeProvider.System, LoopbackGateway.Networks);
        using var again = new HttpRequestMessage(HttpMethod.Post, gateway.Url);
        Assert.Equal(200, (await allowed.AskAsync(again, CancellationToken.None)).Status);
    }

    [Fact]
    public async Task A_mail_server_on_this_machine_hears_nothing_either()
    {
        var settings = new ProviderSettings(new Dictionary<string, string> { ["host"] = "127.0.0.1", ["port"] = "1", ["security"] = "none", ["from_address"] = "a@b.example" });
        var handover = new Handover("m", new MessageContent("ann@example.com", null, "text", "subject"), null);
        var refused = await new SmtpProvider(new ProviderNetworks([])).Open("mail", settings).SendAsync(handover, CancellationToken.None);
        Assert.Equal(ProviderNetworks.Refusal, refused);
        // Allowed, it is asked, and is not there.
        Assert.Equal(SendOutcome.TryLater, (await new SmtpProvider(LoopbackGateway.Networks).Open("mail", settings).SendAsync(handover, CancellationToken.None)).Outcome);
    }
}
