using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.JsonWebTokens;
using Watchword.Core.Sessions;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Oidc;

/// <summary>What introspection says of a live token (RFC 7662 §2.2). Of any other it says only that it is not active.</summary>
internal sealed record IntrospectionResponse(
    bool Active,
    string? TokenType,
    string? Scope,
    string? ClientId,
    string? Sub,
    string? Aud,
    string? Iss,
    long? Exp,
    long? Iat,
    string? Jti,
    string? Sid,
    string? Tid,
    string? AppId)
{
    public static IntrospectionResponse Inactive { get; } = new(false, null, null, null, null, null, null, null, null, null, null, null, null);
}

/// <summary>What the user info endpoint says (OpenID Connect Core §5.3).</summary>
internal sealed record UserInfoResponse
{
    /// <summary>Each claim is a member of the answer.</summary>
    [JsonExtensionData]
    public Dictionary<string, object> Claims { get; init; } = [];
}

/// <summary>Introspection, revocation and user info: what a token is worth now, not when it was signed.</summary>
internal static class TokenState
{
    /// <summary><c>POST /oidc/token/introspection</c> (RFC 7662).</summary>
    public static async Task<Results<Ok<IntrospectionResponse>, ApiError>> IntrospectAsync(
        HttpContext http, ClientDirectory directory, ClientAssertions assertions, TokenCheck tokens, Database database, Issuer issuer, TimeProvider time,
        ILogger<IntrospectionResponse> log)
    {
        if (await ClientCredentials.ReadFormAsync(http.Request) is not { } form)
            return OAuthErrors.NotAForm;
        var now = time.GetUtcNow();
        var (caller, refusal) = await ClientCredentials.CheckAsync(http, form, directory, assertions, now, log);
        if (refusal is not null)
            return refusal;
        http.Response.Headers.CacheControl = "no-store";
        var text = form["token"].ToString();
        if (text.Length == 0)
            return new ApiError(400, "invalid_request", "token is required.");
        if (OpaqueToken.TryParseRefresh(text, out var opaque))
            return TypedResults.Ok(await RefreshTokenAsync(opaque, caller!, database, issuer, now));
        if (await tokens.ReadAsync(text, audience: null) is not { } jwt || !OfTenant(jwt, caller!))
            return TypedResults.Ok(IntrospectionResponse.Inactive);
        return TypedResults.Ok(await IsLiveAsync(jwt, database, directory, now)
            ? new IntrospectionResponse(
                true, "Bearer", Claim(jwt, "scope"), Claim(jwt, "client_id"), jwt.Subject, jwt.Audiences.FirstOrDefault(), jwt.Issuer,
                Seconds(jwt.ValidTo), Seconds(jwt.IssuedAt), jwt.Id, Claim(jwt, "sid"), Claim(jwt, "tid"), Claim(jwt, "app_id"))
            : IntrospectionResponse.Inactive);
    }

    /// <summary><c>POST /oidc/token/revocation</c> (RFC 7009): ends the session that the token belongs to. Unknown tokens are fine.</summary>
    public static async Task<Results<Ok, ApiError>> RevokeAsync(
        HttpContext http, ClientDirectory directory, ClientAssertions assertions, TokenCheck tokens, Database database, TimeProvider time,
        ILogger<IntrospectionResponse> log)
    {
        if (await ClientCredentials.ReadFormAsync(http.Request) is not { } form)
            return OAuthErrors.NotAForm;
        var now = time.GetUtcNow();
        var (caller, refusal) = await ClientCredentials.CheckAsync(http, form, directory, assertions, now, log);
        if (refusal is not null)
            return refusal;
        var text = form["token"].ToString();
        if (text.Length == 0)
            return new ApiError(400, "invalid_request", "token is required.");
        if (OpaqueToken.TryParseRefresh(text, out var opaque))
        {
            await database.WriteAsync(async db =>
            {
                var sessions = new SessionStore(db);
                if (await sessions.FindRefreshTokenAsync(caller!.Client.TenantId, opaque.SessionId, opaque.Hash) is { } known && known.ClientId == caller.Client.ClientId)
                    await EndAsync(db, opaque.SessionId, caller, http, now);
            });
        }
        else if (await tokens.ReadAsync(text, audience: null) is { } jwt && Claim(jwt, "client_id") == caller!.Client.ClientId && Claim(jwt, "sid") is { } sid)
        {
            await database.WriteAsync(db => EndAsync(db, sid, caller, http, now));
        }
        return TypedResults.Ok();
    }

