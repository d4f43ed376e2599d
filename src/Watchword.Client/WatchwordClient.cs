using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Watchword.Client.Management;
using Watchword.Client.Otp;
using Watchword.Client.Sessions;
using Watchword.Client.Tokens;
using Watchword.Client.Users;
using Watchword.Client.Wire;

namespace Watchword.Client;

/// <summary>
/// A Watchword server, as your backend uses it. Make one and keep it: it is safe for all threads at once, and caches its token. It is one
/// client of the server's; for another (an application's beside one that manages the tenant), make another.
/// </summary>
public sealed class WatchwordClient
{
    /// <summary>Makes one by hand; with dependency injection, <c>services.AddWatchword(…)</c> does it.</summary>
    /// <param name="http">Makes the requests; stays yours. Its timeout should not be shorter than the options'.</param>
    /// <param name="options">Where the server is and who is calling.</param>
    /// <param name="time">The clock; the system's when left out.</param>
    /// <param name="log">Takes methods, routes and outcomes; never a number, a code or a token.</param>
    /// <exception cref="ArgumentException">The options are wrong; all faults are told at once.</exception>
    public WatchwordClient(HttpClient http, WatchwordOptions options, TimeProvider? time = null, ILogger<WatchwordClient>? log = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Faults() is { Count: > 0 } faults)
            throw new ArgumentException(string.Join(' ', faults), nameof(options));
        var connection = new Connection(http, options, time ?? TimeProvider.System, log ?? NullLogger<WatchwordClient>.Instance);
        Otp = new(connection);
        Users = new(connection);
        Sessions = new(connection);
        Tokens = new(connection);
        Management = new(connection);
        Discovery = new(connection);
    }

    /// <summary>Codes: sends them, and trades them for tokens.</summary>
    public OtpApi Otp { get; }

    /// <summary>Users: creates, finds, changes and removes them.</summary>
    public UsersApi Users { get; }

    /// <summary>Sessions: goes on with them, lists them, ends them.</summary>
    public SessionsApi Sessions { get; }

    /// <summary>Tokens: asks what they are worth, and ends them.</summary>
    public TokensApi Tokens { get; }

    /// <summary>Applications, providers, messages and keys, for a client that manages the tenant.</summary>
    public ManagementApi Management { get; }

    /// <summary>What the server says of itself.</summary>
    public DiscoveryApi Discovery { get; }
}
