using System.Text.Json.Serialization;

namespace Watchword.Core.Apps;

/// <summary>A backend that holds credentials.</summary>
/// <param name="TenantId">Its tenant.</param>
/// <param name="ClientId">Its public name, unique over all tenants.</param>
/// <param name="AppId">The application it belongs to; null for a management client, which manages the whole tenant.</param>
/// <param name="Name">For people.</param>
/// <param name="Settings">Lifetimes and default claims.</param>
/// <param name="Secrets">The secrets that are accepted: two while rotating.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record Client(
    string TenantId,
    string ClientId,
    string? AppId,
    string Name,
    ClientSettings Settings,
    IReadOnlyList<ClientSecret> Secrets,
    DateTimeOffset CreatedAt)
{
    /// <summary>Whether it manages the tenant.</summary>
    public bool IsManagement => AppId is null;
}

/// <summary>A client secret as it is kept: SHA-256 of 256 random bits, and the instant from which it is refused, if any.</summary>
public sealed record ClientSecret(byte[] Hash, DateTimeOffset? ExpiresAt);

/// <summary>What may be set for one client. Times in seconds.</summary>
public sealed record ClientSettings
{
    /// <summary>Life of access tokens, 60–86400 s.</summary>
    public int AccessTokenLifetime { get; init; } = 3600;

    /// <summary>Life of ID tokens, 60–86400 s.</summary>
    public int IdTokenLifetime { get; init; } = 3600;

    /// <summary>Life of a refresh token, 60 s–90 days.</summary>
    public int RefreshTokenLifetime { get; init; } = 14 * 86400;

    /// <summary>Life of a session from its login, whatever is refreshed, 60 s–365 days.</summary>
    public int SessionLifetime { get; init; } = 14 * 86400;

    /// <summary>Life of a session since it was last used, 60 s–365 days, never beyond <see cref="SessionLifetime"/>; null: it may lie idle.</summary>
    public int? SessionIdleLifetime { get; init; }

    /// <summary>Claims of every ID token of this client, besides those asked for.</summary>
    public IReadOnlyList<string> IdTokenClaims { get; init; } = [];

    /// <summary>Claims of every access token of this client, besides those asked for.</summary>
    public IReadOnlyList<string> AccessTokenClaims { get; init; } = [];

    /// <summary>How it proves at the OAuth endpoints who it is.</summary>
    public ClientAuthenticationMethod AuthenticationMethod { get; init; }

    /// <summary>Its public keys, for <c>private_key_jwt</c>. They are taken beside the secret too, so that a backend can change over.</summary>
    public IReadOnlyList<ClientKey> Keys { get; init; } = [];

    /// <summary>What is out of range; empty when all is well.</summary>
    public IEnumerable<string> Faults()
    {
        if (AccessTokenLifetime is < 60 or > 86400)
            yield return "settings.access_token_lifetime must be 60 to 86400 seconds.";
        if (IdTokenLifetime is < 60 or > 86400)
            yield return "settings.id_token_lifetime must be 60 to 86400 seconds.";
        if (RefreshTokenLifetime is < 60 or > 90 * 86400)
            yield return "settings.refresh_token_lifetime must be 60 to 7776000 seconds.";
        if (SessionLifetime is < 60 or > 365 * 86400)
            yield return "settings.session_lifetime must be 60 to 31536000 seconds.";
        if (SessionIdleLifetime is < 60 or > 365 * 86400)
            yield return "settings.session_idle_lifetime must be 60 to 31536000 seconds, or 0 for none.";
        if (AuthenticationMethod == ClientAuthenticationMethod.PrivateKeyJwt && Keys.Count == 0)
            yield return "settings.jwks must hold a key when settings.token_endpoint_auth_method is private_key_jwt.";
        foreach (var fault in ClientKey.Faults(Keys))
            yield return fault;
    }
}

/// <summary>How a client proves who it is.</summary>
public enum ClientAuthenticationMethod
{
    /// <summary>By its secret (RFC 6749 §2.3.1), or by a signature of one of its keys where it has any.</summary>
    [JsonStringEnumMemberName("client_secret")]
    ClientSecret,

    /// <summary>By a signature alone (RFC 7523 §2.2, OpenID Connect Core §9).</summary>
    [JsonStringEnumMemberName("private_key_jwt")]
    PrivateKeyJwt,
}
