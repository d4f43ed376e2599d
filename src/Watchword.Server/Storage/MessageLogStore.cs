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
    public string? Status { get; init; }
    public string? ProviderId { get; init; }
    public string? Region { get; init; }

    /// <summary>Taken in at or after.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Taken in before.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The last message of the page before.</summary>
    public string? Before { get; init; }
}

/// <summary>Reads what became of messages.</summary>
internal sealed class MessageLogStore(SqlSession db)
{
    private const string Columns =
        "message_id, app_id, user_id, channel, status, masked_destination, region, sender_note, segments, created_at, expires_at, status_at, tries, "
        + "unknown_tries, provider_id, provider, provider_message_id, cost, fault, history";

    /// <summary>One message, or null.</summary>
    public ValueTask<LoggedMessage?> FindAsync(string tenant, string id) =>
        db.FirstAsync<LoggedMessage>($"SELECT {Columns} FROM outbox WHERE tenant_id = @tenant AND message_id = @id", new { tenant, id });

    /// <summary>The newest first. Ids are ordered by time, so times are bounds of the key, and a page begins where the last one ended.</summary>
    public async ValueTask<IReadOnlyList<LoggedMessage>> ReadAsync(string tenant, MessageLogQuery query, int limit)
    {
        var parameters = new Dictionary<string, object?> { ["@tenant"] = tenant, ["@limit"] = (long)limit };
        var where = "tenant_id = @tenant";
        Add("app_id = @app", "@app", query.AppId);
        Add("user_id = @user", "@user", query.UserId);
        Add("status = @status", "@status", query.Status);
        Add("provider_id = @provider", "@provider", query.ProviderId);
        Add("region = @region", "@region", query.Region);
        Add("message_id >= @since", "@since", query.Since is { } since ? Ids.FirstAt(since) : null);
        Add("message_id < @until", "@until", query.Until is { } until ? Ids.FirstAt(until) : null);
        Add("message_id < @before", "@before", query.Before);
        return await db.AllAsync<LoggedMessage>($"SELECT {Columns} FROM outbox WHERE {where} ORDER BY message_id DESC LIMIT @limit", parameters);

        void Add(string condition, string name, string? value)
        {
            if (value is null)
                return;
            where += " AND " + condition;
            parameters.Add(name, value);
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
