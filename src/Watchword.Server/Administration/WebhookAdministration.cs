using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Events;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>What administrators do with a tenant's webhooks, from whichever door they come. Null: there is no such webhook in the tenant.</summary>
internal sealed class WebhookAdministration(
    Database database, WebhookDirectory directory, WebhookDispatcher dispatcher, WebhookSender sender, ProviderHttp http, Seal seal, TimeProvider time)
{
    /// <summary>How long the old signing secret signs too after a rotation, unless asked otherwise.</summary>
    public static readonly TimeSpan DefaultOverlap = TimeSpan.FromHours(24);

    private const int Tries = 5;
    private const string Unreadable = "The webhook's secrets cannot be opened with this master key. Delete the webhook and create it again.";
    private static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(30);

    public Task<IReadOnlyList<Webhook>> ListAsync(string tenant) => database.ReadAsync(db => new WebhookStore(db).ListAsync(tenant));

    public Task<Webhook?> FindAsync(string tenant, string id) => database.ReadAsync(db => new WebhookStore(db).FindAsync(tenant, id));

    public async Task<Change<ShownWebhook>> CreateAsync(Author author, WebhookInput input, CancellationToken cancellation)
    {
        if (input.Faults(isNew: true) is { Count: > 0 } faults)
            return Change<ShownWebhook>.Refused(faults);
        var secrets = new WebhookSecrets(input.ApiKey!, WebhookSecrets.NewSigning());
        if (await VerifyAsync(input.Uri!, secrets.ApiKey, cancellation) is { } refusal)
            return Change<ShownWebhook>.Refused([refusal]);
        var now = time.GetUtcNow();
        var id = Ids.New(now);
        var webhook = new Webhook
        {
            TenantId = author.TenantId,
            WebhookId = id,
            Uri = input.Uri!,
            Events = input.Chosen!,
            Secrets = secrets.Close(author.TenantId, id, seal),
            Enabled = input.Enabled ?? true,
            CreatedAt = now,
            UpdatedAt = now,
        };
        var added = await database.WriteAsync(async db =>
        {
            if (!await new WebhookStore(db).AddAsync(webhook))
                return false;
            await new EventStore(db).AddAsync(author, AuditAction.WebhookCreated, now, target: id, detail: StoredJson.Write(new { events = webhook.Events }));
            return true;
        });
        if (!added)
            return Change<ShownWebhook>.Refused([$"A tenant may have {WebhookStore.Most} webhooks. Delete one first."]);
        directory.Forget();
        return new ShownWebhook(webhook, secrets.Signing);
    }

    /// <summary>Changes what the input names. A new address or key has to prove itself like that of a new webhook.</summary>
    public async Task<Change<Webhook>?> ChangeAsync(Author author, string id, WebhookInput input, CancellationToken cancellation)
    {
        if (input.Faults(isNew: false) is { Count: > 0 } faults)
            return Change<Webhook>.Refused(faults);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            if (await FindAsync(author.TenantId, id) is not { } before)
                return null;
            var moved = input.Uri is not null && input.Uri != before.Uri;
            // Who may write a key may not read it; so neither may they have it sent to an address of theirs.
            if (moved && input.ApiKey is null)
                return Change<Webhook>.Refused(["api_key must be sent again, because uri changes: a secret is not taken along to another address."]);
            var now = time.GetUtcNow();
            var next = before with { Uri = input.Uri ?? before.Uri, Events = input.Chosen ?? before.Events, Enabled = input.Enabled ?? before.Enabled, UpdatedAt = now };
            var secrets = WebhookSecrets.Open(before, seal);
            var newKey = input.ApiKey is not null && input.ApiKey != secrets?.ApiKey;
            if (moved || newKey)
            {
                if (secrets is null)
                    return Change<Webhook>.Refused([Unreadable]);
                if (await VerifyAsync(next.Uri, input.ApiKey!, cancellation) is { } refusal)
                    return Change<Webhook>.Refused([refusal]);
                next = next with { Secrets = (secrets with { ApiKey = input.ApiKey! }).Close(author.TenantId, id, seal) };
            }
            // What was known of it before says nothing any more.
            if (moved || newKey || (next.Enabled && !before.Enabled))
                next = next with { Fault = null, FailingSince = null };
            var changed = new (string Name, bool Is)[]
            {
                ("uri", moved), ("api_key", newKey), ("events", !next.Events.SequenceEqual(before.Events)), ("enabled", next.Enabled != before.Enabled),
            }.Where(c => c.Is).Select(c => c.Name).ToList();
            if (changed.Count == 0)
                return before;
            if (!await ReplaceAsync(author, next, before, new { changed, events = next.Events, enabled = next.Enabled }))
                continue;
            if (!next.Enabled)
                await WebhookQueue.EndAsync(database, author.TenantId, id, now);
            return next;
        }
        return Change<Webhook>.Refused(["Others are changing this webhook at the same time. Read it again, then repeat your change."]);
    }

    /// <summary>Drops it with all that waits for it.</summary>
    public async Task<bool> DeleteAsync(Author author, string id)
    {
        var now = time.GetUtcNow();
        var deleted = await database.WriteAsync(async db =>
        {
            if (!await new WebhookStore(db).DeleteAsync(author.TenantId, id))
                return false;
            await new EventStore(db).AddAsync(author, AuditAction.WebhookDeleted, now, target: id);
            return true;
        });
        if (!deleted)
            return false;
        directory.Forget();
        await WebhookQueue.DropAsync(database, author.TenantId, id);
        return true;
    }

    /// <summary>Gives it a new signing secret. The one before it signs too for the overlap; older ones stop at once.</summary>
    public async Task<Change<ShownWebhook>?> RotateSecretAsync(Author author, string id, TimeSpan overlap)
    {
        if (overlap < TimeSpan.Zero || overlap > LongestOverlap)
            return Change<ShownWebhook>.Refused([$"overlap_seconds must be 0 to {LongestOverlap.TotalSeconds}."]);
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            if (await FindAsync(author.TenantId, id) is not { } before)
                return null;
            if (WebhookSecrets.Open(before, seal) is not { } secrets)
                return Change<ShownWebhook>.Refused([Unreadable]);
            var now = time.GetUtcNow();
            var rotated = new WebhookSecrets(secrets.ApiKey, WebhookSecrets.NewSigning(), secrets.Signing, now + overlap);
            var next = before with { Secrets = rotated.Close(author.TenantId, id, seal), UpdatedAt = now };
            if (await ReplaceAsync(author, next, before, new { changed = (List<string>)["signing_secret"] }))
                return new ShownWebhook(next, rotated.Signing);
        }
        return Change<ShownWebhook>.Refused(["Others are changing this webhook at the same time. Try again."]);
    }

    /// <summary>Posts a test event now, whether the webhook is enabled or not; what came of it is nobody's but the caller's.</summary>
    public async Task<WebhookTrial?> TestAsync(Author author, string id)
    {
        if (await FindAsync(author.TenantId, id) is not { } webhook)
            return null;
        var now = time.GetUtcNow();
        var eventId = Ids.New(now);
        // Before it goes out, as with test messages.
        await database.WriteAsync(db => new EventStore(db).AddAsync(author, AuditAction.WebhookTested, now, target: id, detail: StoredJson.Write(new { event_id = eventId })));
        var payload = WebhookPayload.Of(eventId, new AuditEvent { TenantId = author.TenantId, At = now, Action = WebhookEvents.Test, Actor = author.Actor, Target = id });
        return new WebhookTrial(eventId, await sender.SendAsync(webhook, eventId, payload));
    }

    public Task<IReadOnlyList<WebhookDelivery>> DeliveriesAsync(string tenant, string id, string? status, string? before, int limit) =>
        database.ReadAsync(db => new WebhookDeliveryStore(db).ReadAsync(tenant, id, status, before, limit));

    /// <summary>Puts a delivery at the beginning of its way again; refused while it is being sent or its webhook is off.</summary>
    public async Task<Change<WebhookDelivery>?> RetryAsync(Author author, string id, string deliveryId)
    {
        var (tenant, now) = (author.TenantId, time.GetUtcNow());
        var result = await database.WriteAsync<Change<WebhookDelivery>?>(async db =>
        {
            var deliveries = new WebhookDeliveryStore(db);
            if (await new WebhookStore(db).FindAsync(tenant, id) is not { } webhook || await deliveries.FindAsync(tenant, id, deliveryId) is null)
                return null;
            if (!webhook.Enabled)
                return Change<WebhookDelivery>.Refused(["The webhook is off. Switch it on first: PUT it with enabled true."]);
            if (!await deliveries.RetryAsync(tenant, id, deliveryId, now))
                return Change<WebhookDelivery>.Refused(["It is being delivered at this moment."]);
            await new EventStore(db).AddAsync(author, AuditAction.WebhookRetried, now, target: id, detail: StoredJson.Write(new { delivery_id = deliveryId }));
            return (await deliveries.FindAsync(tenant, id, deliveryId))!;
        });
        dispatcher.Ring();
        return result;
    }

    private async Task<bool> ReplaceAsync(Author author, Webhook next, Webhook before, object detail)
    {
        var replaced = await database.WriteAsync(async db =>
        {
            if (!await new WebhookStore(db).ReplaceAsync(next, before.Revision))
                return false;
            await new EventStore(db).AddAsync(author, AuditAction.WebhookChanged, next.UpdatedAt, target: next.WebhookId, detail: StoredJson.Write(detail));
            return true;
        });
        directory.Forget();
        return replaced;
    }

    private Task<string?> VerifyAsync(string uri, string apiKey, CancellationToken cancellation) =>
        Verification.RunAsync("webhook", "", ended => AddressChallenge.AskAsync(http, "webhook", uri, apiKey, ended), time, cancellation);
}
