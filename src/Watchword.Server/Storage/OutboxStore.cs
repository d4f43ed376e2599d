using Watchword.Core.Otp;

namespace Watchword.Server.Storage;

/// <summary>A message waiting for, or on, its way.</summary>
internal sealed record OutboxMessage
{
    public required string TenantId { get; init; }
    public required string MessageId { get; init; }
    public required string AppId { get; init; }
    public required string UserId { get; init; }
    public required OtpChannel Channel { get; init; }

    /// <summary>Destination, sender and text, sealed.</summary>
    public required string Body { get; init; }
    public required string MaskedDestination { get; init; }

    /// <summary>ISO 3166 region of the number, <c>ZZ</c> when it has none.</summary>
    public required string Region { get; init; }

    /// <summary>What was done about the sender, when not what was asked.</summary>
    public string? SenderNote { get; init; }

    /// <summary>SMS segments of the text.</summary>
    public required int Segments { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its code dies; sending it later would be useless.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Tries begun, this one included.</summary>
    public int Tries { get; init; }

    /// <summary>It is for a user that does not exist and was only recorded, so that its send costs what any other does.</summary>
    public bool Suppressed { get; init; }

    /// <summary>It is for a test number: recorded, without a body, and never sent.</summary>
    public bool Test { get; init; }
}

/// <summary>How long the queue is.</summary>
internal sealed record OutboxDepth(long Messages, long? OldestCreatedAt);

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
    /// Takes the oldest messages that are due and counts their try before it is made. A message whose taker dies is due again at the end
    /// of the lease.
    /// </summary>
    public async ValueTask<IReadOnlyList<OutboxMessage>> ClaimAsync(int limit, DateTimeOffset now, DateTimeOffset leaseEnd)
    {
        var rows = await db.AllAsync<OutboxRow>(
            $"""
            UPDATE outbox SET status = 'sending', tries = tries + 1, next_try_at = @leaseEnd, status_at = @now
            WHERE (tenant_id, message_id) IN (SELECT tenant_id, message_id FROM outbox WHERE status IN ('queued', 'sending') AND next_try_at <= @now
                ORDER BY next_try_at LIMIT @limit {db.Dialect.SkipLocked})
            RETURNING tenant_id, message_id, app_id, user_id, channel, body, masked_destination, region, sender_note, segments, created_at, expires_at, tries
            """,
            new { limit = (long)limit, now = now.Ms(), leaseEnd = leaseEnd.Ms() });
        return [.. rows.Select(r => r.ToMessage()).OrderBy(m => m.CreatedAt)];
    }

    /// <summary>The end of a message's way: sent, failed or expired. Its body is erased.</summary>
    public async ValueTask FinishAsync(OutboxMessage message, string status, string? provider, string? fault, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            UPDATE outbox SET status = @status, body = NULL, provider = @provider, fault = @fault, status_at = @now
            WHERE tenant_id = @tenant AND message_id = @id
            """,
            new { tenant = message.TenantId, id = message.MessageId, status, provider, fault, now = now.Ms() });

    /// <summary>Puts a message back, to be tried again later.</summary>
    public async ValueTask PutBackAsync(OutboxMessage message, DateTimeOffset nextTry, string fault, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            UPDATE outbox SET status = 'queued', next_try_at = @next, fault = @fault, status_at = @now
            WHERE tenant_id = @tenant AND message_id = @id
            """,
            new { tenant = message.TenantId, id = message.MessageId, next = nextTry.Ms(), fault, now = now.Ms() });

    public async ValueTask<OutboxDepth> DepthAsync() =>
        (await db.FirstAsync<OutboxDepth>(
            "SELECT COUNT(*) AS messages, MIN(created_at) AS oldest_created_at FROM outbox WHERE status IN ('queued', 'sending')"))!;

    /// <summary>When the next message is due, or null when none waits.</summary>
    public async ValueTask<DateTimeOffset?> NextDueAsync() =>
        (await db.FirstAsync<long?>("SELECT MIN(next_try_at) FROM outbox WHERE status IN ('queued', 'sending')")).At();

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
        public long Tries { get; init; }

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
            Tries = (int)Tries,
        };
    }
}
