using Watchword.Core;
using Watchword.Core.Otp;

namespace Watchword.Server.Storage;

/// <summary>The durable queue between an acknowledged send and its provider.</summary>
internal sealed class OutboxStore(SqlSession db)
{
    public async ValueTask AddAsync(OutboxMessage message) =>
        await db.ExecuteAsync(
            """
            INSERT INTO outbox (tenant_id, message_id, app_id, user_id, channel, status, body, masked_destination, region, sender_note, segments,
                created_at, expires_at, next_try_at, tries, status_at)
            VALUES (@tenant, @id, @app, @user, @channel, @status, @body, @masked, @region, @note, @segments, @created, @expires, @created, 0, @created)
            """,
            new
            {
                tenant = message.TenantId,
                id = message.MessageId,
                app = message.AppId,
                user = message.UserId,
                channel = message.Channel.Wire(),
                status = message.Suppressed ? "suppressed" : message.Test ? "test" : "queued",
                body = message.Suppressed || message.Test ? "" : message.Body,
                masked = message.MaskedDestination,
                region = message.Region,
                note = message.SenderNote,
                segments = (long)message.Segments,
                created = message.CreatedAt.Ms(),
                expires = message.ExpiresAt.Ms(),
            });

    /// <summary>
    /// Finds tries whose taker is gone: their lease is over and no end of them was written. Nobody knows whether the provider took those
    /// messages; they wait again, one unknown try richer.
    /// </summary>
    public async ValueTask<IReadOnlyList<LostTry>> RecoverAsync(int limit, DateTimeOffset now)
    {
        const string Reason = "The server stopped while the message was handed over; the provider may have taken it.";
        return await db.AllAsync<LostTry>(
            $"""
            UPDATE outbox SET status = 'queued', unknown_tries = unknown_tries + 1, fault = @reason, history = history || @line, status_at = @now
            WHERE (tenant_id, message_id) IN (SELECT tenant_id, message_id FROM outbox WHERE status = 'sending' AND next_try_at <= @now
                ORDER BY next_try_at LIMIT @limit {db.Dialect.SkipLocked})
            RETURNING tenant_id, provider_id, region
            """,
            new { limit = (long)limit, now = now.Ms(), reason = Reason, line = new StatusChange(now.Ms(), "queued") { Reason = Reason }.Line() });
    }

    /// <summary>
    /// Takes the messages that have been due for longest. No try is counted yet: until one begins, whoever takes them next knows that
    /// nothing was handed over.
    /// </summary>
    public async ValueTask<IReadOnlyList<OutboxMessage>> ClaimAsync(int limit, DateTimeOffset now, DateTimeOffset leaseEnd)
    {
        var rows = await db.AllAsync<OutboxRow>(
            $"""
            UPDATE outbox SET next_try_at = @leaseEnd, claims = claims + 1
            WHERE (tenant_id, message_id) IN (SELECT tenant_id, message_id FROM outbox WHERE status = 'queued' AND next_try_at <= @now
                ORDER BY next_try_at LIMIT @limit {db.Dialect.SkipLocked})
            RETURNING tenant_id, message_id, app_id, user_id, channel, body, masked_destination, region, sender_note, segments, created_at, expires_at,
                next_try_at, claims, tries, unknown_tries, provider_id
            """,
            new { limit = (long)limit, now = now.Ms(), leaseEnd = leaseEnd.Ms() });
        return [.. rows.Select(r => r.ToMessage()).OrderBy(m => m.CreatedAt)];
    }

    /// <summary>
    /// Writes what became of a message that was taken. False, and nothing is written, when it is no longer the taker's: its lease was over and
    /// someone else took it, a receipt settled it, or its user is gone. An acceptance is then told to <see cref="AcceptLateAsync"/>.
    /// </summary>
    public async ValueTask<bool> ChangeAsync(OutboxChange change) =>
        await db.ExecuteAsync(
            """
            UPDATE outbox SET status = @status, body = CASE WHEN @over = 1 THEN NULL ELSE body END, next_try_at = @next, tries = @tries,
                unknown_tries = @unknown, provider_id = COALESCE(@providerId, provider_id), provider = COALESCE(@provider, provider),
                provider_message_id = COALESCE(@reference, provider_message_id), cost = COALESCE(@cost, cost), fault = @fault,
                sender_note = COALESCE(sender_note, @note), history = history || @history, status_at = @now
            WHERE tenant_id = @tenant AND message_id = @id AND next_try_at = @lease AND status IN ('queued', 'sending')
            """,
            new
            {
                tenant = change.Message.TenantId,
                id = change.Message.MessageId,
                lease = change.Message.LeaseEnd.Ms(),
                status = change.Status,
                over = change.IsEnd ? 1L : 0L,
                next = change.NextTryAt.Ms(),
                tries = (long)change.Tries,
                unknown = (long)change.UnknownTries,
                providerId = change.ProviderId,
                provider = change.Provider,
                reference = change.ProviderMessageId,
                cost = change.Cost,
                fault = change.Fault,
                note = change.SenderNote,
                history = Lines(change),
                now = change.Now.Ms(),
            }) > 0;

    /// <summary>How a message stands, and stays until the end of the write unless that changes it; null: no such message.</summary>
    public ValueTask<MessageState?> HoldAsync(string tenant, string id) =>
        db.FirstAsync<MessageState>(
            $"""
            SELECT app_id, user_id, channel, status, provider_id, region, tries, cost, claims, created_at FROM outbox
            WHERE tenant_id = @tenant AND message_id = @id {db.Dialect.ForUpdate}
            """,
            new { tenant, id });

