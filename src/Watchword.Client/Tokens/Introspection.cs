using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Watchword.Client.Tokens;

/// <summary>What is known of a token. Of one that is not active, nothing else.</summary>
public sealed record Introspection
{
    /// <summary>It is good now.</summary>
    public required bool Active { get; init; }

    /// <summary><c>Bearer</c> or <c>refresh_token</c>.</summary>
    public string? TokenType { get; init; }

    /// <summary>What it is for.</summary>
    public string? Scope { get; init; }

    /// <summary>The client it was given to.</summary>
    public string? ClientId { get; init; }

    /// <summary>The user; or the client, if it is a client's own.</summary>
    [JsonPropertyName("sub")]
    public string? Subject { get; init; }

    /// <summary>The API it is for.</summary>
    [JsonPropertyName("aud")]
    public string? Audience { get; init; }

    /// <summary>Who signed it.</summary>
    [JsonPropertyName("iss")]
    public string? Issuer { get; init; }

    /// <summary>When it expires, unix seconds.</summary>
    [JsonPropertyName("exp")]
    public long? ExpiresAt { get; init; }

    /// <summary>When it was signed, unix seconds.</summary>
    [JsonPropertyName("iat")]
    public long? IssuedAt { get; init; }

    /// <summary>Its own id.</summary>
    [JsonPropertyName("jti")]
    public string? TokenId { get; init; }

    /// <summary>Its session's public name. Absent from a client's own token.</summary>
    [JsonPropertyName("sid")]
    public string? SessionId { get; init; }

    /// <summary>The tenant.</summary>
    [JsonPropertyName("tid")]
    public string? TenantId { get; init; }

    /// <summary>The application.</summary>
    public string? AppId { get; init; }
}

/// <summary>What is known of a user (OpenID Connect Core §5.3).</summary>
public sealed record UserInfo
{
    /// <summary>The user's id.</summary>
    [JsonPropertyName("sub")]
    public required string Subject { get; init; }

    /// <summary>Every other claim, such as <c>phone_number</c>, by its name.</summary>
    [JsonExtensionData]
    public JsonObject Claims { get; set; } = [];

    /// <summary>The id; nothing of the person.</summary>
    public override string ToString() => $"user {Subject}";
}
