using System.Text.Json;
using System.Text.Json.Serialization;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Server.Administration;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Management;

/// <summary>A provider, with the fields of its kind beside these. A secret that is absent stays as it was.</summary>
/// <param name="ProviderId">Its id: 1 to 64 letters, digits, <c>-</c>, <c>_</c>; made when left out.</param>
/// <param name="Provider">Its kind, such as <c>Twilio</c>.</param>
/// <param name="Name">For people and metrics; the kind when left out.</param>
/// <param name="Enabled">Switched off, it gets no messages.</param>
/// <param name="MaxConcurrency">Messages handed to it at once, 1 to 1000; 16 when left out.</param>
/// <param name="MaxPerSecond">Messages a second; no limit when left out.</param>
internal sealed record ProviderRequest(string? ProviderId, string? Provider, string? Name, bool? Enabled, int? MaxConcurrency, double? MaxPerSecond)
{
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Fields { get; init; }
}

/// <summary>
/// Everything anew: <c>providers</c>, <c>routes</c>, <c>prices</c>. Or one provider for all countries: <c>provider</c>, with the fields of
/// its kind beside it.
/// </summary>
/// <param name="Providers">All providers, in the order in which they are tried where no route says otherwise.</param>
/// <param name="Routes">Which messages go by whom; the first that takes a message counts.</param>
/// <param name="Prices">What a segment costs; the closest counts.</param>
/// <param name="Currency">Of the prices (ISO 4217).</param>
/// <param name="ProviderId">Of the one provider: its id: 1 to 64 letters, digits, <c>-</c>, <c>_</c>; made when left out.</param>
/// <param name="Provider">Its kind, such as <c>Twilio</c>.</param>
/// <param name="Name">For people and metrics; the kind when left out.</param>
/// <param name="Enabled">Switched off, it gets no messages.</param>
/// <param name="MaxConcurrency">Messages handed to it at once, 1 to 1000; 16 when left out.</param>
/// <param name="MaxPerSecond">Messages a second; no limit when left out.</param>
internal sealed record DeliverySettingsRequest(
    IReadOnlyList<ProviderRequest?>? Providers, IReadOnlyList<RouteJson?>? Routes, IReadOnlyList<PriceJson?>? Prices, string? Currency,
    string? ProviderId, string? Provider, string? Name, bool? Enabled, int? MaxConcurrency, double? MaxPerSecond)
{
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Fields { get; init; }
}

/// <summary>A provider on a route.</summary>
/// <param name="ProviderId">Which.</param>
/// <param name="Sender">The name or number it shows there, unless the request to send names one.</param>
internal sealed record RouteStopJson(string? ProviderId, string? Sender);

/// <summary>A route: which messages, and by whom, best first.</summary>
/// <param name="Name">For people; shown on the records of its messages.</param>
/// <param name="Match">Regions such as <c>GB</c> and calling codes such as <c>+44</c>; empty: everywhere.</param>
/// <param name="AppId">One application only; absent: all.</param>
/// <param name="Channel"><c>sms</c>, or <c>email</c>.</param>
/// <param name="Providers">1 to 10, best first.</param>
internal sealed record RouteJson(string? Name, IReadOnlyList<string?>? Match, string? AppId, string? Channel, IReadOnlyList<RouteStopJson?>? Providers)
{
    public static RouteJson Of(MessageRoute route) =>
        new(route.Name, route.Match, route.AppId, route.Channel.Wire(), [.. route.Providers.Select(p => new RouteStopJson(p.ProviderId, p.Sender))]);

    public MessageRoute ToRoute(string at, List<string> faults)
    {
        var channel = Channel is null ? OtpChannel.Sms : OtpChannelNames.FromWire(Channel) ?? OtpChannel.Direct;
        if (Match?.Contains(null) == true)
            faults.Add($"{at}.match must hold texts.");
        if (Providers?.Any(p => p?.ProviderId is null) == true)
            faults.Add($"{at}.providers must hold objects with a provider_id.");
        return new MessageRoute(
            Name, [.. (Match ?? []).OfType<string>()], AppId, channel,
            [.. (Providers ?? []).Where(p => p?.ProviderId is not null).Select(p => new RouteStop(p!.ProviderId!, p.Sender))]);
    }
}

/// <summary>The price of one SMS segment, in millionths of the currency.</summary>
/// <param name="ProviderId">With this provider; absent: with any.</param>
/// <param name="Region">To this region (ISO 3166-1); absent: to any.</param>
/// <param name="PriceMicros">39000 is 0.039 of the currency.</param>
internal sealed record PriceJson(string? ProviderId, string? Region, long? PriceMicros)
{
    public static PriceJson Of(SegmentPrice price) => new(price.ProviderId, price.Region, price.Micros);

    public SegmentPrice ToPrice(string at, List<string> faults)
    {
        if (PriceMicros is null)
            faults.Add($"{at}.price_micros is required: millionths of the currency for one segment.");
        return new SegmentPrice(ProviderId, Region, PriceMicros ?? 0);
    }
}

/// <summary>A provider, with the readable fields of its kind beside these, and the names of its secrets.</summary>
internal sealed record ProviderJson(
    string ProviderId, string Provider, string? Channel, string Name, bool Enabled, int MaxConcurrency, double? MaxPerSecond,
    IReadOnlyList<string> SecretsSet, bool Usable, long CreatedAt, long UpdatedAt)
{
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Fields { get; init; }

    public static ProviderJson Of(ProviderView view) => new(
        view.Stored.ProviderId, view.Stored.Kind, view.Kind?.Channel.Wire(), view.Stored.Name, view.Stored.Enabled, view.Stored.MaxConcurrency, view.Stored.MaxPerSecond,
        view.SecretsSet, view.Usable, view.Stored.CreatedAt.Ms(), view.Stored.UpdatedAt.Ms())
    {
        Fields = view.Stored.Settings.ToDictionary(s => s.Key, s => JsonSerializer.SerializeToElement(s.Value), StringComparer.Ordinal),
    };
}

/// <summary>A tenant's delivery. <c>provider</c> is the kind of the first provider.</summary>
internal sealed record DeliverySettingsJson(
    string? Provider, IReadOnlyList<ProviderJson> Providers, IReadOnlyList<RouteJson> Routes, IReadOnlyList<PriceJson> Prices, string Currency)
{
    public static DeliverySettingsJson Of(DeliveryView view) => new(
        view.Providers.Count == 0 ? null : view.Providers[0].Stored.Kind,
        [.. view.Providers.Select(ProviderJson.Of)],
        [.. view.Routes.Select(RouteJson.Of)],
        [.. view.Prices.Select(PriceJson.Of)],
        view.Currency);
}

/// <summary>A field of a kind of provider.</summary>
internal sealed record ProviderFieldJson(string Name, string Label, string Help, bool Required, bool Secret);

/// <summary>A kind of provider: what it carries, whether it reports what became of messages, and what has to be filled in.</summary>
internal sealed record ProviderKindJson(string Provider, string Channel, Uri Documentation, bool Receipts, IReadOnlyList<ProviderFieldJson> Fields)
{
    public static ProviderKindJson Of(IProvider kind) => new(
        kind.Kind, kind.Channel.Wire(), kind.Documentation, kind.Receipts is not null,
        [.. kind.Fields.Select(f => new ProviderFieldJson(f.Name, f.Label, f.Help, f.Required, f.Secret))]);
}
