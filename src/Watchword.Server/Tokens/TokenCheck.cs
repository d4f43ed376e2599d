using System.Collections.Concurrent;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Watchword.Server.Tokens;

/// <summary>A client's token that has been checked.</summary>
internal sealed record ClientGrant(string ClientId, DateTimeOffset ExpiresAt);

/// <summary>Checks tokens that come back to us: signature, issuer, type, audience, time (RFC 8725).</summary>
internal sealed class TokenCheck(Issuer issuer, SigningKeys keys, TimeProvider time)
{
    private const int Remembered = 10_000;
    private readonly JsonWebTokenHandler _handler = new();
    private ConcurrentDictionary<string, ClientGrant> _grants = new(StringComparer.Ordinal);

    /// <summary>
    /// The client whose token this is, or null. A signature check costs as much as two signatures, so a token that passed is remembered
    /// until it expires; whether its client still exists is the caller's question, asked each time.
    /// </summary>
    public async ValueTask<ClientGrant?> ClientAsync(string token)
    {
        var now = time.GetUtcNow();
        if (_grants.TryGetValue(token, out var known))
            return now < known.ExpiresAt ? known : null;
        // Whoever presents another audience's token to us is turned away: it was given out for someone else's API.
        if (await ReadAsync(token, Issuer.DefaultAudience) is not { } jwt
            || !jwt.TryGetPayloadValue("client_id", out string? clientId) || clientId is null || jwt.Subject != clientId
            || jwt.TryGetPayloadValue("sid", out string? _))
            return null;
        var grant = new ClientGrant(clientId, jwt.ValidTo);
        if (_grants.Count >= Remembered)
            _grants = new(StringComparer.Ordinal);
        _grants.TryAdd(token, grant);
        return grant;
    }

    /// <summary>An access token of ours that is valid by itself, whoever's it is; null otherwise.</summary>
    /// <param name="token">The compact form.</param>
    /// <param name="audience">The audience it must have, or null for any.</param>
    public async ValueTask<JsonWebToken?> ReadAsync(string token, string? audience)
    {
        if (token.Length > 8192)
            return null;
        var now = time.GetUtcNow();
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = issuer.Name,
            ValidateAudience = audience is not null,
            ValidAudience = audience,
            ValidTypes = [TokenIssuer.AccessTokenType],
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256],
            IssuerSigningKeys = keys.Published.Select(k => k.Key),
            RequireExpirationTime = true,
            LifetimeValidator = (_, expires, _, _) => expires is { } end && now < new DateTimeOffset(end, TimeSpan.Zero),
        });
        return result.IsValid ? (JsonWebToken)result.SecurityToken : null;
    }
}
