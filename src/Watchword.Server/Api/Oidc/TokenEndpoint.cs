using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Sessions;
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
        HttpContext http, ClientDirectory directory, ClientAssertions assertions, TokenIssuer tokens, SessionRefresh refresh, TimeProvider time,
        ILogger<ClientTokenResponse> log)
    {
        if (await ClientCredentials.ReadFormAsync(http.Request) is not { } form)
            return OAuthErrors.NotAForm;
        var (context, refusal) = await ClientCredentials.CheckAsync(http, form, directory, assertions, time.GetUtcNow(), log);
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
                var faults = new List<string>();
                var demand = ReadDemand(form, faults);
                if (faults.Count > 0)
                    return ApiErrors.InvalidInput(faults);
                var outcome = await refresh.ByRefreshTokenAsync(context!.Client, form["refresh_token"], demand, Caller.Of(context, http).Author);
                if (outcome.Verdict == SessionVerdict.Reused)
                    ApiTelemetry.RefreshTokenReused(log, outcome.Session!.SessionId);
                // Not invalid_grant, at which clients throw the refresh token away: it was not spent and works on.
                if (outcome.Verdict is SessionVerdict.TooOld or SessionVerdict.TooWeak)
                    return new ApiError(400, "unmet_authentication_requirements", "The user's login is older than max_age or weaker than acr_values. Log the user in again in the same session; the refresh token was not spent.");
                if (outcome.Verdict != SessionVerdict.Accepted)
                    return new ApiError(400, "invalid_grant", "The refresh token is wrong, was used before, has expired, or its user may not log in now.");
                var signed = tokens.ForUser(context.Client, context.Application!, outcome.Member!, outcome.Session!);
                return TypedResults.Ok(new RefreshedTokenResponse(
                    signed.AccessToken, signed.IdToken, outcome.RefreshToken.Reveal(), "Bearer", signed.ExpiresIn, TokenIssuer.UserScope));
            case "":
                return new ApiError(400, "invalid_request", "grant_type is required: client_credentials or refresh_token.");
            default:
                return new ApiError(400, "unsupported_grant_type", "grant_type must be client_credentials or refresh_token.");
        }
    }

    private static LoginDemand ReadDemand(IFormCollection form, List<string> faults)
    {
        long? maxAge = null;
        if (form["max_age"].ToString() is { Length: > 0 } text)
            maxAge = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : -1;
        return LoginDemand.Read(maxAge, form["acr_values"], faults);
    }
}

/// <summary>Refusals of the OAuth endpoints.</summary>
internal static class OAuthErrors
{
    public static ApiError InvalidClient { get; } = new(401, "invalid_client", "The client or its credentials are wrong, or there is not exactly one kind of them.");

    public static ApiError NotAForm { get; } = new(400, "invalid_request", "Send the parameters as application/x-www-form-urlencoded.");
}
