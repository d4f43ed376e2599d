using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Core.Otp;
using Watchword.Core.Sessions;
using Watchword.Core.Users;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Otp;

/// <summary>A code that came back from its user.</summary>
internal sealed record AuthenticateOtpRequest(
    string? Passcode,
    string? IdentifierType,
    string? Identifier,
    string? RequestId,
    string? SessionId,
    string? Resource,
    JsonElement? Claims,
    ClientAttributes? ClientAttributes);

/// <summary>
/// <c>POST /cis/v1/auth/otp/authenticate</c>: one write counts the attempt, judges it, uses the code up and opens the session; then the
/// tokens are signed. The write commits whatever the verdict: a wrong guess that was not counted is a free one.
/// </summary>
internal static class AuthenticateOtp
{
    public static async Task<Results<Ok<TokenResponse>, ApiError>> HandleAsync(
        AuthenticateOtpRequest request, Caller caller, Database database, MasterKey keys, Seal seal, TokenIssuer tokens, TimeProvider time,
        ILogger<AuthenticateOtpRequest> log)
    {
        var app = caller.App;
        var faults = new List<string>();
        if (string.IsNullOrEmpty(request.Passcode) || request.Passcode.Length > 64)
            faults.Add("passcode is required.");
        if (!Identifier.TryRead(request.IdentifierType, request.Identifier, out var identifier, out var fault))
            faults.Add(fault);
        if (TokenRequest.Read(request.Claims, request.Resource, app, faults) is not { } asked || faults.Count > 0)
            return ApiErrors.InvalidInput(faults);

        var now = time.GetUtcNow();
        // The session that a right guess opens is made before the write, so that the one writer does not wait for random numbers.
        var opens = Ids.New(now);
        var guess = new Guess(
            request.Passcode!, request.RequestId, request.SessionId, identifier, request.Resource, asked, OpaqueToken.Session(opens), OpaqueToken.Refresh(opens),
            Origins.Json(caller, request.ClientAttributes?.IpAddress, request.ClientAttributes?.UserAgent));
        var outcome = await database.WriteAsync(db => JudgeAndNoteAsync(db, guess, caller, keys, now));
        ApiTelemetry.Judged(outcome.Refusal?.Code ?? "accepted");
        if (outcome.LockedUntil is { } until)
            ApiTelemetry.LockedOut(log, caller.TenantId, app.AppId, outcome.Member?.User.UserId ?? "(unknown)", until);
        if (outcome.Refusal is not null)
            return outcome.Refusal;

        var approval = outcome.Challenge!.ApprovalData is { } data ? JsonElement.Parse(seal.ApprovalData.Unprotect(data)) : (JsonElement?)null;
        var signed = tokens.ForUser(caller.Client, app, outcome.Member!, outcome.Session!, approval);
        return TypedResults.Ok(new TokenResponse(
            signed.AccessToken, signed.IdToken, outcome.RefreshToken.Reveal(), "Bearer", signed.ExpiresIn,
            request.SessionId ?? outcome.SessionToken.Reveal()));
    }

    /// <summary>Judges, and writes down what came of it: the login, the refusal, the lock.</summary>
    private static async ValueTask<Outcome> JudgeAndNoteAsync(SqlSession db, Guess guess, Caller caller, MasterKey keys, DateTimeOffset now)
    {
        var outcome = await JudgeAsync(db, guess, caller, keys, now);
        var happened = new AuditEvent
        {
            TenantId = caller.TenantId,
            At = now,
            Action = outcome.Refusal is null ? AuditAction.UserLoggedIn : AuditAction.OtpFailed,
            Actor = caller.Author.Actor,
            AppId = caller.App.AppId,
            UserId = outcome.Member?.User.UserId ?? "",
            Target = outcome.Session?.SessionId ?? "",
            Outcome = outcome.Refusal?.Code ?? AuditEvent.Ok,
            Origin = guess.Origin,
            Detail = outcome.Challenge is { } used ? DetailOf(used, now) : "{}",
        };
        var events = new EventStore(db);
        await events.AddAsync(happened);
        if (outcome.LockedUntil is { } until)
            await events.AddAsync(happened with { Action = AuditAction.UserLocked, Outcome = AuditEvent.Ok, Detail = $$"""{"until":"{{until:O}}"}""" });
        return outcome;
    }

    /// <summary>By what the user logged in. How long that took is in the code's own id.</summary>
    private static string DetailOf(Challenge used, DateTimeOffset now) =>
        Ids.TimeOf(used.ChallengeId) is { } sent && used.Region.Length > 0
            ? $$"""{"method":"{{used.Channel.Wire()}}","region":"{{used.Region}}","code_age_ms":{{(now - sent).Ticks / TimeSpan.TicksPerMillisecond}}}"""
            : $$"""{"method":"{{used.Channel.Wire()}}"}""";

