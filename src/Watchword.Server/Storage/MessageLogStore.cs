using Watchword.Core;

namespace Watchword.Server.Storage;

/// <summary>A message as an administrator sees it: never its text, never the whole number.</summary>
internal sealed class LoggedMessage
{
    public string MessageId { get; init; } = "";
    public string AppId { get; init; } = "";
    public string UserId { get; init; } = "";
    public string Channel { get; init; } = "";
    public string Status { get; init; } = "";
    public string MaskedDestination { get; init; } = "";
    public string Region { get; init; } = "";
    public string? SenderNote { get; init; }
    public long Segments { get; init; }
    public long CreatedAt { get; init; }
    public long ExpiresAt { get; init; }
    public long StatusAt { get; init; }
    public long Tries { get; init; }
    public long UnknownTries { get; init; }
    public string? ProviderId { get; init; }

    /// <summary>The provider's name when the message went to it.</summary>
    public string? Provider { get; init; }
    public string? ProviderMessageId { get; init; }

    /// <summary>Millionths of the tenant's currency, all segments; null: unknown.</summary>
    public long? Cost { get; init; }

    /// <summary>What was last wrong, in our words.</summary>
    public string? Fault { get; init; }

    /// <summary>The column; read <see cref="StatusHistory"/>.</summary>
    public string History { get; init; } = "";

    /// <summary>The route of the last try; null: none took it, or it was not tried.</summary>
    public string? Route => StatusHistory.LastOrDefault(line => line.Status == "sending")?.Route;

    /// <summary>What became of it, oldest first, from the moment it was taken in.</summary>
    public IReadOnlyList<StatusChange> StatusHistory =>
        [new StatusChange(CreatedAt, History.Length == 0 ? Status : "queued"), .. StatusChange.Read(History)];
}

/// <summary>Which messages of a tenant are looked for; what is null does not matter.</summary>
internal sealed record MessageLogQuery
{
    public string? AppId { get; init; }
    public string? UserId { get; init; }
    public string? Channel { get; init; }
    public string? Status { get; init; }
    public string? ProviderId { get; init; }
    public string? Region { get; init; }

    /// <summary>Taken in at or after.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Taken in before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Older than this message: where the page before ended.</summary>
    public string? Before { get; init; }
}

/// <summary>Some messages, newest first.</summary>
/// <param name="Messages">Those found; perhaps none, though there are more.</param>
/// <param name="NextBefore">From where to look on, as <see cref="MessageLogQuery.Before"/>; null: there are no more.</param>
internal sealed record MessagePage(IReadOnlyList<LoggedMessage> Messages, string? NextBefore);

/// <summary>Reads what became of messages.</summary>
internal sealed class MessageLogStore(SqlSession db)
{
    /// <summary>So many messages are looked at for one page: where few match, the caller gets what there is and looks on.</summary>
    public int MostWalked { get; init; } = 50_000;

    /// <summary>And so many by way of an index, each of which is a place of its own.</summary>
    public int MostFetched { get; init; } = 5_000;

    private const string Columns =
        "message_id, app_id, user_id, channel, status, masked_destination, region, sender_note, segments, created_at, expires_at, status_at, tries, "
        + "unknown_tries, provider_id, provider, provider_message_id, cost, fault, history";

    /// <summary>What the index of lost messages holds; it is used only where a statement says the same words.</summary>
    private const string Lost = "status IN ('failed', 'expired', 'undelivered')";

    /// <summary>One message, or null.</summary>
    public ValueTask<LoggedMessage?> FindAsync(string tenant, string id) =>
        db.FirstAsync<LoggedMessage>($"SELECT {Columns} FROM outbox WHERE tenant_id = @tenant AND message_id = @id", new { tenant, id });

    /// <summary>Those of these that there are, newest first.</summary>
    public async ValueTask<IReadOnlyList<LoggedMessage>> FindAsync(string tenant, IReadOnlyCollection<string> ids)
    {
        var parameters = new Dictionary<string, object?>(StringComparer.Ordinal) { ["@tenant"] = tenant };
        foreach (var id in ids)
            parameters.Add($"@id{parameters.Count}", id);
        return ids.Count == 0 ? [] : await db.AllAsync<LoggedMessage>(
            $"SELECT {Columns} FROM outbox WHERE tenant_id = @tenant AND message_id IN ({string.Join(", ", parameters.Keys.Skip(1))}) ORDER BY message_id DESC", parameters);
    }

