using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Watchword.Core.Apps;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Oidc;

/// <summary>A token for a client.</summary>
internal sealed record ClientTokenResponse(string AccessToken, string TokenType, int ExpiresIn, string Scope);

/// <summary>Fresh tokens for a user's session.</summary>
internal sealed record RefreshedTokenResponse(string AccessToken, string IdToken, string RefreshToken, string TokenType, int ExpiresIn, string Scope);

/// <summary><c>POST /oidc/token</c> (RFC 6749 §3.2): <c>client_credentials</c> and <c>refresh_token</c>.</summary>
internal static class TokenEndpoint
{
    public static async Task<Results<Ok<ClientTokenResponse>, Ok<RefreshedTokenResponse>, ApiError>> HandleAsync(
        HttpContext http, ClientDirectory directory, TokenIssuer tokens, SessionRefresh refresh, TimeProvider time, ILogger<ClientTokenResponse> log)
    {
        if (await ClientCredentials.ReadFormAsync(http.Request) is not { } form)
            return OAuthErrors.NotAForm;
        var (context, refusal) = await ClientCredentials.CheckAsync(http, form, directory, time.GetUtcNow(), log);
        if (refusal is not null)
            return refusal;
        http.Response.Headers.CacheControl = "no-store";
        switch (form["grant_type"].ToString())
        {
            case "client_credentials":
                var resource = form["resource"] is [{ Length: > 0 } one] ? one : null;
                if (form["resource"].Count > 1 || (resource is not null && resource != Issuer.DefaultAudience
                    && TokenRequest.ResourceFault(resource, context!.Application) is not null))
                    return new ApiError(400, "invalid_target", "resource must be one absolute URI that is registered for this application.");
                return TypedResults.Ok(new ClientTokenResponse(
                    tokens.ForClient(context!, resource), "Bearer", TokenIssuer.ClientTokenLifetime, context!.Client.ClientId));
            case "refresh_token":
                var outcome = await refresh.ByRefreshTokenAsync(context!.Client, form["refresh_token"], Caller.Of(context, http).Author);
                if (outcome.Verdict == SessionVerdict.Reused)
                    ApiTelemetry.RefreshTokenReused(log, outcome.Session!.SessionId);
                if (outcome.Verdict != SessionVerdict.Accepted)
                    return new ApiError(400, "invalid_grant", "The refresh token is wrong, was used before, has expired, or its user may not log in now.");
                var signed = tokens.ForUser(context.Client, context.Application!, outcome.Member!, outcome.Session!, RequestedClaims.None, approvalData: null);
                return TypedResults.Ok(new RefreshedTokenResponse(
                    signed.AccessToken, signed.IdToken, outcome.RefreshToken.Reveal(), "Bearer", signed.ExpiresIn, TokenIssuer.UserScope));
            case "":
                return new ApiError(400, "invalid_request", "grant_type is required: client_credentials or refresh_token.");
            default:
                return new ApiError(400, "unsupported_grant_type", "grant_type must be client_credentials or refresh_token.");
        }
    }
}

/// <summary>How a client proves at the OAuth endpoints who it is (RFC 6749 §2.3.1): in the body or by HTTP Basic, never both.</summary>
internal static class ClientCredentials
{
    /// <summary>The form, or null when the body is none.</summary>
    public static async Task<IFormCollection?> ReadFormAsync(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return await request.ReadFormAsync();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    public static async Task<(ClientContext? Context, ApiError? Refusal)> CheckAsync(
        HttpContext http, IFormCollection form, ClientDirectory directory, DateTimeOffset now, ILogger log)
    {
        string? id = form["client_id"], secret = form["client_secret"];
        var header = http.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            if (!TryReadBasic(header[6..], out var basicId, out var basicSecret) || secret is not null || (id is not null && id != basicId))
                return Refused();
            (id, secret) = (basicId, basicSecret);
        }
        if (string.IsNullOrEmpty(id) || string.IsNullOrEmpty(secret) || id.Length > 200 || id.Any(char.IsControl) || secret.Length > 500)
            return Refused();
        var context = await directory.FindAsync(id);
        return Accepts(context?.Client, secret, now) ? (context, null) : Refused();

        // Logged and counted, but not in the audit log: a stranger could fill it.
        (ClientContext?, ApiError?) Refused()
        {
            ApiTelemetry.ClientRefused(log, id, http.Connection.RemoteIpAddress);
            return (null, OAuthErrors.InvalidClient);
        }
    }

    private static bool Accepts(Client? client, string secret, DateTimeOffset now)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret));
        var accepted = false;
        foreach (var known in client?.Secrets ?? [])
            accepted |= CryptographicOperations.FixedTimeEquals(hash, known.Hash) && (known.ExpiresAt is null || now < known.ExpiresAt);
        return accepted;
    }

    /// <summary>RFC 6749 §2.3.1: both halves are form-encoded before they are joined.</summary>
    private static bool TryReadBasic(string text, out string id, out string secret)
    {
        (id, secret) = ("", "");
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text.Trim(), bytes, out var count))
            return false;
        var pair = Encoding.UTF8.GetString(bytes, 0, count);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return false;
        (id, secret) = (Uri.UnescapeDataString(pair[..colon].Replace('+', ' ')), Uri.UnescapeDataString(pair[(colon + 1)..].Replace('+', ' ')));
        return true;
    }
}

/// <summary>Refusals of the OAuth endpoints.</summary>
internal static class OAuthErrors
{
    public static ApiError InvalidClient { get; } = new(401, "invalid_client", "The client_id or client_secret is wrong.");

    public static ApiError NotAForm { get; } = new(400, "invalid_request", "Send the parameters as application/x-www-form-urlencoded.");
}
