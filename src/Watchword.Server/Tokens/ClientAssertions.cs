using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Watchword.Core.Apps;
using Watchword.Server.Storage;

namespace Watchword.Server.Tokens;

/// <summary>Checks the JWTs by which clients prove that they hold their private key (RFC 7523), and takes each only once.</summary>
internal sealed class ClientAssertions(Issuer issuer, Database database, TimeProvider time)
{
    /// <summary>The one <c>client_assertion_type</c> there is (RFC 7523 §2.2).</summary>
    public const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    /// <summary>The algorithms that discovery names.</summary>
    public static readonly IReadOnlyList<string> Algorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256];

    private const int Longest = 8192;
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    // Keys are made anew for each check; the factory would keep every one of them.
    private static readonly CryptoProviderFactory Providers = new() { CacheSignatureProviders = false };

    private readonly JsonWebTokenHandler _handler = new();
    private readonly string[] _audiences = [issuer.Name, issuer.PublicUrl + "/oidc/token", issuer.Name + "/token"];

    /// <summary>Whom an assertion says it is of, before anything of it has been checked; null when it is none.</summary>
    public static string? SubjectOf(string assertion) => Parse(assertion)?.Subject;

    /// <summary>Whether the assertion is this client's, good now, and used for the first time.</summary>
    public async Task<bool> AcceptAsync(Client client, string assertion)
    {
        var now = time.GetUtcNow();
        if (Parse(assertion) is not { } jwt || !HasOwnType(jwt) || jwt.TryGetHeaderValue("crit", out object? _))
            return false;
        var keys = client.Settings.Keys.Where(k => k.Algorithms.Contains(jwt.Alg) && (string.IsNullOrEmpty(jwt.Kid) || k.Kid is null || k.Kid == jwt.Kid)).ToList();
        if (keys.Count == 0 || !await IsSignedByAsync(jwt, keys) || ReadClaims(jwt) is not { } json
            || AssertionClaims.Read(json, client.ClientId, _audiences, now) is not { } claims)
            return false;
        var key = new { client = client.ClientId, hash = SHA256.HashData(Encoding.UTF8.GetBytes(claims.Jti)), expires = claims.ExpiresAt.Ms() };
        return await database.WriteAsync(db => OneTime.ClientAssertion.ConsumeAsync(db, key));
    }

    private static JsonWebToken? Parse(string assertion)
    {
        if (assertion.Length > Longest || assertion.Count(c => c == '.') != 2)
            return null;
        try
        {
            return new JsonWebToken(assertion);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>What the key signed for another purpose, an access token or a DPoP proof, is no assertion (RFC 8725 §3.11).</summary>
    private static bool HasOwnType(JsonWebToken jwt) =>
        string.IsNullOrEmpty(jwt.Typ) || jwt.Typ.ToUpperInvariant() is "JWT" or "CLIENT-AUTHENTICATION+JWT";

    private async Task<bool> IsSignedByAsync(JsonWebToken jwt, List<ClientKey> keys)
    {
        var result = await _handler.ValidateTokenAsync(jwt.EncodedToken, new TokenValidationParameters
        {
            IssuerSigningKeyResolver = (_, _, _, _) => keys.Select(KeyOf),
            ValidAlgorithms = Algorithms,
            CryptoProviderFactory = Providers,
            // Judged by AssertionClaims, together with what the library knows nothing of.
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        });
        return result.IsValid;
    }

    private static JsonWebKey KeyOf(ClientKey key) => new() { Kty = key.Kty, KeyId = key.Kid, Crv = key.Crv, X = key.X, Y = key.Y, N = key.N, E = key.E };

    private static JsonElement? ReadClaims(JsonWebToken jwt)
    {
        try
        {
            return JsonElement.Parse(Base64Url.DecodeFromChars(jwt.EncodedPayload), Strict);
        }
        catch (Exception wrong) when (wrong is JsonException or FormatException)
        {
            return null;
        }
    }
}
