using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Messages;
using Watchword.Server.Administration;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Management;

/// <summary><c>/cis/v1/tenantsmsproviders</c>: a tenant's providers, routes and prices. Secrets go in and never come out.</summary>
internal static class DeliverySettings
{
    private const string Only = "providers[0]";

    public static async Task<Ok<Result<DeliverySettingsJson>>> ReadAsync(Caller caller, DeliveryAdministration administration) =>
        TypedResults.Ok(new Result<DeliverySettingsJson>(DeliverySettingsJson.Of(await administration.ReadAsync(caller.TenantId))));

    public static Ok<Result<IReadOnlyList<ProviderKindJson>>> Kinds(DeliveryAdministration administration) =>
        TypedResults.Ok(new Result<IReadOnlyList<ProviderKindJson>>([.. administration.Kinds.Select(ProviderKindJson.Of)]));

    /// <summary>
    /// Replaces, does not merge. A provider that comes with its id keeps the secrets that are not sent, so what was read can be changed and
    /// sent back.
    /// </summary>
    public static async Task<Results<Ok<Result<DeliverySettingsJson>>, ApiError>> ReplaceAsync(
        DeliverySettingsRequest request, Caller caller, DeliveryAdministration administration, CancellationToken cancellation)
    {
        var faults = new List<string>();
        if (request.Providers is null && request.Provider is null)
            faults.Add("providers is required: the list of all providers. Or send one, by provider and its fields.");
        List<MessageRoute> routes = [.. (request.Routes ?? []).Select((r, i) => Present(r, $"routes[{i}]", faults)?.ToRoute($"routes[{i}]", faults)).OfType<MessageRoute>()];
        List<SegmentPrice> prices = [.. (request.Prices ?? []).Select((p, i) => Present(p, $"prices[{i}]", faults)?.ToPrice($"prices[{i}]", faults)).OfType<SegmentPrice>()];
        var list = request.Providers ?? [new(request.ProviderId, request.Provider, request.Name, request.Enabled, request.MaxConcurrency, request.MaxPerSecond) { Fields = request.Fields }];
        List<ProviderInput> providers = [.. list.Select((p, i) => Input(p, $"providers[{i}]", administration.KindOf(p?.Provider), faults))];
        if (faults.Count == 0)
        {
            var changed = await administration.ChangeAsync(caller.Author, Change, cancellation);
            if (changed.Faults.Count == 0)
                return TypedResults.Ok(new Result<DeliverySettingsJson>(DeliverySettingsJson.Of(changed.Value!)));
            faults.AddRange(changed.Faults);
        }
        return ApiErrors.InvalidInput(request.Providers is null ? [.. faults.Select(WithoutPath)] : faults);

        DeliveryInput Change(DeliveryInput current)
        {
            if (request.Providers is not null)
                return new DeliveryInput(providers, routes, prices, request.Currency ?? StoredDelivery.UsualCurrency);
            // The short form names no provider, so one that is the only one of its kind is meant: it keeps its id and its secrets.
            var same = current.Providers.Where(p => string.Equals(p.Kind, request.Provider, StringComparison.OrdinalIgnoreCase)).ToList();
            var id = request.ProviderId ?? (same is [{ ProviderId: { } only }] ? only : null);
            return new DeliveryInput(
                [providers[0] with { ProviderId = id }],
                routes,
                request.Prices is null ? [.. current.Prices.Where(p => p.ProviderId is null || p.ProviderId == id)] : prices,
                request.Currency ?? current.Currency);
        }
    }

    private static T? Present<T>(T? item, string at, List<string> faults)
        where T : class
    {
        if (item is null)
            faults.Add($"{at} must be an object.");
        return item;
    }

    private static ProviderInput Input(ProviderRequest? request, string at, IProvider? kind, List<string> faults)
    {
        if (Present(request, at, faults) is null)
            return new ProviderInput();
        var fields = new Dictionary<string, string?>(StringComparer.Ordinal);
        // What is no field of the kind is ignored, as everywhere; an answer that is sent back has several.
        foreach (var (name, value) in (request!.Fields ?? []).Where(f => kind?.Fields.Any(known => known.Name == f.Key) == true))
        {
            if (value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                faults.Add($"{at}.{name} must be a text.");
            else
                fields.Add(name, TextOf(value));
        }
        return new ProviderInput
        {
            ProviderId = request.ProviderId,
            Kind = request.Provider,
            Name = request.Name,
            Enabled = request.Enabled ?? true,
            MaxConcurrency = request.MaxConcurrency ?? ProviderInput.UsualConcurrency,
            MaxPerSecond = request.MaxPerSecond,
            Fields = fields,
        };
    }

    /// <summary>Numbers and truths are taken for their text.</summary>
    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    private static string WithoutPath(string fault) =>
        fault.StartsWith(Only + ".", StringComparison.Ordinal) ? fault[(Only.Length + 1)..]
        : fault.StartsWith(Only + ": ", StringComparison.Ordinal) ? fault[(Only.Length + 2)..]
        : fault;
}