    /// <summary>A page, newest first. Ids are ordered by time, so times are bounds of the key, and a page begins where the last one ended.</summary>
    public async ValueTask<MessagePage> ReadAsync(string tenant, MessageLogQuery query, int limit)
    {
        var filter = new Filter(tenant, query);
        var floor = await FloorAsync(filter);
        var found = await db.AllAsync<LoggedMessage>(
            $"SELECT {Columns} FROM {From(filter)} WHERE {filter.Way}{filter.Rest} ORDER BY message_id DESC LIMIT @limit", filter.With(floor ?? filter.First, limit + 1));
        return found.Count > limit ? new MessagePage(found[..limit], found[limit - 1].MessageId) : new MessagePage(found, floor);
    }

    /// <summary>How far back one page looks; null: to the end.</summary>
    private async ValueTask<string?> FloorAsync(Filter filter) =>
        // With nothing else to ask, every message that is looked at is one that is found.
        filter.Rest.Length == 0 ? null : await db.FirstAsync<string>(
            $"SELECT message_id FROM {From(filter)} WHERE {filter.Way} ORDER BY message_id DESC LIMIT 1 OFFSET @limit",
            filter.With(filter.First, filter.Index is null ? MostWalked : MostFetched));

    private string From(Filter filter) => filter.Index is { } index ? $"outbox {db.Dialect.By(index)}" : "outbox";

    /// <summary>A query as SQL: what the key or an index finds, in order, and what is left to look at.</summary>
    private sealed class Filter
    {
        /// <summary>Greater than any id: those are hex digits.</summary>
        private const string AfterAll = "~";

        private readonly Dictionary<string, object?> _parameters = new(StringComparer.Ordinal);

        public Filter(string tenant, MessageLogQuery query)
        {
            Way = $"tenant_id = {Parameter("@tenant", tenant)}";
            var lost = query.UserId is null && query.Status is "failed" or "expired" or "undelivered";
            if (query.UserId is not null)
                (Index, Way) = ("outbox_by_user", $"{Way} AND user_id = {Parameter("@user", query.UserId)}");
            else if (lost)
                (Index, Way) = ("outbox_lost", $"{Way} AND status = {Parameter("@status", query.Status!)} AND {Lost}");
            // One bound on either side: of two SQLite takes one for the walk, and walks on past the other.
            Way += $" AND message_id >= @first AND message_id < {Parameter("@before", Sooner(query.Before, query.Until is { } until ? Ids.FirstAt(until) : null))}";
            First = query.Since is { } since ? Ids.FirstAt(since) : "";
            Rest += query.Status is null || lost ? "" : $" AND status = {Parameter("@status", query.Status)}";
            Rest += query.AppId is null ? "" : $" AND app_id = {Parameter("@app", query.AppId)}";
            Rest += query.Channel is null ? "" : $" AND channel = {Parameter("@channel", query.Channel)}";
            Rest += query.ProviderId is null ? "" : $" AND provider_id = {Parameter("@provider", query.ProviderId)}";
            Rest += query.Region is null ? "" : $" AND region = {Parameter("@region", query.Region)}";
        }

        /// <summary>What the key or an index finds.</summary>
        public string Way { get; }

        /// <summary>The other conditions, each with its AND.</summary>
        public string Rest { get; } = "";

        /// <summary>The index for the way; null: the key.</summary>
        public string? Index { get; }

        /// <summary>Before all ids that are looked for.</summary>
        public string First { get; }

        /// <param name="first">Where the walk ends.</param>
        /// <param name="limit">How many rows are asked for, or passed over.</param>
        public Dictionary<string, object?> With(string first, long limit) => new(_parameters, StringComparer.Ordinal) { ["@first"] = first, ["@limit"] = limit };

        private static string Sooner(string? one, string? other) => one is null || (other is not null && string.CompareOrdinal(other, one) < 0) ? other ?? AfterAll : one;

        private string Parameter(string name, string value)
        {
            _parameters.Add(name, value);
            return name;
        }
    }

    /// <summary>Messages taken in before an instant that wait no longer, oldest first, from one on. No index is needed: ids are ordered by time.</summary>
    public async ValueTask<IReadOnlyList<string>> OldAsync(string tenant, string after, DateTimeOffset before, int limit) =>
        await db.AllAsync<string>(
            """
            SELECT message_id FROM outbox WHERE tenant_id = @tenant AND message_id > @after AND message_id < @until AND status NOT IN ('queued', 'sending')
            ORDER BY message_id LIMIT @limit
            """,
            new { tenant, after, until = Ids.FirstAt(before), limit = (long)limit });

    /// <summary>Forgets the messages of a stretch, first and last included, but none that is still on its way.</summary>
    public async ValueTask PruneAsync(string tenant, string first, string last) =>
        await db.ExecuteAsync(
            "DELETE FROM outbox WHERE tenant_id = @tenant AND message_id >= @first AND message_id <= @last AND status NOT IN ('queued', 'sending')",
            new { tenant, first, last });
}
