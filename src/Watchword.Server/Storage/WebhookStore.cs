namespace Watchword.Server.Storage;

/// <summary>An address of a tenant's that is told what happens.</summary>
internal sealed record Webhook
{
    public required string TenantId { get; init; }
    public required string WebhookId { get; init; }
    public required string Uri { get; init; }

    /// <summary>The names of the events that it gets.</summary>
    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>API key and signing secrets, sealed.</summary>
    public required string Secrets { get; init; }
    public bool Enabled { get; init; } = true;

    /// <summary>What is wrong with it; null: nothing that is known.</summary>
    public string? Fault { get; init; }

    /// <summary>The first failure after the last success.</summary>
    public DateTimeOffset? FailingSince { get; init; }
    public long Revision { get; init; } = 1;
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A webhook that has something to get now.</summary>
internal sealed class DueWebhook
{
    public string TenantId { get; init; } = "";
    public string WebhookId { get; init; } = "";
    public long? FailingSince { get; init; }

    /// <summary>How many deliveries are due, counted no further than asked.</summary>
    public long Due { get; init; }
}

/// <summary>Which webhooks there are, and how they do.</summary>
internal sealed class WebhookStore(SqlSession db)
{
    /// <summary>Webhooks of a tenant at most.</summary>
    public const int Most = 20;

    private const string Columns = "tenant_id, webhook_id, uri, events, secrets, enabled, fault, failing_since, revision, created_at, updated_at";

    /// <summary>False, and nothing is added, when the tenant has as many as it may.</summary>
    public async ValueTask<bool> AddAsync(Webhook webhook)
    {
        // Writes first: on PostgreSQL that lets two that add at once go one after the other, so neither miscounts.
        await db.ExecuteAsync("UPDATE tenants SET name = name WHERE tenant_id = @tenant", new { tenant = webhook.TenantId });
        return await db.ExecuteAsync(
            $"""
            INSERT INTO webhooks ({Columns})
            SELECT @tenant, @id, @uri, @events, @secrets, @enabled, NULL, NULL, @revision, @created, @created
            WHERE (SELECT COUNT(*) FROM webhooks WHERE tenant_id = @tenant) < @most
            """,
            new
            {
                tenant = webhook.TenantId,
                id = webhook.WebhookId,
                uri = webhook.Uri,
                events = string.Join(' ', webhook.Events),
                secrets = webhook.Secrets,
                enabled = webhook.Enabled ? 1L : 0L,
                revision = webhook.Revision,
                created = webhook.CreatedAt.Ms(),
                most = (long)Most,
            }) > 0;
    }

    /// <summary>A tenant's, the oldest first.</summary>
    public async ValueTask<IReadOnlyList<Webhook>> ListAsync(string tenant) =>
        [.. (await db.AllAsync<WebhookRow>($"SELECT {Columns} FROM webhooks WHERE tenant_id = @tenant ORDER BY webhook_id", new { tenant })).Select(r => r.ToWebhook())];

    public async ValueTask<Webhook?> FindAsync(string tenant, string id) =>
        (await db.FirstAsync<WebhookRow>($"SELECT {Columns} FROM webhooks WHERE tenant_id = @tenant AND webhook_id = @id", new { tenant, id }))?.ToWebhook();

    /// <summary>False, and nothing is done, when it has changed since this revision was read.</summary>
    public async ValueTask<bool> ReplaceAsync(Webhook next, long expected) =>
        await db.ExecuteAsync(
            """
            UPDATE webhooks SET uri = @uri, events = @events, secrets = @secrets, enabled = @enabled, fault = @fault, failing_since = @failing,
                revision = revision + 1, updated_at = @updated
            WHERE tenant_id = @tenant AND webhook_id = @id AND revision = @expected
            """,
            new
            {
                tenant = next.TenantId,
                id = next.WebhookId,
                uri = next.Uri,
                events = string.Join(' ', next.Events),
                secrets = next.Secrets,
                enabled = next.Enabled ? 1L : 0L,
                fault = next.Fault,
                failing = next.FailingSince.Ms(),
                updated = next.UpdatedAt.Ms(),
                expected,
            }) > 0;

    public async ValueTask<bool> DeleteAsync(string tenant, string id) =>
        await db.ExecuteAsync("DELETE FROM webhooks WHERE tenant_id = @tenant AND webhook_id = @id", new { tenant, id }) > 0;

