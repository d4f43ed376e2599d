using System.Net;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Api;

/// <summary>From where a login came, as an event keeps it.</summary>
internal static class Origins
{
    private const int LongestUserAgent = 300;

    /// <summary>One spelling for an address: on a socket for both versions, an IPv4 address comes as IPv6.</summary>
    public static string Text(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    /// <summary>JSON of the caller's address and of what the caller tells of its end user; what is no address is left out.</summary>
    public static string Json(Caller caller, string? userIp, string? userAgent) => StoredJson.Write(new Origin(
        caller.Author.Address,
        IPAddress.TryParse(userIp, out var address) ? Text(address) : null,
        userAgent is { Length: > LongestUserAgent } ? userAgent[..LongestUserAgent] : userAgent));
}
