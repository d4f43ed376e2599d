using Watchword.Core.Audit;

namespace Watchword.Server.Storage;

/// <summary>An entry of the audit log as it is kept.</summary>
internal sealed class LoggedEvent
{
    public long Sequence { get; init; }
    public long At { get; init; }
    public string Action { get; init; } = "";
    public string Actor { get; init; } = "";
    public string AppId { get; init; } = "";
    public string UserId { get; init; } = "";
    public string Target { get; init; } = "";
    public string Outcome { get; init; } = "";
    public string? Origin { get; init; }
    public byte[] OriginMac { get; init; } = [];
    public string Detail { get; init; } = "";
    public byte[] Mac { get; init; } = [];

    /// <summary>The column as an instant; the nearest there is where somebody has tampered with it, for that must not keep others from reading.</summary>
    public DateTimeOffset Instant => Math.Clamp(At, DateTimeOffset.MinValue.Ms(), DateTimeOffset.MaxValue.Ms()).At();

    public AuditEvent ToEvent(string tenant) => new()
    {
        TenantId = tenant, At = Instant, Action = Action, Actor = Actor, AppId = AppId, UserId = UserId, Target = Target, Outcome = Outcome, Origin = Origin, Detail = Detail,
    };
}

/// <summary>Which entries of a tenant are looked for; what is null does not matter.</summary>
internal sealed record AuditLogQuery
{
    public string? UserId { get; init; }
    public string? AppId { get; init; }

    /// <summary>Any of these.</summary>
    public IReadOnlyList<string>? Actions { get; init; }
    public string? Actor { get; init; }

    /// <summary>An outcome, or <see cref="Refused"/>.</summary>
    public string? Outcome { get; init; }

    /// <summary>At or after.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Older than this entry.</summary>
    public long? Before { get; init; }

    /// <summary>Any outcome but <see cref="AuditEvent.Ok"/>.</summary>
    public const string Refused = "refused";
}

/// <summary>Some entries, newest first.</summary>
/// <param name="Entries">Those found; perhaps none, though there are more.</param>
/// <param name="NextBefore">From where to look on, as <see cref="AuditLogQuery.Before"/>; null: there are no more.</param>
internal sealed record AuditPage(IReadOnlyList<LoggedEvent> Entries, long? NextBefore);

/// <summary>Reads the audit log.</summary>
internal sealed class AuditLogStore(SqlSession db)
{
    /// <summary>So many entries are looked at for one page: where few match, the caller gets what there is and looks on.</summary>
    public const int MostWalked = 50_000;

    /// <summary>
    /// Entries are nearly in the order of their times: several nodes move events at once, each with a clock of its own. By so much they may
    /// be out of order, and a time is still found.
    /// </summary>
    private const long SlackMs = 120_000;

    private const string Columns = "sequence, at, action, actor, app_id, user_id, target, outcome, origin, origin_mac, detail, mac";

    /// <summary>What most entries tell of. The index by action leaves these out, and is used only where a statement says the same words.</summary>
    private const string NotCommon = "action NOT IN ('user.logged_in', 'otp.failed')";

    private static readonly string[] Common = [AuditAction.UserLoggedIn, AuditAction.OtpFailed];

    /// <summary>One entry, or null.</summary>
    public ValueTask<LoggedEvent?> FindAsync(string tenant, long sequence) =>
        db.FirstAsync<LoggedEvent>($"SELECT {Columns} FROM audit WHERE tenant_id = @tenant AND sequence = @sequence", new { tenant, sequence });

    /// <summary>Entries in their order, from one on to another; for whoever checks them.</summary>
    public async ValueTask<IReadOnlyList<LoggedEvent>> WalkAsync(string tenant, long after, long last, int limit) =>
        await db.AllAsync<LoggedEvent>(
            $"SELECT {Columns} FROM audit WHERE tenant_id = @tenant AND sequence > @after AND sequence <= @last ORDER BY sequence LIMIT @limit",
            new { tenant, after, last, limit = (long)limit });

    /// <summary>The first entry that stands after the head, or null; one statement, since the chain may be growing.</summary>
    public ValueTask<long?> AfterHeadAsync(string tenant) =>
        db.FirstAsync<long?>(
            """
            SELECT sequence FROM audit WHERE tenant_id = @tenant AND sequence > COALESCE((SELECT sequence FROM audit_heads WHERE tenant_id = @tenant), 0)
            ORDER BY sequence LIMIT 1
            """,
            new { tenant });

    /// <summary>Whether a user was deleted, by the log or by what waits to be moved there; one statement, since it may be moved meanwhile.</summary>
    public async ValueTask<bool> WasDeletedAsync(string tenant, string user) =>
        await db.FirstAsync<long?>(
            $"""
            SELECT sequence FROM audit {db.Dialect.By("audit_by_user")} WHERE tenant_id = @tenant AND user_id = @user AND user_id <> '' AND action = '{AuditAction.UserDeleted}'
            UNION ALL
            SELECT event_id FROM events WHERE tenant_id = @tenant AND user_id = @user AND action = '{AuditAction.UserDeleted}'
            """,
            new { tenant, user }) is not null;