    /// <summary>Those that have something due, each with how much, counted up to a limit.</summary>
    public ValueTask<List<DueWebhook>> DueAsync(int limit, DateTimeOffset now) =>
        db.AllAsync<DueWebhook>(
            """
            SELECT tenant_id, webhook_id, failing_since, due FROM
                (SELECT w.tenant_id, w.webhook_id, w.failing_since,
                    (SELECT COUNT(*) FROM (SELECT 1 FROM webhook_deliveries AS d
                        WHERE d.tenant_id = w.tenant_id AND d.webhook_id = w.webhook_id AND d.next_try_at <= @now LIMIT @limit) AS waiting) AS due
                FROM webhooks AS w WHERE w.enabled = 1) AS counted
            WHERE due > 0
            """,
            new { limit = (long)limit, now = now.Ms() });

    /// <summary>A delivery arrived.</summary>
    public async ValueTask WorksAsync(Webhook webhook) =>
        await db.ExecuteAsync(
            "UPDATE webhooks SET fault = NULL, failing_since = NULL WHERE tenant_id = @tenant AND webhook_id = @id AND failing_since IS NOT NULL AND enabled = 1",
            new { tenant = webhook.TenantId, id = webhook.WebhookId });

    /// <summary>
    /// A delivery failed; since when all have. Null: the webhook has been changed since the delivery began, so the failure says nothing about
    /// what it is now.
    /// </summary>
    public async ValueTask<DateTimeOffset?> FailsAsync(Webhook webhook, string reason, DateTimeOffset now)
    {
        var key = new { tenant = webhook.TenantId, id = webhook.WebhookId, revision = webhook.Revision, reason, now = now.Ms() };
        var changed = await db.ExecuteAsync(
            """
            UPDATE webhooks SET fault = @reason, failing_since = COALESCE(failing_since, @now)
            WHERE tenant_id = @tenant AND webhook_id = @id AND revision = @revision AND enabled = 1
            """,
            key);
        return changed == 0 ? null : (await FindAsync(webhook.TenantId, webhook.WebhookId))?.FailingSince;
    }

    /// <summary>Switches it off; false when it has been changed meanwhile.</summary>
    public async ValueTask<bool> DisableAsync(Webhook webhook, string reason, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            UPDATE webhooks SET enabled = 0, fault = @reason, revision = revision + 1, updated_at = @now
            WHERE tenant_id = @tenant AND webhook_id = @id AND revision = @revision AND enabled = 1
            """,
            new { tenant = webhook.TenantId, id = webhook.WebhookId, revision = webhook.Revision, reason, now = now.Ms() }) > 0;

    /// <summary>
    /// Forgets deliveries of a tenant that ended before, and those that nobody has tried since then because their webhook is gone; a
    /// bounded number at a time; how many it was.
    /// </summary>
    public async ValueTask<int> PruneAsync(string tenant, DateTimeOffset before, int limit)
    {
        var ended = await db.ExecuteAsync(
            """
            DELETE FROM webhook_deliveries WHERE (tenant_id, webhook_id, delivery_id) IN
                (SELECT tenant_id, webhook_id, delivery_id FROM webhook_deliveries
                    WHERE tenant_id = @tenant AND next_try_at IS NULL AND status_at < @before LIMIT @limit)
            """,
            new { tenant, before = before.Ms(), limit = (long)limit });
        return ended == limit ? ended : ended + await db.ExecuteAsync(
            """
            DELETE FROM webhook_deliveries WHERE (tenant_id, webhook_id, delivery_id) IN
                (SELECT tenant_id, webhook_id, delivery_id FROM webhook_deliveries AS d WHERE d.tenant_id = @tenant AND d.next_try_at < @before
                    AND NOT EXISTS (SELECT 1 FROM webhooks AS w WHERE w.tenant_id = d.tenant_id AND w.webhook_id = d.webhook_id) LIMIT @limit)
            """,
            new { tenant, before = before.Ms(), limit = (long)(limit - ended) });
    }

    private sealed class WebhookRow
    {
        public string TenantId { get; init; } = "";
        public string WebhookId { get; init; } = "";
        public string Uri { get; init; } = "";
        public string Events { get; init; } = "";
        public string Secrets { get; init; } = "";
        public long Enabled { get; init; }
        public string? Fault { get; init; }
        public long? FailingSince { get; init; }
        public long Revision { get; init; }
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }

        public Webhook ToWebhook() => new()
        {
            TenantId = TenantId, WebhookId = WebhookId, Uri = Uri, Events = Events.Split(' '), Secrets = Secrets, Enabled = Enabled != 0, Fault = Fault,
            FailingSince = FailingSince.At(), Revision = Revision, CreatedAt = CreatedAt.At(), UpdatedAt = UpdatedAt.At(),
        };
    }
}
