using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>A client's settings, in seconds. In a change, what is null stays.</summary>
public sealed record ClientSettings
{
    /// <summary>Life of an access token.</summary>
    public int? AccessTokenLifetime { get; init; }

    /// <summary>Life of an ID token.</summary>
    public int? IdTokenLifetime { get; init; }

    /// <summary>Life of a refresh token.</summary>
    public int? RefreshTokenLifetime { get; init; }

    /// <summary>Life of a session.</summary>
    public int? SessionLifetime { get; init; }

    /// <summary>How long a session may be idle before it ends; 0 takes the limit away.</summary>
    public int? SessionIdleLifetime { get; init; }

    /// <summary>Claims that every access token holds, beyond the usual ones.</summary>
    public IReadOnlyList<string>? AccessTokenClaims { get; init; }

    /// <summary><c>client_secret</c>, or <c>private_key_jwt</c>: then the secret is refused.</summary>
    public string? TokenEndpointAuthMethod { get; init; }

    /// <summary>The client's public keys (RFC 7517), for <c>ClientCredential.FromPrivateKey</c>: <c>{"keys":[…]}</c>.</summary>
    public JsonObject? Jwks { get; init; }

    /// <summary>Claims that every ID token holds, beyond the usual ones.</summary>
    public IReadOnlyList<string>? IdTokenClaims { get; init; }
}

/// <summary>What is said of a client. In a change, what is null stays.</summary>
/// <param name="Name">For people.</param>
/// <param name="Settings">Its settings.</param>
public sealed record ClientChange(string? Name = null, ClientSettings? Settings = null);

/// <summary>A client of an application: what a backend calls the API as.</summary>
public record ApplicationClient
{
    /// <summary>Its id.</summary>
    public required string ClientId { get; init; }

    /// <summary>Its application.</summary>
    public required string AppId { get; init; }

    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>How many secrets work now: two while one is being replaced.</summary>
    public int LiveSecrets { get; init; }

    /// <summary>Its settings.</summary>
    public required ClientSettings Settings { get; init; }

    /// <summary>When it was made.</summary>
    [JsonConverter(typeof(UnixMillisecondsConverter))]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Id and name.</summary>
    public override string ToString() => $"client {ClientId}, {Name}";
}

/// <summary>A client with a new secret.</summary>
public sealed record ClientWithSecret : ApplicationClient
{
    /// <summary>The secret, which is shown this once.</summary>
    public required string ClientSecret { get; init; }

    /// <summary>Without the secret.</summary>
    public override string ToString() => base.ToString();
}

/// <summary>How long the old secret works on.</summary>
internal sealed record RotateBody(int? OverlapSeconds);