    /// <summary>A page, newest first.</summary>
    public async ValueTask<AuditPage> ReadAsync(string tenant, AuditLogQuery query, int limit)
    {
        if (await new AuditStore(db).EndsAsync(tenant) is not { } ends)
            return new AuditPage([], null);
        var before = Math.Min(query.Before ?? long.MaxValue, ends.Sequence + 1);
        var first = Math.Min(ends.PrunedSequence + 1, before);
        if (query.From is { } from)
            first = await FirstSinceAsync(tenant, from.Ms() - SlackMs, first, before);
        if (query.To is { } to)
            before = await FirstSinceAsync(tenant, to.Ms() + SlackMs, first, before);
        if (first >= before)
            return new AuditPage([], null);

        var filter = new Filter(tenant, query);
        var floor = filter.Index is not null ? await FloorAsync(filter, first, before) : Math.Max(first, before - MostWalked);
        var found = await db.AllAsync<LoggedEvent>(
            $"SELECT {Columns} FROM {From(filter)} WHERE {filter.Way}{filter.Rest} AND sequence >= @first AND sequence < @before ORDER BY sequence DESC LIMIT @limit",
            filter.With(floor, before, limit + 1));
        return found.Count > limit
            ? new AuditPage(found[..limit], found[limit - 1].Sequence)
            : new AuditPage(found, floor > first ? floor : null);
    }

    /// <summary>How far back the index leads within what may be walked.</summary>
    private async ValueTask<long> FloorAsync(Filter filter, long first, long before)
    {
        // With one place of the index and nothing else, every entry that is looked at is one that is found.
        if (filter is { Rest.Length: 0, InOrder: true })
            return first;
        var last = await db.FirstAsync<long?>(
            $"SELECT sequence FROM {From(filter)} WHERE {filter.Way} AND sequence >= @first AND sequence < @before ORDER BY sequence DESC LIMIT 1 OFFSET @limit",
            filter.With(first, before, MostWalked / 10));
        return last ?? first;
    }

    private string From(Filter filter) => filter.Index is { } index ? $"audit {db.Dialect.By(index)}" : "audit";

    /// <summary>The first entry that is not older, found by halving; the end of the range when all are.</summary>
    private async ValueTask<long> FirstSinceAsync(string tenant, long instant, long first, long end)
    {
        while (first < end)
        {
            var middle = first + ((end - first) / 2);
            var at = await db.FirstAsync<long?>(
                "SELECT at FROM audit WHERE tenant_id = @tenant AND sequence >= @middle AND sequence < @end ORDER BY sequence LIMIT 1", new { tenant, middle, end });
            if (at is null || at >= instant)
                end = middle;
            else
                first = middle + 1;
        }
        return first;
    }

    /// <summary>A query as SQL: what an index finds, and what is left to look at.</summary>
    private sealed class Filter
    {
        private readonly Dictionary<string, object?> _parameters = new(StringComparer.Ordinal);

        public Filter(string tenant, AuditLogQuery query)
        {
            _parameters["@tenant"] = tenant;
            var actions = query.Actions is null ? null : $"action IN ({string.Join(", ", query.Actions.Select((a, i) => Parameter($"@action{i}", a)))})";
            var rare = query.UserId is null && query.Actions?.Any(Common.Contains) == false;
            if (query.UserId is not null)
                (Index, Way) = ("audit_by_user", $"{Way} AND user_id = {Parameter("@user", query.UserId)} AND user_id <> ''");
            else if (rare)
                (Index, Way, InOrder) = ("audit_by_action", $"{Way} AND {actions} AND {NotCommon}", query.Actions!.Count == 1);
            if (actions is not null && !rare)
                Rest += $" AND {actions}";
            Rest += query.AppId is null ? "" : $" AND app_id = {Parameter("@app", query.AppId)}";
            Rest += query.Actor is null ? "" : $" AND actor = {Parameter("@actor", query.Actor)}";
            Rest += query.Outcome switch
            {
                null => "",
                AuditLogQuery.Refused => $" AND outcome <> '{AuditEvent.Ok}'",
                _ => $" AND outcome = {Parameter("@outcome", query.Outcome)}",
            };
            Rest += query.From is { } from ? $" AND at >= {Parameter("@from", from.Ms())}" : "";
            Rest += query.To is { } to ? $" AND at < {Parameter("@to", to.Ms())}" : "";
        }

        /// <summary>What the key or an index finds.</summary>
        public string Way { get; } = "tenant_id = @tenant";

        /// <summary>The other conditions, each with its AND.</summary>
        public string Rest { get; } = "";

        /// <summary>The index for the way; null: all entries are walked.</summary>
        public string? Index { get; }

        /// <summary>Whether what is found that way is in order, and needs no sorting.</summary>
        public bool InOrder { get; } = true;

        public Dictionary<string, object?> With(long first, long before, long limit) =>
            new(_parameters, StringComparer.Ordinal) { ["@first"] = first, ["@before"] = before, ["@limit"] = limit };

        private string Parameter(string name, object value)
        {
            _parameters.Add(name, value);
            return name;
        }
    }
}