    private static async ValueTask EndAsync(SqlSession db, string sid, ClientContext caller, HttpContext http, DateTimeOffset now)
    {
        if (await new SessionStore(db).FindAsync(caller.Client.TenantId, sid, now) is { } session)
            await SessionEnd.OneAsync(db, session, Caller.Of(caller, http).Author, "revoked", now);
    }

    /// <summary><c>GET</c> or <c>POST /cis/oidc/me</c> (OpenID Connect Core §5.3.1): the claims of the user whose access token this is, as they are now.</summary>
    public static async Task<Results<Ok<UserInfoResponse>, ApiError>> UserInfoAsync(
        HttpContext http, TokenCheck tokens, Database database, ClientDirectory directory, TimeProvider time)
    {
        var header = http.Request.Headers.Authorization.ToString();
        var inHeader = header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : null;
        var inBody = HttpMethods.IsPost(http.Request.Method) && await ClientCredentials.ReadFormAsync(http.Request) is { } form && form.ContainsKey("access_token")
            ? form["access_token"].ToString()
            : null;
        if (inHeader is not null && inBody is not null)
            return new ApiError(400, "invalid_request", "Send the access token in one place: as Authorization: Bearer, or as access_token in the form.");
        if ((inHeader ?? inBody) is not { } token)
            return ApiErrors.Unauthorized("Send the access token of a user who is logged in: Authorization: Bearer <access_token>.");
        // Deleted between the two looks, the user is as gone as before them.
        if (await tokens.ReadAsync(token, audience: null) is not { } jwt
            || Claim(jwt, "sid") is null || !await IsLiveAsync(jwt, database, directory, time.GetUtcNow())
            || await database.ReadAsync(db => new UserStore(db).FindForLoginAsync(Claim(jwt, "tid")!, Claim(jwt, "app_id")!, IdentifierType.UserId, jwt.Subject)) is not { } member)
            return new ApiError(401, "invalid_token", "The access token is not one of a user who is logged in now.");
        var claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = jwt.Subject };
        UserClaims.Add(claims, UserClaims.Supported, member);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new UserInfoResponse { Claims = claims });
    }

    private static async Task<IntrospectionResponse> RefreshTokenAsync(OpaqueToken token, ClientContext caller, Database database, Issuer issuer, DateTimeOffset now)
    {
        var (session, known, barred) = await database.ReadAsync(async db =>
        {
            var sessions = new SessionStore(db);
            var session = await sessions.FindAsync(caller.Client.TenantId, token.SessionId, now);
            var known = session is null ? null : await sessions.FindRefreshTokenAsync(caller.Client.TenantId, token.SessionId, token.Hash);
            return (session, known, session is null ? null : await SessionRefresh.BarredAsync(db, session, now));
        });
        if (session is null || known is null || known.Used || known.ExpiresAt <= now || barred is not null || !MaySee(caller, session))
            return IntrospectionResponse.Inactive;
        return new IntrospectionResponse(
            true, "refresh_token", TokenIssuer.UserScope, known.ClientId, session.UserId, null, issuer.Name,
            Math.Min(known.ExpiresAt.ToUnixTimeSeconds(), session.ExpiresAt.ToUnixTimeSeconds()), null, null, session.SessionId, session.TenantId, session.AppId);
    }

    private static bool MaySee(ClientContext caller, Session session) => caller.Application is null || caller.Application.AppId == session.AppId;

    private static bool OfTenant(JsonWebToken jwt, ClientContext caller) =>
        Claim(jwt, "tid") == caller.Client.TenantId && (caller.Application is null || Claim(jwt, "app_id") == caller.Application.AppId);

    /// <summary>A user's token lives while its session does and its user may log in; a client's while the client exists.</summary>
    private static async Task<bool> IsLiveAsync(JsonWebToken jwt, Database database, ClientDirectory directory, DateTimeOffset now)
    {
        if (Claim(jwt, "sid") is not { } sid)
            return Claim(jwt, "client_id") is { } client && await directory.FindAsync(client) is not null;
        return await database.ReadAsync(async db =>
            await new SessionStore(db).FindAsync(Claim(jwt, "tid") ?? "", sid, now) is { } session
            && await SessionRefresh.BarredAsync(db, session, now) is null);
    }

    private static string? Claim(JsonWebToken jwt, string name) => jwt.TryGetPayloadValue(name, out string? value) ? value : null;

    private static long Seconds(DateTime utc) => new DateTimeOffset(utc, TimeSpan.Zero).ToUnixTimeSeconds();
}
