using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Apps;
using Watchword.Core.Sessions;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Oidc;

/// <summary>The public half of a signing key (RFC 7517).</summary>
internal sealed record JsonWebKeyJson(string Kty, string Use, string Alg, string Kid, string? Crv, string? X, string? Y, string? N, string? E);

/// <summary>The key set.</summary>
internal sealed record KeySetResponse(IReadOnlyList<JsonWebKeyJson> Keys);

/// <summary>What verifiers and clients can find out by themselves (OpenID Connect Discovery 1.0, RFC 8414).</summary>
internal sealed record DiscoveryResponse(
    string Issuer,
    string TokenEndpoint,
    string JwksUri,
    string UserinfoEndpoint,
    string IntrospectionEndpoint,
    string RevocationEndpoint,
    IReadOnlyList<string> GrantTypesSupported,
    IReadOnlyList<string> ResponseTypesSupported,
    IReadOnlyList<string> SubjectTypesSupported,
    IReadOnlyList<string> IdTokenSigningAlgValuesSupported,
    IReadOnlyList<string> TokenEndpointAuthMethodsSupported,
    IReadOnlyList<string> TokenEndpointAuthSigningAlgValuesSupported,
    IReadOnlyList<string> IntrospectionEndpointAuthMethodsSupported,
    IReadOnlyList<string> IntrospectionEndpointAuthSigningAlgValuesSupported,
    IReadOnlyList<string> RevocationEndpointAuthMethodsSupported,
    IReadOnlyList<string> RevocationEndpointAuthSigningAlgValuesSupported,
    IReadOnlyList<string> ScopesSupported,
    IReadOnlyList<string> ClaimsSupported,
    IReadOnlyList<string> AcrValuesSupported,
    bool RequestUriParameterSupported);

/// <summary>Discovery and the key set: public, the same for everyone.</summary>
internal static class Discovery
{
    private static readonly string[] Methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"];

    /// <summary><c>GET /cis/oidc/.well-known/openid-configuration</c> and its RFC 8414 twin.</summary>
    public static Ok<DiscoveryResponse> Describe(Issuer issuer) => TypedResults.Ok(new DiscoveryResponse(
        issuer.Name,
        // Of the two addresses of each, the one below the issuer: careful clients take no other.
        issuer.Name + "/token",
        issuer.Name + "/jwks",
        issuer.Name + "/me",
        issuer.Name + "/token/introspection",
        issuer.Name + "/token/revocation",
        ["client_credentials", "refresh_token"],
        // There is no authorization endpoint; OpenID Connect requires the member all the same.
        [],
        ["public"],
        [.. Enum.GetNames<SigningAlgorithm>()],
        Methods,
        ClientAssertions.Algorithms,
        Methods,
        ClientAssertions.Algorithms,
        Methods,
        ClientAssertions.Algorithms,
        ["openid", "offline_access"],
        ["iss", "sub", "aud", "exp", "iat", "auth_time", "amr", "acr", "sid", "tid", "at_hash", "approval_data", .. UserClaims.Supported],
        [AuthenticationContext.SingleMethod, AuthenticationContext.TwoMethods],
        // Where it is left out it counts as true (OpenID Connect Discovery 1.0 §3).
        RequestUriParameterSupported: false));

    /// <summary><c>GET /cis/oidc/jwks</c>.</summary>
    public static Ok<KeySetResponse> KeySet(SigningKeys keys, HttpResponse response)
    {
        // Shorter than the time for which a key is published before it may sign.
        response.Headers.CacheControl = "public, max-age=300";
        return TypedResults.Ok(new KeySetResponse([.. keys.Published.Select(k => k.Public).Select(k => new JsonWebKeyJson(k.Kty, k.Use, k.Alg, k.Kid, k.Crv, k.X, k.Y, k.N, k.E))]));
    }
}
