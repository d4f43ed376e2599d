using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Sessions;
using Watchword.Server.Administration.Users;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Sessions;

/// <summary>A refresh token to spend, and what the user's login has to have been like.</summary>
internal sealed record RefreshRequest(string? RefreshToken, int? MaxAge, string? AcrValues);

/// <summary>A session to go on with, and what the user's login has to have been like.</summary>
internal sealed record ResumeRequest(string? SessionId, int? MaxAge, string? AcrValues);

/// <summary>A session to end.</summary>
internal sealed record SessionRequest(string? SessionId);

/// <summary>A user's session, by its public name.</summary>
internal sealed record SessionJson(string SessionId, DateTimeOffset StartTime, DateTimeOffset ExpirationTime);

/// <summary>The calls that go on with sessions, list them and end them.</summary>
internal static class Sessions
{
    /// <summary><c>POST /cis/v1/auth/token/refresh</c>.</summary>
    public static async Task<Results<Ok<TokenResponse>, ApiError>> RefreshAsync(
        RefreshRequest request, Caller caller, SessionRefresh refresh, TokenIssuer tokens, TimeProvider time, ILogger<RefreshRequest> log)
    {
        var faults = new List<string>();
        var demand = LoginDemand.Read(request.MaxAge, request.AcrValues, faults);
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);
        var outcome = await refresh.ByRefreshTokenAsync(caller.Client, request.RefreshToken, demand, caller.Author);
        if (outcome.Verdict == SessionVerdict.Reused)
            ApiTelemetry.RefreshTokenReused(log, outcome.Session!.SessionId);
        return Answer(outcome, caller, tokens, time, sessionId: null, new ApiError(400, "auth_invalid_credentials", "The refresh token is wrong, was used before, or has expired. Log the user in again."));
    }

    /// <summary><c>POST /cis/v1/auth/session/authenticate</c>.</summary>
    public static async Task<Results<Ok<TokenResponse>, ApiError>> AuthenticateAsync(
        ResumeRequest request, Caller caller, SessionRefresh refresh, TokenIssuer tokens, TimeProvider time)
    {
        var faults = new List<string>();
        var demand = LoginDemand.Read(request.MaxAge, request.AcrValues, faults);
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);
        var outcome = await refresh.BySessionIdAsync(caller.Client, request.SessionId, demand);
        return Answer(outcome, caller, tokens, time, request.SessionId, new ApiError(400, "session_not_found", "Session not found"));
    }

    /// <summary><c>POST /cis/v1/auth/session/logout</c>: takes the session's id or its public name.</summary>
    public static async Task<Results<NoContent, ApiError>> LogoutAsync(SessionRequest request, Caller caller, Database database, TimeProvider time)
    {
        var byId = OpaqueToken.TryParseSession(request.SessionId, out var token);
        var name = byId ? token.SessionId : request.SessionId;
        if (name is not { Length: 32 })
            return new ApiError(400, "session_not_found", "Session not found");
        var now = time.GetUtcNow();
        var ended = await database.WriteAsync(async db =>
        {
            var sessions = new SessionStore(db);
            var session = byId
                ? await sessions.FindAsync(caller.TenantId, name, token.Hash, now)
                : await sessions.FindAsync(caller.TenantId, name, now);
            return session?.AppId == caller.App.AppId && await SessionEnd.OneAsync(db, session, caller.Author, "logout", now);
        });
        return ended ? TypedResults.NoContent() : new ApiError(400, "session_not_found", "Session not found");
    }

    /// <summary><c>GET /cis/v1/auth/users/{id}/sessions</c>.</summary>
    public static async Task<Results<Ok<IReadOnlyList<SessionJson>>, ApiError>> ListAsync(string id, Caller caller, Database database, TimeProvider time)
    {
        var app = caller.Application?.AppId;
        var sessions = await database.ReadAsync(async db =>
            await new UserStore(db).FindAsync(caller.TenantId, app, IdentifierType.UserId, id) is null
                ? null
                : await new SessionStore(db).ListAsync(caller.TenantId, id, app, time.GetUtcNow()));
        return sessions is null
            ? ApiErrors.UserNotFound
            : TypedResults.Ok<IReadOnlyList<SessionJson>>([.. sessions.Select(s => new SessionJson(s.SessionId, s.StartedAt, s.ExpiresAt))]);
    }

    /// <summary><c>DELETE /cis/v1/auth/users/{id}/sessions</c>.</summary>
    public static async Task<Results<NoContent, ApiError>> EndAllAsync(string id, Caller caller, UserAdministration users) =>
        await users.EndSessionsAsync(caller.Author, caller.Application?.AppId, id) ? TypedResults.NoContent() : ApiErrors.UserNotFound;

    private static Results<Ok<TokenResponse>, ApiError> Answer(
        SessionOutcome outcome, Caller caller, TokenIssuer tokens, TimeProvider time, string? sessionId, ApiError unknown)
    {
        switch (outcome.Verdict)
        {
            case SessionVerdict.Accepted:
                var signed = tokens.ForUser(caller.Client, caller.App, outcome.Member!, outcome.Session!);
                return TypedResults.Ok(new TokenResponse(
                    signed.AccessToken, signed.IdToken, outcome.RefreshToken.Reveal(), "Bearer", signed.ExpiresIn, sessionId));
            case SessionVerdict.UserNotActive:
                return ApiErrors.UserNotActive;
            case SessionVerdict.Locked:
                return ApiErrors.Locked(outcome.Lock!.Until, time.GetUtcNow());
            case SessionVerdict.TooOld:
                return new ApiError(403, "fresh_login_required", "The user's last login is longer ago than max_age. Send a code and authenticate with it, with this session's id as session_id; then try again.");
            case SessionVerdict.TooWeak:
                return new ApiError(403, "second_method_required", "acr_values asks for two methods. Send a code by a method that this session has not seen and authenticate with it, with this session's id as session_id; then try again.");
            default:
                return unknown;
        }
    }
}
