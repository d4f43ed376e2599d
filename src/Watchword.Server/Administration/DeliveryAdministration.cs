using System.Collections.Immutable;
using System.Text.Json;
using Watchword.Core.Audit;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>What administrators do with a tenant's providers, routes and prices, from whichever door they come.</summary>
internal sealed class DeliveryAdministration(Database database, ProviderDirectory directory, TimeProvider time)
{
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
    public async Task<Change<DeliveryView>> ChangeAsync(Author by, Func<DeliveryInput, DeliveryInput> change, CancellationToken cancellation)
    {
        var tenant = by.TenantId;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var now = time.GetUtcNow();
            var (before, apps) = await database.ReadAsync(async db => (await new ProviderStore(db).ReadAsync(tenant), await new ApplicationStore(db).ListAsync(tenant)));
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

    /// <summary>How the providers have done in this hour and the whole ones before it, by provider and region.</summary>
    public Task<IReadOnlyList<ProviderStats>> HealthAsync(string tenant, int hours) =>
        database.ReadAsync(db => new ProviderStatsStore(db).ReadAsync(tenant, time.GetUtcNow().AddHours(1 - hours)));

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
        return new DeliveryView(providers, stored.Routes, stored.Prices, stored.Currency);
    }
}
