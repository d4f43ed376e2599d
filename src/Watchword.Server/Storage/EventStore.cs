using Watchword.Core.Audit;

namespace Watchword.Server.Storage;

/// <summary>What happened and has not been moved on yet.</summary>
internal sealed class EventStore(SqlSession db)
{
    /// <summary>There is no index by user, which every login would pay for; in a rush there may be very many.</summary>
    private const int MostLookedAt = 50_000;

    /// <summary>Writes an event down, in the write of what it tells of.</summary>
    public async ValueTask AddAsync(AuditEvent happened) =>
        await db.ExecuteAsync(
            """
            INSERT INTO events (tenant_id, at, action, actor, app_id, user_id, target, outcome, origin, detail)
            VALUES (@tenant, @at, @action, @actor, @app, @user, @target, @outcome, @origin, @detail)
            """,
            new
            {
                tenant = happened.TenantId,
                at = happened.At.Ms(),
                action = happened.Action,
                actor = happened.Actor,
                app = happened.AppId,
                user = happened.UserId,
                target = happened.Target,
                outcome = happened.Outcome,
                origin = happened.Origin,
                detail = happened.Detail,
            });

    /// <summary>Writes down what somebody did, in the write in which they did it.</summary>
    public ValueTask AddAsync(
        Author by, string action, DateTimeOffset at, string app = "", string user = "", string target = "", string outcome = AuditEvent.Ok, string detail = "{}") =>
        AddAsync(new AuditEvent
        {
            TenantId = by.TenantId,
            At = at,
            Action = action,
            Actor = by.Actor,
            AppId = app,
            UserId = user,
            Target = target,
            Outcome = outcome,
            Origin = by.Address is null ? null : StoredJson.Write(new Origin(by.Address)),
            Detail = detail,
        });

    /// <summary>
    /// Forgets from where a user's events came, and not from where a deletion did. Before <see cref="AuditStore.EraseOriginsAsync"/> and in the same write: on PostgreSQL this
    /// waits for the rows that a relay is just moving, so what is not found here any more is found there.
    /// </summary>
    public async ValueTask EraseOriginsAsync(string tenant, string user) =>
        await db.ExecuteAsync(
            "UPDATE events SET origin = NULL WHERE tenant_id = @tenant AND user_id = @user AND action <> 'user.deleted' AND origin IS NOT NULL", new { tenant, user });

    /// <summary>What waits about a user, newest first, looked for among the newest of all.</summary>
    public async ValueTask<IReadOnlyList<AuditEvent>> OfUserAsync(string tenant, string user, int limit) =>
        [.. (await db.AllAsync<EventRow>(
            """
            SELECT event_id, tenant_id, at, action, actor, app_id, user_id, target, outcome, origin, detail FROM events
            WHERE event_id > (SELECT MAX(event_id) FROM events) - @most AND tenant_id = @tenant AND user_id = @user ORDER BY event_id DESC LIMIT @limit
            """,
            new { tenant, user, most = (long)MostLookedAt, limit = (long)limit })).Select(r => r.ToEvent())];

    /// <summary>How many wait, or a little more: numbers that were given out and not used count too.</summary>
    public ValueTask<long> WaitingAsync() =>
        db.FirstAsync<long>("SELECT COALESCE((SELECT MAX(event_id) FROM events) - (SELECT MIN(event_id) FROM events) + 1, 0)");

    /// <summary>Of when the oldest is that waits, or null.</summary>
    public async ValueTask<DateTimeOffset?> OldestAsync() => (await db.FirstAsync<long?>("SELECT at FROM events ORDER BY event_id LIMIT 1")).At();

    /// <summary>Takes the oldest out. Two takers never get the same ones, nor wait for each other.</summary>
    public async ValueTask<IReadOnlyList<AuditEvent>> TakeAsync(int limit) =>
        [.. (await db.AllAsync<EventRow>(
            $"""
            DELETE FROM events WHERE event_id IN (SELECT event_id FROM events ORDER BY event_id LIMIT @limit {db.Dialect.SkipLocked})
            RETURNING event_id, tenant_id, at, action, actor, app_id, user_id, target, outcome, origin, detail
            """,
            new { limit = (long)limit })).OrderBy(r => r.EventId).Select(r => r.ToEvent())];

    private sealed class EventRow
    {
        public long EventId { get; init; }
        public string TenantId { get; init; } = "";
        public long At { get; init; }
        public string Action { get; init; } = "";
        public string Actor { get; init; } = "";
        public string AppId { get; init; } = "";
        public string UserId { get; init; } = "";
        public string Target { get; init; } = "";
        public string Outcome { get; init; } = "";
        public string? Origin { get; init; }
        public string Detail { get; init; } = "";

        public AuditEvent ToEvent() => new()
        {
            TenantId = TenantId, At = At.At(), Action = Action, Actor = Actor, AppId = AppId, UserId = UserId, Target = Target, Outcome = Outcome, Origin = Origin, Detail = Detail,
        };
    }
}
