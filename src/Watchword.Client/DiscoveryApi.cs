using Watchword.Client.Wire;

namespace Watchword.Client;

/// <summary>What the server says of itself, to anybody.</summary>
public sealed class DiscoveryApi
{
    private readonly Connection _connection;

    internal DiscoveryApi(Connection connection) => _connection = connection;

    /// <summary>Addresses and abilities (OpenID Connect Discovery 1.0). Tried again.</summary>
    public async Task<ServerMetadata> GetAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Public("/cis/oidc/.well-known/openid-configuration"), cancellation)).Read(WatchwordJson.Default.ServerMetadata);

    /// <summary>The public halves of the keys that sign tokens (RFC 7517). Tried again.</summary>
    public async Task<IReadOnlyList<PublicKey>> GetKeysAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Public("/cis/oidc/jwks"), cancellation)).Read(WatchwordJson.Default.KeySetBody).Keys;

    /// <summary>Whether the server can serve: for health checks of your own. Never throws because it cannot. Not tried again.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation = default)
    {
        try
        {
            return (await _connection.SendAsync(Public("/health/ready") with { Repeat = Repeat.Never }, cancellation)).Succeeded;
        }
        catch (WatchwordException)
        {
            return false;
        }
    }

    private static Call Public(string route) => Call.Get(Address.Of(route)) with { Caller = Caller.Anyone };
}

/// <summary>What the server says of itself.</summary>
public sealed record ServerMetadata
{
    /// <summary>The name it signs by.</summary>
    public required string Issuer { get; init; }

    /// <summary>Where clients get tokens.</summary>
    public required Uri TokenEndpoint { get; init; }

    /// <summary>Where its keys are.</summary>
    public required Uri JwksUri { get; init; }

    /// <summary>Where to ask about users.</summary>
    public Uri? UserinfoEndpoint { get; init; }

    /// <summary>Where to ask about tokens.</summary>
    public Uri? IntrospectionEndpoint { get; init; }

    /// <summary>Where to end them.</summary>
    public Uri? RevocationEndpoint { get; init; }

    /// <summary>How clients may prove who they are.</summary>
    public IReadOnlyList<string> TokenEndpointAuthMethodsSupported { get => field ?? []; init; }

    /// <summary>How it signs.</summary>
    public IReadOnlyList<string> IdTokenSigningAlgValuesSupported { get => field ?? []; init; }

    /// <summary>The claims its tokens may hold.</summary>
    public IReadOnlyList<string> ClaimsSupported { get => field ?? []; init; }

    /// <summary>How well it may know who logged in.</summary>
    public IReadOnlyList<string> AcrValuesSupported { get => field ?? []; init; }
}

/// <summary>The public half of a signing key.</summary>
/// <param name="Kty">Its family: <c>EC</c> or <c>RSA</c>.</param>
/// <param name="Kid">Its name, which tokens bear.</param>
/// <param name="Alg">What it signs by.</param>
/// <param name="Use">Always <c>sig</c>.</param>
/// <param name="Crv">The curve.</param>
/// <param name="X">Of the point.</param>
/// <param name="Y">Of the point.</param>
/// <param name="N">The modulus.</param>
/// <param name="E">The exponent.</param>
public sealed record PublicKey(string Kty, string Kid, string Alg, string? Use, string? Crv, string? X, string? Y, string? N, string? E);

/// <summary>The key set.</summary>
internal sealed record KeySetBody(IReadOnlyList<PublicKey> Keys);
