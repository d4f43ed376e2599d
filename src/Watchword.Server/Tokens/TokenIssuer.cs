using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Watchword.Core.Apps;
using Watchword.Core.Sessions;
using Watchword.Server.Storage;

namespace Watchword.Server.Tokens;

/// <summary>What a login gives out, signed.</summary>
internal sealed record UserTokens(string AccessToken, string IdToken, int ExpiresIn);

/// <summary>Makes the tokens of clients and users: JWTs (RFC 7519), access tokens as in RFC 9068.</summary>
internal sealed class TokenIssuer(Issuer issuer, SigningKeys keys, TimeProvider time)
{
    /// <summary>Life of a client's own token, seconds.</summary>
    public const int ClientTokenLifetime = 3600;

    /// <summary>The scope of users' tokens.</summary>
    public const string UserScope = "openid offline_access";

    /// <summary>The <c>typ</c> of access tokens (RFC 9068 §2.1).</summary>
    public const string AccessTokenType = "at+jwt";

    private static readonly string[] NoRoles = [];
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    /// <summary>The token by which a backend calls the API. Its subject is the client itself, by which it is told from a user's token.</summary>
    public string ForClient(ClientContext context, string? resource)
    {
        var (client, app) = context;
        var claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["sub"] = client.ClientId,
            ["jti"] = OpaqueToken.RandomText(),
            ["scope"] = client.ClientId,
            ["tid"] = client.TenantId,
            ["client_id"] = client.ClientId,
        };
        if (app is null)
            claims["role"] = "Admin";
        else
            (claims["app_id"], claims["app_name"]) = (app.AppId, app.Name);
        return Sign(SigningAlgorithm.ES256, AccessTokenType, resource ?? Issuer.DefaultAudience, ClientTokenLifetime, claims, time.GetUtcNow());
    }

    /// <summary>The tokens of a user's session.</summary>
    public UserTokens ForUser(Client client, Application app, Member member, Session session, JsonElement? approvalData = null)
    {
        var now = time.GetUtcNow();
        var algorithm = app.Settings.SigningAlgorithm;
        var amr = AuthenticationContext.Amr(session.Methods);
        var acr = AuthenticationContext.Acr(session.Methods);
        var authTime = session.AuthTime.ToUnixTimeSeconds();
        // Tokens never outlive their session.
        var left = (int)Math.Max(1, (session.ExpiresAt - now).TotalSeconds);
        var accessLife = Math.Min(client.Settings.AccessTokenLifetime, left);

        var access = new Dictionary<string, object>(20, StringComparer.Ordinal)
        {
            ["sub"] = session.UserId,
            ["jti"] = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)),
            ["tid"] = session.TenantId,
            ["client_id"] = client.ClientId,
            ["app_id"] = app.AppId,
            ["app_name"] = app.Name,
            ["scope"] = UserScope,
            ["roles"] = NoRoles,
            ["sid"] = session.SessionId,
            ["auth_time"] = authTime,
            ["amr"] = amr,
            ["acr"] = acr,
        };
        UserClaims.Add(access, client.Settings.AccessTokenClaims, member);
        UserClaims.Add(access, session.Claims.AccessToken, member);
        var accessToken = Sign(algorithm, AccessTokenType, session.Resource ?? Issuer.DefaultAudience, accessLife, access, now);

        var id = new Dictionary<string, object>(20, StringComparer.Ordinal)
        {
            ["sub"] = session.UserId,
            ["tid"] = session.TenantId,
            ["auth_time"] = authTime,
            ["amr"] = amr,
            ["acr"] = acr,
            ["sid"] = session.SessionId,
            ["at_hash"] = HashOf(accessToken),
        };
        UserClaims.Add(id, client.Settings.IdTokenClaims, member);
        UserClaims.Add(id, session.Claims.IdToken, member);
        if (approvalData is { } data)
            id["approval_data"] = data;
        var idToken = Sign(algorithm, "JWT", client.ClientId, Math.Min(client.Settings.IdTokenLifetime, left), id, now);
        return new UserTokens(accessToken, idToken, accessLife);
    }

    private string Sign(SigningAlgorithm algorithm, string type, string audience, int seconds, Dictionary<string, object> claims, DateTimeOffset now)
    {
        var key = keys.Current(algorithm);
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer.Name,
            Audience = audience,
            IssuedAt = now.UtcDateTime,
            Expires = now.UtcDateTime.AddSeconds(seconds),
            TokenType = type,
            Claims = claims,
            SigningCredentials = key.Credentials,
        });
    }

    /// <summary>OpenID Connect Core §3.1.3.6: the left half of the access token's hash.</summary>
    private static string HashOf(string accessToken) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)).AsSpan(0, 16));
}

/// <summary>The claims about a person that a token or the user info answer may hold (OpenID Connect Core §5.1).</summary>
internal static class UserClaims
{
    /// <summary>Every claim there is.</summary>
    public static readonly IReadOnlyList<string> Supported =
    [
        "phone_number", "phone_number_verified", "email", "email_verified", "name", "given_name", "middle_name", "family_name",
        "preferred_username", "picture", "birthdate", "locale", "updated_at", "external_user_id", "external_account_id", "status",
    ];

    /// <summary>Adds those of the named claims that there is something to say about. Never replaces a claim.</summary>
    public static void Add(Dictionary<string, object> claims, IEnumerable<string> names, Member member)
    {
        foreach (var name in names)
        {
            if (ValueOf(name, member) is { } value)
                claims.TryAdd(name, value);
        }
    }

    private static object? ValueOf(string name, Member member)
    {
        var (user, membership) = member;
        var person = user.Profile.Name;
        return name switch
        {
            "phone_number" => user.PhoneNumber,
            "phone_number_verified" => user.PhoneNumber is null ? null : user.PhoneVerifiedAt is not null,
            "email" => user.Email,
            "email_verified" => user.Email is null ? null : user.EmailVerifiedAt is not null,
            "name" => person?.Full,
            "given_name" => person?.FirstName,
            "middle_name" => person?.MiddleName,
            "family_name" => person?.LastName,
            "preferred_username" => membership?.Username,
            "picture" => user.Profile.Picture,
            "birthdate" => user.Profile.Birthday,
            "locale" => user.Profile.Language,
            "updated_at" => user.UpdatedAt.ToUnixTimeSeconds(),
            "external_user_id" => membership?.ExternalUserId,
            "external_account_id" => user.ExternalAccountId,
            "status" => user.Status.ToString(),
            _ => null,
        };
    }
}
