using Watchword.Core.Apps;
using Watchword.Core.Audit;
using Watchword.Core.Sessions;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Tokens;

/// <summary>What became of an attempt to go on with a session.</summary>
internal enum SessionVerdict
{
    Accepted,

    /// <summary>No such token or session, or it has expired or belongs to someone else.</summary>
    Unknown,

    /// <summary>A refresh token that was spent before: it has been copied, and its session has been ended.</summary>
    Reused,

    /// <summary>The user has been disabled or is gone.</summary>
    UserNotActive,

    /// <summary>The user is locked out of the application; the session goes on when the lock ends.</summary>
    Locked,

    /// <summary>The latest login is longer ago than the caller allows; nothing was spent.</summary>
    TooOld,

    /// <summary>Fewer methods were used than the caller asks for; nothing was spent.</summary>
    TooWeak,
}

/// <summary>The verdict, and on success all that tokens are made of.</summary>
internal sealed record SessionOutcome(SessionVerdict Verdict, Session? Session = null, Member? Member = null, OpaqueToken RefreshToken = default, LockedOut? Lock = null);

/// <summary>
/// Goes on with a session, by its refresh token or by its id. Refresh tokens work once and replace each other (RFC 9700 §4.14.2); a lock,
/// a disabled user or an expired session stops every way in alike.
/// </summary>
internal sealed class SessionRefresh(Database database, TimeProvider time)
{
    /// <summary>Spends a refresh token for a new one. One that was spent before ends its session, and the log says by whom.</summary>
    public async Task<SessionOutcome> ByRefreshTokenAsync(Client client, string? text, LoginDemand demand, Author by)
    {
        if (client.AppId is null || !OpaqueToken.TryParseRefresh(text, out var token))
            return new(SessionVerdict.Unknown);
        var now = time.GetUtcNow();
        return await database.WriteAsync(async db =>
        {
            var sessions = new SessionStore(db);
            var session = await sessions.FindAsync(client.TenantId, token.SessionId, now);
            var known = session is null ? null : await sessions.FindRefreshTokenAsync(client.TenantId, token.SessionId, token.Hash);
            if (session is null || known is null || known.ClientId != client.ClientId || known.ExpiresAt <= now)
                return new(SessionVerdict.Unknown);
            if (known.Used)
                return await EndAsync(db, session, by, now);
            if ((await BarredAsync(db, session, now) ?? Unmet(demand, session, now)) is { } barred)
                return barred;
            if (!await OneTime.RefreshToken.ConsumeAsync(db, new { tenant = client.TenantId, session = session.SessionId, hash = token.Hash, now = now.Ms() }))
                return await EndAsync(db, session, by, now);
            return await RenewAsync(db, client, session, now);
        });
    }

    /// <summary>New tokens for whoever holds the session's id.</summary>
    public async Task<SessionOutcome> BySessionIdAsync(Client client, string? text, LoginDemand demand)
    {
        if (client.AppId is null || !OpaqueToken.TryParseSession(text, out var token))
            return new(SessionVerdict.Unknown);
        var now = time.GetUtcNow();
        return await database.WriteAsync(async db =>
        {
            var session = await new SessionStore(db).FindAsync(client.TenantId, token.SessionId, token.Hash, now);
            if (session is null || session.AppId != client.AppId)
                return new(SessionVerdict.Unknown);
            return await BarredAsync(db, session, now) ?? Unmet(demand, session, now) ?? await RenewAsync(db, client, session, now);
        });
    }

    /// <summary>Why the user of a session may not go on now, or null.</summary>
    public static async ValueTask<SessionOutcome?> BarredAsync(SqlSession db, Session session, DateTimeOffset now)
    {
        var member = await new UserStore(db).FindForLoginAsync(session.TenantId, session.AppId, IdentifierType.UserId, session.UserId);
        if (member is null || member.User.Status == UserStatus.Disabled)
            return new(SessionVerdict.UserNotActive);
        return await new ChallengeStore(db).LockOfAsync(session.TenantId, session.AppId, session.UserId, now) is { } locked
            ? new(SessionVerdict.Locked, Lock: locked)
            : null;
    }

    private static SessionOutcome? Unmet(LoginDemand demand, Session session, DateTimeOffset now) =>
        demand.IsTooOld(session, now) ? new(SessionVerdict.TooOld)
        : demand.IsTooWeak(session) ? new(SessionVerdict.TooWeak)
        : null;

    private static async ValueTask<SessionOutcome> EndAsync(SqlSession db, Session session, Author by, DateTimeOffset now)
    {
        await SessionEnd.OneAsync(db, session, by, "refresh_token_reused", now);
        return new(SessionVerdict.Reused, session);
    }

    private static async ValueTask<SessionOutcome> RenewAsync(SqlSession db, Client client, Session session, DateTimeOffset now)
    {
        var member = await new UserStore(db).FindForLoginAsync(session.TenantId, session.AppId, IdentifierType.UserId, session.UserId);
        var refresh = OpaqueToken.Refresh(session.SessionId);
        var sessions = new SessionStore(db);
        var used = session.UsedBy(client, now);
        if (used.ExpiresAt != session.ExpiresAt && !await sessions.ExtendAsync(used, now))
            return new(SessionVerdict.Unknown);
        await sessions.AddRefreshTokenAsync(used, client, refresh.Hash, now);
        return new(SessionVerdict.Accepted, used, member, refresh);
    }
}
