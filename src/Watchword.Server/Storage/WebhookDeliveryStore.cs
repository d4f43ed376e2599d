using System.Globalization;

namespace Watchword.Server.Storage;

/// <summary>One event on its way to one webhook.</summary>
internal sealed class WebhookDelivery
{
    public string TenantId { get; init; } = "";
    public string WebhookId { get; init; } = "";
    public string DeliveryId { get; init; } = "";

    /// <summary>The event's; the same for every webhook that gets it, and for every try.</summary>
    public string EventId { get; init; } = "";

    /// <summary>The event's name.</summary>
    public string Action { get; init; } = "";

    /// <summary>What is posted.</summary>
    public string Payload { get; init; } = "";

    /// <summary><c>queued</c>, <c>sending</c>, <c>delivered</c> or <c>failed</c>.</summary>
    public string Status { get; init; } = "queued";

    /// <summary>Tries begun, since it was last put into the queue.</summary>
    public long Tries { get; init; }
    public long CreatedAt { get; init; }

    /// <summary>While it is sent, the end of the lease, which also says whose it is; null once it has ended.</summary>
    public long? NextTryAt { get; init; }
    public long StatusAt { get; init; }

    /// <summary>The column; read <see cref="StatusHistory"/>.</summary>
    public string History { get; init; } = "";

    /// <summary>What became of each try, oldest first.</summary>
    public IReadOnlyList<StatusChange> StatusHistory => StatusChange.Read(History);
}

/// <summary>The queue between what happened and the webhooks that are told.</summary>
internal sealed class WebhookDeliveryStore(SqlSession db)
{
    private const string Columns =
        "tenant_id, webhook_id, delivery_id, event_id, action, payload, status, tries, created_at, next_try_at, status_at, history";

    public async ValueTask AddAsync(WebhookDelivery delivery) =>
        await db.ExecuteAsync(
            $"""
            INSERT INTO webhook_deliveries ({Columns})
            VALUES (@tenant, @webhook, @id, @eventId, @action, @payload, 'queued', 0, @created, @created, @created, '')
            """,
            new
            {
                tenant = delivery.TenantId,
                webhook = delivery.WebhookId,
                id = delivery.DeliveryId,
                eventId = delivery.EventId,
                action = delivery.Action,
                payload = delivery.Payload,
                created = delivery.CreatedAt,
            });

    /// <summary>
    /// Takes the delivery that has been due for longest, and counts the try that now begins. Where the process dies before it writes how the
    /// try ended, the delivery is due again when the lease ends.
    /// </summary>
    public ValueTask<WebhookDelivery?> ClaimAsync(string tenant, string webhook, DateTimeOffset now, DateTimeOffset leaseEnd) =>
        db.FirstAsync<WebhookDelivery>(
            $"""
            UPDATE webhook_deliveries SET status = 'sending', next_try_at = @leaseEnd, tries = tries + 1, status_at = @now
            WHERE (tenant_id, webhook_id, delivery_id) IN (SELECT tenant_id, webhook_id, delivery_id FROM webhook_deliveries
                WHERE tenant_id = @tenant AND webhook_id = @webhook AND next_try_at <= @now ORDER BY next_try_at LIMIT 1 {db.Dialect.SkipLocked})
            RETURNING {Columns}
            """,
            new { tenant, webhook, now = now.Ms(), leaseEnd = leaseEnd.Ms() });

    /// <summary>It arrived, whoever's it is by now: nobody needs to try again.</summary>
    public async ValueTask ArrivedAsync(WebhookDelivery delivery, StatusChange line) =>
        await db.ExecuteAsync(
            """
            UPDATE webhook_deliveries SET status = 'delivered', next_try_at = NULL, status_at = @now, history = history || @line
            WHERE tenant_id = @tenant AND webhook_id = @webhook AND delivery_id = @id
            """,
            new { tenant = delivery.TenantId, webhook = delivery.WebhookId, id = delivery.DeliveryId, now = line.At, line = line.Line() });

    /// <summary>A try failed; without a next one, so did the delivery. Nothing is written when it is no longer its taker's.</summary>
    public async ValueTask FailedAsync(WebhookDelivery delivery, DateTimeOffset? nextTryAt, StatusChange line) =>
        await db.ExecuteAsync(
            """
            UPDATE webhook_deliveries SET status = @status, next_try_at = @next, status_at = @now, history = history || @line
            WHERE tenant_id = @tenant AND webhook_id = @webhook AND delivery_id = @id AND next_try_at = @lease
            """,
            new
            {
                tenant = delivery.TenantId,
                webhook = delivery.WebhookId,
                id = delivery.DeliveryId,
                lease = delivery.NextTryAt,
                status = line.Status,
                next = nextTryAt.Ms(),
                now = line.At,
                line = line.Line(),
            });

    /// <summary>Ends what waits for a webhook, a bounded number at a time; how many it was. What is being sent ends by itself.</summary>
    public ValueTask<int> EndWaitingAsync(string tenant, string webhook, StatusChange line, int limit) =>
        db.ExecuteAsync(
            """
            UPDATE webhook_deliveries SET status = 'failed', next_try_at = NULL, status_at = @now, history = history || @line
            WHERE tenant_id = @tenant AND webhook_id = @webhook AND next_try_at IS NOT NULL AND delivery_id IN
                (SELECT delivery_id FROM webhook_deliveries
                WHERE tenant_id = @tenant AND webhook_id = @webhook AND next_try_at IS NOT NULL AND status = 'queued' LIMIT @limit)
            """,
            new { tenant, webhook, now = line.At, line = line.Line(), limit = (long)limit });

    /// <summary>Drops all there is of a webhook, a bounded number at a time; how many it was.</summary>
    public ValueTask<int> DropAsync(string tenant, string webhook, int limit) =>
        db.ExecuteAsync(
            """
            DELETE FROM webhook_deliveries WHERE tenant_id = @tenant AND webhook_id = @webhook AND delivery_id IN
                (SELECT delivery_id FROM webhook_deliveries WHERE tenant_id = @tenant AND webhook_id = @webhook LIMIT @limit)
            """,
            new { tenant, webhook, limit = (long)limit });

    public ValueTask<WebhookDelivery?> FindAsync(string tenant, string webhook, string id) =>
        db.FirstAsync<WebhookDelivery>(
            $"SELECT {Columns} FROM webhook_deliveries WHERE tenant_id = @tenant AND webhook_id = @webhook AND delivery_id = @id", new { tenant, webhook, id });

    /// <summary>The newest first; <paramref name="before"/> is the last one of the page before.</summary>
    public async ValueTask<IReadOnlyList<WebhookDelivery>> ReadAsync(string tenant, string webhook, string? status, string? before, int limit) =>
        await db.AllAsync<WebhookDelivery>(
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                SELECT {Columns} FROM webhook_deliveries WHERE tenant_id = @tenant AND webhook_id = @webhook
                {(status is null ? "" : "AND status = @status")} {(before is null ? "" : "AND delivery_id < @before")} ORDER BY delivery_id DESC LIMIT @limit
                """),
            new { tenant, webhook, status, before, limit = (long)limit });

    /// <summary>Puts it at the beginning of its way again; false while it is being sent, or when there is none.</summary>
    public async ValueTask<bool> RetryAsync(string tenant, string webhook, string id, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            UPDATE webhook_deliveries SET status = 'queued', tries = 0, next_try_at = @now, status_at = @now
            WHERE tenant_id = @tenant AND webhook_id = @webhook AND delivery_id = @id AND (status <> 'sending' OR next_try_at <= @now)
            """,
            new { tenant, webhook, id, now = now.Ms() }) > 0;
}
