using System.Text.Json.Serialization;

namespace Watchword.Server.Api;

/// <summary>An answer whose content stands under <c>result</c>.</summary>
internal sealed record Result<T>([property: JsonPropertyName("result")] T Content);

/// <summary>What a login gives out.</summary>
internal sealed record TokenResponse(
    string AccessToken, string IdToken, string RefreshToken, string TokenType, int ExpiresIn, string? SessionId);
