using System.Net;
using System.Net.Sockets;

namespace Watchword.Server.Delivery.Providers;

/// <summary>
/// Where providers may be. A tenant's administrator writes their addresses, and this server, which calls them, stands where that
/// administrator may not: beside databases, cloud metadata and other tenants' gateways. So it looks names up itself and calls public
/// addresses only, and those in the networks that its operator has named. Looked up and called are the same address: a name that comes to
/// mean another one in between gains nothing.
/// </summary>
/// <param name="allowed">Networks that are not public and may be called all the same.</param>
internal sealed class ProviderNetworks(IReadOnlyList<IPNetwork> allowed)
{
    /// <summary>Loopback, for a server that is itself reached on this machine only.</summary>
    public static IReadOnlyList<IPNetwork> Loopback { get; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    // IANA's special-purpose registry (RFC 6890 and successors), and the one public address at which a cloud keeps its metadata (Azure).
    private static readonly IPNetwork[] Internal4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "224.0.0.0/3",
        }.Select(IPNetwork.Parse),
    ];

    // Of IPv6 only this is public, without what leads back to IPv4: Teredo and 6to4.
    private static readonly IPNetwork Public6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] Tunnels6 = [IPNetwork.Parse("2001::/32"), IPNetwork.Parse("2002::/16")];

    /// <summary>What a message gets whose provider is elsewhere.</summary>
    public static SendResult Refusal { get; } = new(
        SendOutcome.Misconfigured,
        "The address is in an internal network, which this server does not call unless its operator names the network in Watchword__Delivery__AllowedNetworks.");

    /// <summary>Whether this address may be called.</summary>
    public bool MayCall(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var isPublic = address.AddressFamily == AddressFamily.InterNetwork
            ? !Internal4.Any(n => n.Contains(address))
            : Public6.Contains(address) && !Tunnels6.Any(n => n.Contains(address));
        return isPublic || allowed.Any(n => n.Contains(address));
    }

    /// <summary>A connection to a host, by one of its addresses that may be called.</summary>
    /// <exception cref="InternalAddressException">It has none.</exception>
    public ValueTask<Socket> ConnectAsync(string host, int port, CancellationToken cancellation) => ConnectAsync(host, port, MayCall, cancellation);

    /// <summary>A connection to where the operator has decided that requests go first.</summary>
    public static ValueTask<Socket> ConnectToProxyAsync(string host, int port, CancellationToken cancellation) => ConnectAsync(host, port, _ => true, cancellation);

    private static async ValueTask<Socket> ConnectAsync(string host, int port, Func<IPAddress, bool> mayCall, CancellationToken cancellation)
    {
        var all = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellation);
        var open = all.Where(mayCall).ToArray();
        if (open.Length == 0)
            throw all.Length == 0 ? new SocketException((int)SocketError.HostNotFound) : new InternalAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, port, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>All addresses of a host are in networks that are not called.</summary>
internal sealed class InternalAddressException() : IOException("The address is in an internal network.");