    /// <summary>
    /// Moves a message that is held on as a receipt says. Nobody tries it again. The price is the provider's for one segment, and counts only where
    /// nobody had said yes before.
    /// </summary>
    public async ValueTask SettleAsync(
        string tenant, string id, string toStatus, string providerId, string provider, string? reference, long? price, StatusChange line, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            UPDATE outbox SET status = @toStatus, body = NULL, fault = @fault, status_at = @now, history = history || @line,
                cost = COALESCE(cost, segments * @price), provider_id = @providerId, provider = @provider,
                provider_message_id = COALESCE(@reference, CASE WHEN provider_id = @providerId THEN provider_message_id END)
            WHERE tenant_id = @tenant AND message_id = @id
            """,
            new { tenant, id, toStatus, providerId, provider, reference, price, fault = line.Reason, line = line.Line(), now = now.Ms() });

    public async ValueTask<OutboxDepth> DepthAsync() =>
        (await db.FirstAsync<OutboxDepth>(
            """
            SELECT COUNT(*) AS messages, MIN(created_at) AS oldest_created_at FROM
                (SELECT created_at FROM outbox WHERE status = 'queued' UNION ALL SELECT created_at FROM outbox WHERE status = 'sending') AS waiting
            """))!;

    /// <summary>
    /// How long one tenant's queue is, seen among the first that wait of all tenants' (<see cref="MostSeen"/>): whoever looks every few seconds must not
    /// count a million.
    /// </summary>
    public async ValueTask<OutboxDepth> DepthAsync(string tenant)
    {
        var seen = await db.FirstAsync<SeenRow>(
            $"""
            SELECT COUNT(*) AS messages, MIN(message_id) AS oldest FROM
                (SELECT tenant_id, message_id FROM (SELECT tenant_id, message_id FROM outbox {db.Dialect.By("outbox_due")} WHERE status = 'queued' ORDER BY next_try_at LIMIT @most) AS due
                UNION ALL SELECT tenant_id, message_id FROM outbox {db.Dialect.By("outbox_sending")} WHERE status = 'sending') AS waiting
            WHERE tenant_id = @tenant
            """,
            new { tenant, most = MostSeen });
        return new OutboxDepth(seen!.Messages, seen.Oldest is { } id ? Ids.TimeOf(id).Ms() : null);
    }

    /// <summary>When the next message is due, or null when none waits.</summary>
    public async ValueTask<DateTimeOffset?> NextDueAsync() =>
        (await db.FirstAsync<long?>(
            """
            SELECT MIN(due) FROM (SELECT MIN(next_try_at) AS due FROM outbox WHERE status = 'queued'
                UNION ALL SELECT MIN(next_try_at) FROM outbox WHERE status = 'sending') AS waiting
            """)).At();

    /// <summary>
    /// A yes that comes when the message is no longer its taker's: a receipt was faster, or the taker slept through its lease. It is kept in
    /// any case, so that nobody sends again, and what it costs is added.
    /// </summary>
    public async ValueTask AcceptLateAsync(OutboxChange change) =>
        await db.ExecuteAsync(
            """
            UPDATE outbox SET status = CASE WHEN status IN ('delivered', 'undelivered') THEN status ELSE 'sent' END, body = NULL, tries = @tries,
                cost = CASE WHEN provider_id = @providerId AND cost IS NOT NULL THEN cost ELSE COALESCE(cost, 0) + COALESCE(@cost, 0) END,
                provider_id = COALESCE(provider_id, @providerId), provider = COALESCE(provider, @provider),
                provider_message_id = COALESCE(provider_message_id, CASE WHEN provider_id = @providerId THEN @reference END), history = history || @history
            WHERE tenant_id = @tenant AND message_id = @id
            """,
            new
            {
                tenant = change.Message.TenantId,
                id = change.Message.MessageId,
                tries = (long)change.Tries,
                cost = change.Cost,
                providerId = change.ProviderId,
                provider = change.Provider,
                reference = change.ProviderMessageId,
                history = Lines(change),
            });

    /// <summary>Messages in a queue that are looked at.</summary>
    public const long MostSeen = 20_000;

    private static string Lines(OutboxChange change) => string.Concat(change.History.Select(line => line.Line()));

    private sealed class SeenRow
    {
        public long Messages { get; init; }
        public string? Oldest { get; init; }
    }

    private sealed class OutboxRow
    {
        public string TenantId { get; init; } = "";
        public string MessageId { get; init; } = "";
        public string AppId { get; init; } = "";
        public string UserId { get; init; } = "";
        public string Channel { get; init; } = "";
        public string Body { get; init; } = "";
        public string MaskedDestination { get; init; } = "";
        public string Region { get; init; } = "";
        public string? SenderNote { get; init; }
        public long Segments { get; init; }
        public long CreatedAt { get; init; }
        public long ExpiresAt { get; init; }
        public long NextTryAt { get; init; }
        public long Claims { get; init; }
        public long Tries { get; init; }
        public long UnknownTries { get; init; }
        public string? ProviderId { get; init; }

        public OutboxMessage ToMessage() => new()
        {
            TenantId = TenantId,
            MessageId = MessageId,
            AppId = AppId,
            UserId = UserId,
            Channel = OtpChannelNames.FromWire(Channel)!.Value,
            Body = Body,
            MaskedDestination = MaskedDestination,
            Region = Region,
            SenderNote = SenderNote,
            Segments = (int)Segments,
            CreatedAt = CreatedAt.At(),
            ExpiresAt = ExpiresAt.At(),
            Claims = (int)Claims,
            Tries = (int)Tries,
            UnknownTries = (int)UnknownTries,
            ProviderId = ProviderId,
            LeaseEnd = NextTryAt.At(),
        };
    }
}
