using System.Collections.Immutable;
using System.Text.Json;
using Watchword.Core.Audit;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>What administrators do with a tenant's providers, routes and prices, from whichever door they come.</summary>
internal sealed class DeliveryAdministration(Database database, ProviderDirectory directory, Lanes lanes, TimeProvider time)
{
    /// <summary>The only fault of a change that was made to something older than what is.</summary>
    public const string Overtaken = "Somebody changed the providers or routes while you were at it. Look at what they left, then repeat your change.";

    private const int Tries = 5;

    /// <summary>The kinds of provider to choose from.</summary>
    public IReadOnlyList<IProvider> Kinds => directory.Kinds;

    /// <summary>The kind of this name, or null.</summary>
    public IProvider? KindOf(string? name) => directory.KindOf(name);

    public async Task<DeliveryView> ReadAsync(string tenant) =>
        await ViewAsync(tenant, await database.ReadAsync(db => new ProviderStore(db).ReadAsync(tenant)));

    /// <summary>
    /// Changes everything by a function of what is now. What is new about a provider is first confirmed by the provider itself, where its
    /// kind can ask. Nothing is kept unless all of it is right; what is kept counts from the next message on. What changes nothing writes nothing.
    /// </summary>
    /// <param name="by">Who changes it.</param>
    /// <param name="change">What becomes of what is now.</param>
    /// <param name="cancellation">They have gone.</param>
    /// <param name="seen">The revision that they saw; when it is another by now, <see cref="Overtaken"/>. Null: whatever there is.</param>
    public async Task<Change<DeliveryView>> ChangeAsync(
        Author by, Func<DeliveryInput, DeliveryInput> change, CancellationToken cancellation, long? seen = null)
    {
        var tenant = by.TenantId;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var now = time.GetUtcNow();
            var (before, apps) = await database.ReadAsync(async db => (await new ProviderStore(db).ReadAsync(tenant), await new ApplicationStore(db).ListAsync(tenant)));
            if (seen is not null && before.Revision != seen)
                return Change<DeliveryView>.Refused([Overtaken]);
            var draft = new DeliveryDraft(tenant, change(DeliveryInput.Of(before)), before, apps.Select(a => a.AppId).ToHashSet(StringComparer.Ordinal), directory, now);
            if (draft.Faults.Count > 0)
                return Change<DeliveryView>.Refused(draft.Faults);
            var answers = await Task.WhenAll(draft.ToVerify.Select(v =>
                Verification.RunAsync("provider", v.At + ": ", ended => v.Kind.VerifyAsync(v.Settings, ended), time, cancellation)));
            if (answers.OfType<string>().ToList() is { Count: > 0 } refusals)
                return Change<DeliveryView>.Refused(refusals);
            var fields = new FieldChanges(Comparable(tenant, before), Comparable(tenant, draft.Next));
            if (!fields.Any)
                return await ViewAsync(tenant, before);
            // Somebody else's change in between: it is begun again from what they left.
            if (!await database.WriteAsync(ReplaceAsync))
                continue;
            directory.Forget(tenant);
            return await ViewAsync(tenant, draft.Next);

            async ValueTask<bool> ReplaceAsync(SqlSession db)
            {
                if (!await new ProviderStore(db).ReplaceAsync(tenant, draft.Next, before.Revision, now))
                    return false;
                await new EventStore(db).AddAsync(by, AuditAction.DeliveryChanged, now, detail: fields.Detail);
                return true;
            }
        }
        return Change<DeliveryView>.Refused(["Others are changing the providers at the same time. Read them again, then repeat your change."]);
    }

    /// <summary>How the providers do now, as this node sees it, and how they have done in this hour and the whole ones before it.</summary>
    public async Task<DeliveryHealth> HealthAsync(string tenant, int hours)
    {
        var view = await ReadAsync(tenant);
        var figures = await database.ReadAsync(db => new ProviderStatsStore(db).ReadAsync(tenant, time.GetUtcNow().AddHours(1 - hours)));
        return new DeliveryHealth(view, [.. view.Providers.Select(p => ProviderNow.Of(p, lanes.StateOf(tenant, p.Stored.ProviderId, p.Stored.Revision)))], figures);
    }

    /// <summary>The way that a code to this number would go if these were the routes; null when it is no number.</summary>
    public async Task<RouteTrial?> TryRoutesAsync(string tenant, IReadOnlyList<MessageRoute> routes, string? to, string? app)
    {
        var (channel, region, address) = (OtpChannel.Sms, "ZZ", (string?)null);
        if (EmailAddress.TryParse(to, out _))
            channel = OtpChannel.Email;
        else if (PhoneNumber.TryParse(to, out var number))
            (region, address) = (number.Region, number.E164);
        else
            return null;
        var (route, legs) = (await directory.ForAsync(tenant)).With(routes).WayOf(channel, app ?? "", region, address);
        var index = route is null ? -1 : routes.TakeWhile(r => !ReferenceEquals(r, route)).Count();
        return new RouteTrial(channel, region, index, [.. legs.Select(leg => RouteTrialStop.Of(leg, region))]);
    }

    /// <summary>All that can be set, the fields of a provider under its id. Secrets are in it, as texts: of those a change tells the name only.</summary>
    private JsonElement Comparable(string tenant, StoredDelivery stored) => StoredJson.Element(new
    {
        stored.Routes,
        stored.Prices,
        stored.Currency,
        order = stored.Providers.Select(p => p.ProviderId),
        providers = stored.Providers.ToDictionary(p => p.ProviderId, p => new
        {
            p.Kind,
            p.Name,
            p.Enabled,
            p.MaxConcurrency,
            p.MaxPerSecond,
            fields = p.Settings.Concat(directory.SecretsOf(tenant, p) ?? ImmutableDictionary<string, string>.Empty).ToDictionary(),
        }),
    });

    private async Task<DeliveryView> ViewAsync(string tenant, StoredDelivery stored)
    {
        var providers = new List<ProviderView>();
        foreach (var provider in stored.Providers)
        {
            var usable = await directory.FindAsync(tenant, provider.ProviderId) is not null;
            var secrets = directory.SecretsOf(tenant, provider)?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>();
            providers.Add(new ProviderView(provider, directory.KindOf(provider.Kind), [.. secrets], usable));
        }
        return new DeliveryView(stored.Revision, providers, stored.Routes, stored.Prices, stored.Currency);
    }
}