    private static async ValueTask<Outcome> JudgeAsync(SqlSession db, Guess guess, Caller caller, MasterKey keys, DateTimeOffset now)
    {
        var (tenant, app) = (caller.TenantId, caller.App.AppId);
        var member = await new UserStore(db).FindForLoginAsync(tenant, app, guess.Identifier.Type, guess.Identifier.Value);
        var conceal = caller.App.Settings.ConcealUnknownUsers;
        var barred = member?.User.Status == UserStatus.Disabled;
        if (member is null && !conceal)
            return Outcome.Refused(WrongCode, member);
        if (barred && !conceal)
            return Outcome.Refused(ApiErrors.UserNotActive, member);
        var userId = member is null || barred ? guess.Identifier.DecoyUserId(keys, tenant, app) : member.User.UserId;

        var challenges = new ChallengeStore(db);
        if (await challenges.CountAttemptAsync(tenant, app, userId, now) is not { } counted)
            return Outcome.Refused(ApiErrors.Locked((await challenges.LockOfAsync(tenant, app, userId, now))?.Until, now), member);
        var live = counted.Live;
        var (verdict, challenge) = OtpJudge.Judge(
            new OtpGuess(tenant, app, userId, caller.Client.ClientId, guess.Passcode, guess.RequestId),
            live, caller.App.LoginPreferences, member is null ? [] : OtpDestination.TagsOf(keys, member.User, live.Select(c => c.Channel)), keys.CodeKey, now);
        if (verdict == OtpVerdict.Accepted && member is not null && !barred)
        {
            Session? session = null;
            // Looked for before the code is used up: a caller's mistake should not cost the user a code.
            if (guess.SessionId is not null && (session = await JoinAsync(db, guess.SessionId, caller, userId, now)) is null)
                return Outcome.Refused(SessionNotFound, member);
            if (await challenges.ConsumeAsync(tenant, app, userId, challenge!, siblings: live.Count > 1, now))
                return await AcceptAsync(db, guess, caller, member, challenge!, session, counted.LatestSession, now);
        }

        // A guess does not say which code it is for; of all the live ones the strictest policy counts.
        var policy = Lockout.Governing(caller.App.LoginPreferences, live.Select(c => c.Channel));
        var refusal = verdict == OtpVerdict.Expired ? Expired : WrongCode;
        if (Lockout.Begins(counted.Failures, policy, now) is not { } until)
            return Outcome.Refused(refusal, member);
        await challenges.LockAsync(tenant, app, userId, until, now);
        return Outcome.Refused(refusal, member) with { LockedUntil = until };
    }

    private static async ValueTask<Session?> JoinAsync(SqlSession db, string sessionId, Caller caller, string userId, DateTimeOffset now) =>
        OpaqueToken.TryParseSession(sessionId, out var token)
        && await new SessionStore(db).FindAsync(caller.TenantId, token.SessionId, token.Hash, now) is { } session
        && session.UserId == userId && session.AppId == caller.App.AppId
            ? session
            : null;

    private static async ValueTask<Outcome> AcceptAsync(
        SqlSession db, Guess guess, Caller caller, Member member, Challenge challenge, Session? joined, string latestSession, DateTimeOffset now)
    {
        var (tenant, app, user) = (caller.TenantId, caller.App.AppId, member.User);
        await new ChallengeStore(db).ClearFailuresAsync(tenant, app, user.UserId, joined is null ? guess.SessionToken.SessionId : latestSession, now);
        var seen = Seen(user, challenge, now);
        if (!ReferenceEquals(seen, user))
            await new UserStore(db).MarkSeenAsync(seen);

        var sessions = new SessionStore(db);
        var session = joined?.With(challenge.Channel, now) ?? new Session(
            tenant, guess.SessionToken.SessionId, app, caller.Client.ClientId, user.UserId, now, now, now.AddSeconds(caller.Client.Settings.SessionLifetime), [challenge.Channel], Resource: null);
        session = (session with { Resource = guess.Resource ?? session.Resource, Claims = guess.Claims }).UsedBy(caller.Client, now);
        if (joined is null)
            await sessions.AddAsync(session, guess.SessionToken.Hash, latestSession);
        else if (!await sessions.UpdateAsync(session, now))
            return Outcome.Refused(SessionNotFound, member);
        var refresh = joined is null ? guess.RefreshToken : OpaqueToken.Refresh(session.SessionId);
        await sessions.AddRefreshTokenAsync(session, caller.Client, refresh.Hash, now);
        return new Outcome(null, null, member with { User = seen }, session, challenge, guess.SessionToken, refresh);
    }

    /// <summary>
    /// The user after this login. A number counts as verified only when the code went to that very number, never to a custom one.
    /// </summary>
    private static User Seen(User user, Challenge challenge, DateTimeOffset now)
    {
        var phone = challenge is { Channel: OtpChannel.Sms, CustomDestination: false } && user.PhoneVerifiedAt is null;
        var email = challenge is { Channel: OtpChannel.Email, CustomDestination: false } && user.EmailVerifiedAt is null;
        var known = user.Identities.Contains(challenge.Channel);
        if (!phone && !email && known && user.Status == UserStatus.Active)
            return user;
        return user with
        {
            Status = UserStatus.Active,
            PhoneVerifiedAt = phone ? now : user.PhoneVerifiedAt,
            EmailVerifiedAt = email ? now : user.EmailVerifiedAt,
            Identities = known ? user.Identities : [.. user.Identities, challenge.Channel],
            UpdatedAt = now,
        };
    }

    private static ApiError WrongCode { get; } = new(400, "auth_invalid_credentials", "The code is wrong, was used before, or was never sent.");

    private static ApiError Expired { get; } = new(400, "auth_otp_passcode_expired", "The code has expired. Send a new one.");

    private static ApiError SessionNotFound { get; } = new(400, "session_not_found", "Session not found");

    private sealed record Guess(
        string Passcode, string? RequestId, string? SessionId, Identifier Identifier, string? Resource, RequestedClaims Claims, OpaqueToken SessionToken,
        OpaqueToken RefreshToken, string Origin);

    private sealed record Outcome(
        ApiError? Refusal, DateTimeOffset? LockedUntil, Member? Member, Session? Session, Challenge? Challenge, OpaqueToken SessionToken, OpaqueToken RefreshToken)
    {
        public static Outcome Refused(ApiError error, Member? member) => new(error, null, member, null, null, default, default);
    }
}
