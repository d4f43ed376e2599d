using Watchword.Core.Audit;
using Watchword.Core.Sessions;
using Watchword.Server.Storage;

namespace Watchword.Server.Tokens;

/// <summary>Ends sessions before their time, and writes down who did and why.</summary>
internal static class SessionEnd
{
    /// <summary>One session. False when it had been ended already.</summary>
    public static async ValueTask<bool> OneAsync(SqlSession db, Session session, Author by, string reason, DateTimeOffset now)
    {
        if (!await new SessionStore(db).EndAsync(session.TenantId, session.SessionId, now))
            return false;
        await new EventStore(db).AddAsync(
            by, AuditAction.SessionEnded, now, session.AppId, session.UserId, session.SessionId, detail: StoredJson.Write(new { reason }));
        return true;
    }

    /// <summary>All of a user's, in one application or in all; one entry says how many.</summary>
    public static async ValueTask AllAsync(SqlSession db, string user, string? app, Author by, DateTimeOffset now)
    {
        var store = new SessionStore(db);
        await store.HoldAsync(by.TenantId, user, app);
        var sessions = (await store.ListAsync(by.TenantId, user, app, now)).Count;
        await store.EndAllAsync(by.TenantId, user, app, now);
        if (sessions > 0)
            await new EventStore(db).AddAsync(by, AuditAction.SessionEnded, now, app ?? "", user, detail: StoredJson.Write(new { reason = "all_ended", sessions }));
    }
}
