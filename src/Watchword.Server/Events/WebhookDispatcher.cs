using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Watchword.Core.Audit;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>
/// Looks after the queue of each webhook: several deliveries at once to one that answers, one at a time to one that does not. Those that
/// fail have places of their own, so however many are dead or slow, the others do not wait for them.
/// </summary>
/// <remarks>
/// At least once: a try is counted on disk before it is made, and made again where nobody wrote how it ended. In no order: what failed comes
/// later than what came after it.
/// </remarks>
internal sealed class WebhookDispatcher(Database database, WebhookSender sender, WebhookDirectory directory, TimeProvider time, ILogger<WebhookDispatcher> log)
    : BackgroundService
{
    /// <summary>Deliveries under way to one webhook.</summary>
    public const int AtOnce = 4;

    /// <summary>How long a delivery is its taker's: longer than any try takes.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>Deliveries under way to all webhooks of one tenant: a few tenants whose webhooks answer late do not take every place.</summary>
    public const int PlacesOfTenant = 48;

    private const int Places = 256;
    private const int PlacesOfFailing = 64;

    /// <summary>Deliveries in a row, before another webhook may have the place.</summary>
    private const int Shift = 100;

    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);

    private readonly Bell _bell = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, string Webhook), int> _running = [];
    private readonly Dictionary<(string Tenant, string Webhook), DateTimeOffset> _resting = [];
    private readonly HashSet<Task> _runs = [];
    private int _places = Places;
    private int _placesOfFailing = PlacesOfFailing;

    /// <summary>Tells it that something may be due.</summary>
    public void Ring() => _bell.Ring();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        Task[] runs;
        lock (_gate)
            runs = [.. _runs];
        // Calls under way have their ten seconds, unless the host is in a greater hurry.
        await Task.WhenAny(Task.WhenAll(runs), Task.Delay(Timeout.Infinite, cancellationToken));
    }

    public override void Dispose()
    {
        _bell.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Begin(await database.ReadAsync(db => new WebhookStore(db).DueAsync(AtOnce, time.GetUtcNow())), stoppingToken);
                await _bell.WaitAsync(LongestSleep, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The queues must outlive a database that is away for a while.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                EventsTelemetry.DispatchFailed(log, failure);
                await Task.Delay(LongestSleep, time, stoppingToken);
            }
        }
    }

    /// <summary>Begins as many runs as each webhook may have now, in no order, so that none is always the last to find a place.</summary>
    private void Begin(List<DueWebhook> due, CancellationToken stopping)
    {
        RandomNumberGenerator.Shuffle(CollectionsMarshal.AsSpan(due));
        lock (_gate)
        {
            foreach (var webhook in due)
            {
                var (key, failing) = ((webhook.TenantId, webhook.WebhookId), webhook.FailingSince is not null);
                if (_resting.TryGetValue(key, out var until))
                {
                    if (time.GetUtcNow() < until)
                        continue;
                    _resting.Remove(key);
                }
                var running = _running.GetValueOrDefault(key);
                var ofTenant = _running.Where(r => r.Key.Tenant == webhook.TenantId).Sum(r => r.Value);
                for (var most = failing ? 1 : Math.Min(AtOnce, running + webhook.Due); running < most && ofTenant < PlacesOfTenant && Take(failing); running++, ofTenant++)
                    _runs.Add(Task.Run(() => RunAsync(key, failing, stopping), CancellationToken.None));
                _running[key] = running;
            }
            _runs.RemoveWhere(run => run.IsCompleted);
        }
    }

    private bool Take(bool failing)
    {
        ref var places = ref failing ? ref _placesOfFailing : ref _places;
        if (places == 0)
            return false;
        places--;
        return true;
    }

    /// <summary>Delivers what is due to one webhook, until nothing is, or a try fails: then it is looked at anew.</summary>
    private async Task RunAsync((string Tenant, string Webhook) key, bool failing, CancellationToken stopping)
    {
        var works = false;
        try
        {
            var taken = stopping.IsCancellationRequested ? null : await database.WriteAsync(db => TakeAsync(db, key.Tenant, key.Webhook));
            for (var i = 1; taken is not null; i++)
            {
                var answer = await sender.SendAsync(taken.Webhook, taken.Delivery.EventId, taken.Delivery.Payload);
                works = answer.Arrived;
                taken = works ? await ArrivedAsync(taken, answer, goOn: i < Shift && !stopping.IsCancellationRequested) : await FailedAsync(taken, answer);
            }
        }
#pragma warning disable CA1031 // One webhook must not end the others. Its delivery comes again when its lease ends.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            EventsTelemetry.DeliveryBroke(log, key.Webhook, key.Tenant, failure.GetType().Name);
        }
        finally
        {
            lock (_gate)
            {
                if (failing)
                    _placesOfFailing++;
                else
                    _places++;
                if (--_running[key] == 0)
                    _running.Remove(key);
            }
            // One that fails is not hurried: a try a second is enough to see when it is back.
            if (works && !stopping.IsCancellationRequested)
                _bell.Ring();
        }
    }

    private async ValueTask<Taken?> TakeAsync(SqlSession db, string tenant, string id)
    {
        var now = time.GetUtcNow();
        return await new WebhookStore(db).FindAsync(tenant, id) is { Enabled: true } webhook
            && await new WebhookDeliveryStore(db).ClaimAsync(tenant, id, now, now + Lease) is { } delivery
            ? new Taken(webhook, delivery)
            : null;
    }

    /// <summary>Notes that it arrived and takes the next, in one write.</summary>
    private Task<Taken?> ArrivedAsync(Taken taken, WebhookAnswer answer, bool goOn) => database.WriteAsync(async db =>
    {
        await new WebhookStore(db).WorksAsync(taken.Webhook);
        await new WebhookDeliveryStore(db).ArrivedAsync(taken.Delivery, LineOf("delivered", answer));
        return goOn ? await TakeAsync(db, taken.Webhook.TenantId, taken.Webhook.WebhookId) : null;
    });

    private async Task<Taken?> FailedAsync(Taken taken, WebhookAnswer answer)
    {
        var (webhook, now) = (taken.Webhook, time.GetUtcNow());
        var wait = answer.Gone ? null : WebhookRetries.After(taken.Delivery.Tries, answer.RetryAfter, RandomNumberGenerator.GetInt32(1000) / 1000.0);
        var disabled = await database.WriteAsync(async db =>
        {
            var webhooks = new WebhookStore(db);
            var since = await webhooks.FailsAsync(webhook, answer.Fault!, now);
            var why = since is null ? null
                : answer.Gone ? answer.Fault
                : now - since >= WebhookRetries.Patience ? string.Create(CultureInfo.InvariantCulture, $"Every delivery has failed for {WebhookRetries.Patience.Days} days; the last time: {answer.Fault}")
                : null;
            if (why is not null && await webhooks.DisableAsync(webhook, why, now))
                await new EventStore(db).AddAsync(
                    Author.Server(webhook.TenantId), AuditAction.WebhookChanged, now, target: webhook.WebhookId,
                    detail: StoredJson.Write(new { changed = (List<string>)["enabled"], enabled = false, reason = why }));
            // Nothing waits for a webhook that is off, or gone.
            var next = await webhooks.FindAsync(webhook.TenantId, webhook.WebhookId) is { Enabled: true } ? now + wait : null;
            await new WebhookDeliveryStore(db).FailedAsync(taken.Delivery, next, LineOf(next is null ? "failed" : "queued", answer));
            return why;
        });
        if (answer.RetryAfter is { } pause)
        {
            lock (_gate)
                _resting[(webhook.TenantId, webhook.WebhookId)] = now + pause;
        }
        if (disabled is not null)
        {
            EventsTelemetry.WebhookDisabled(log, webhook.WebhookId, webhook.TenantId, disabled);
            directory.Forget();
            await WebhookQueue.EndAsync(database, webhook.TenantId, webhook.WebhookId, now);
        }
        return null;
    }

    private StatusChange LineOf(string status, WebhookAnswer answer) => new(time.GetUtcNow().Ms(), status)
    {
        Code = answer.Status?.ToString(CultureInfo.InvariantCulture), Reason = answer.Fault,
    };

    private sealed record Taken(Webhook Webhook, WebhookDelivery Delivery);
}
