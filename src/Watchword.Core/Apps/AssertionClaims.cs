using System.Text.Json;

namespace Watchword.Core.Apps;

/// <summary>What a client assertion has to say besides being signed (RFC 7523 §3, OpenID Connect Core §9).</summary>
/// <param name="Jti">By which it is known again.</param>
/// <param name="ExpiresAt">First instant at which it is refused.</param>
public sealed record AssertionClaims(string Jti, DateTimeOffset ExpiresAt)
{
    /// <summary>How far ahead an assertion may expire: so long a used one is remembered.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(10);

    /// <summary>How far the client's clock may be ahead of ours.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    private const int LongestJti = 200;

    /// <summary>The claims, when they are those of an assertion that this client made for one of these audiences and that is good now.</summary>
    public static AssertionClaims? Read(JsonElement claims, string clientId, IReadOnlyList<string> audiences, DateTimeOffset now)
    {
        if (claims.ValueKind != JsonValueKind.Object || Text(claims, "iss") != clientId || Text(claims, "sub") != clientId
            || OnlyAudience(claims) is not { } audience || !audiences.Contains(audience)
            || Text(claims, "jti") is not { Length: > 0 and <= LongestJti } jti
            || !TryTime(claims, "exp", out var expires) || expires is not { } end || end <= now || end > now + LongestLife
            || !TryTime(claims, "iat", out var issued) || issued > now + Skew
            || !TryTime(claims, "nbf", out var from) || from > now + Skew)
            return null;
        return new AssertionClaims(jti, end);
    }

    /// <summary>An assertion for two audiences could be used at one by the other.</summary>
    private static string? OnlyAudience(JsonElement claims) => !claims.TryGetProperty("aud", out var aud) ? null
        : aud.ValueKind == JsonValueKind.Array && aud.GetArrayLength() == 1 ? Text(aud[0])
        : Text(aud);

    private static string? Text(JsonElement claims, string name) => claims.TryGetProperty(name, out var value) ? Text(value) : null;

    private static string? Text(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }

    /// <summary>A NumericDate (RFC 7519 §2), or null where there is none. False for what is no date.</summary>
    private static bool TryTime(JsonElement claims, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!claims.TryGetProperty(name, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds is not (>= 0 and <= 253_402_300_799))
            return false;
        time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return true;
    }
}
