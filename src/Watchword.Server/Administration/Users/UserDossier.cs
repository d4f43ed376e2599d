using Watchword.Core.Audit;
using Watchword.Core.Sessions;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>All that an administrator sees of one user.</summary>
/// <param name="User">Who it is.</param>
/// <param name="Places">In which applications, and how logging in there stands.</param>
/// <param name="Sessions">Those that are open, the newest first.</param>
/// <param name="Messages">The last ones, newest first.</param>
/// <param name="Logins">The last ones and those refused, newest first.</param>
/// <param name="Entries">What else the audit log says last of the user, newest first.</param>
/// <param name="Trouble">Why the user cannot log in; null: nothing is known to stand in the way.</param>
/// <param name="AppNames">What the tenant's applications are called.</param>
internal sealed record UserDossier(
    User User,
    IReadOnlyList<UserPlaceState> Places,
    IReadOnlyList<Session> Sessions,
    IReadOnlyList<LoggedMessage> Messages,
    IReadOnlyList<LoginAttempt> Logins,
    IReadOnlyList<AuditEvent> Entries,
    LoginTrouble? Trouble,
    IReadOnlyDictionary<string, string> AppNames);

/// <summary>Reads what an administrator sees of one user, up to this moment.</summary>
internal sealed class UserDossiers(Database database, TimeProvider time)
{
    /// <summary>Messages, logins and entries, so many of each.</summary>
    public const int Recent = 20;

    private static readonly IReadOnlyList<string> Others = [.. AuditAction.All.Where(AuditAction.IsAudited).Except(LoginAttempt.Actions)];

    /// <summary>Null: there is no such user in the tenant.</summary>
    public Task<UserDossier?> ReadAsync(string tenant, string id)
    {
        var now = time.GetUtcNow();
        return id.Length > 128 || id.Any(c => char.IsControl(c) || char.IsSurrogate(c))
            ? Task.FromResult<UserDossier?>(null)
            : database.ReadAsync(db => ReadAsync(db, tenant, id, now));
    }

    private static async ValueTask<UserDossier?> ReadAsync(SqlSession db, string tenant, string id, DateTimeOffset now)
    {
        if (await new UserStore(db).FindAsync(tenant, app: null, IdentifierType.UserId, id) is not { User: var user })
            return null;
        IReadOnlyList<UserPlaceState> places = [.. (await new UserSearchStore(db).PlacesAsync(tenant, id)).Select(p => UserPlaceState.Of(p, now))];
        // What waits is read first and not moved, which would cost those who log in: what moves meanwhile is there twice rather than missing.
        var waiting = (await new EventStore(db).OfUserAsync(tenant, id, Recent)).Where(e => AuditAction.IsAudited(e.Action)).ToList();
        var logins = (await EntriesAsync(db, tenant, id, LoginAttempt.Actions, waiting)).Select(LoginAttempt.Of).ToList();
        var messages = (await new MessageLogStore(db).ReadAsync(tenant, new MessageLogQuery { UserId = id }, Recent)).Messages;
        return new UserDossier(
            user,
            places,
            [.. (await new SessionStore(db).ListAsync(tenant, id, app: null, now)).Reverse()],
            messages,
            logins,
            await EntriesAsync(db, tenant, id, Others, waiting),
            LoginTrouble.Of(user, places, logins, messages, now),
            (await new ApplicationStore(db).NamesAsync(tenant)).ToDictionary(a => a.AppId, a => a.Name));
    }

    private static async ValueTask<IReadOnlyList<AuditEvent>> EntriesAsync(SqlSession db, string tenant, string id, IReadOnlyList<string> actions, IReadOnlyList<AuditEvent> waiting)
    {
        var logged = await new AuditLogStore(db).ReadAsync(tenant, new AuditLogQuery { UserId = id, Actions = actions }, Recent);
        // Two nodes' clocks may differ, so the times are what puts them in order; those moved meanwhile are equal.
        return [.. waiting.Where(e => actions.Contains(e.Action)).Concat(logged.Entries.Select(e => e.ToEvent(tenant))).Distinct().OrderByDescending(e => e.At).Take(Recent)];
    }
}
