using Microsoft.IdentityModel.Tokens;

namespace Watchword.Client.AspNetCore;

/// <summary>What every token has to hold to, whatever it is for (RFC 8725, RFC 9068).</summary>
internal static class TokenRules
{
    /// <summary>For clocks that are not quite alike.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    // Named one by one, so that no header of a token chooses "none" or an HMAC over a public key.
    private static readonly string[] Algorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256];

    public static TokenValidationParameters For(string issuer, string audience, string type, TimeProvider time) => new()
    {
        ValidIssuer = issuer,
        ValidAudience = audience,
        ValidTypes = [type],
        ValidAlgorithms = Algorithms,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        NameClaimType = "sub",
        RoleClaimType = "roles",
        LifetimeValidator = (notBefore, expires, _, _) =>
        {
            var now = time.GetUtcNow().UtcDateTime;
            return expires is { } end && now < end + Skew && (notBefore is not { } start || start - Skew <= now);
        },
    };

    /// <summary>The name of the issuer behind a server's address.</summary>
    public static string IssuerOf(string serverUrl) => serverUrl.TrimEnd('/') + "/cis/oidc";
}
