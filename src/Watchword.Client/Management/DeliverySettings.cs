using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Watchword.Client.Management;

/// <summary>
/// A tenant's providers, routes and prices. What was read can be changed by <c>with</c> and sent back: secrets that are not sent stay.
/// </summary>
public sealed record DeliverySettings
{
    /// <summary>All providers, in the order in which they are tried where no route says otherwise.</summary>
    public IReadOnlyList<Provider> Providers { get => field ?? []; init; }

    /// <summary>Which messages go by whom; the first that takes a message counts.</summary>
    public IReadOnlyList<MessageRoute> Routes { get => field ?? []; init; }

    /// <summary>What a segment costs; the closest counts.</summary>
    public IReadOnlyList<SegmentPrice> Prices { get => field ?? []; init; }

    /// <summary>Of the prices (ISO 4217).</summary>
    public string? Currency { get; init; }
}

/// <summary>A provider.</summary>
public sealed record Provider : IJsonOnSerializing, IJsonOnDeserialized
{
    /// <summary>Its id: 1 to 64 letters, digits, <c>-</c>, <c>_</c>; made by the server when null.</summary>
    public string? ProviderId { get; init; }

    /// <summary>Its kind, such as <c>Twilio</c>: <see cref="DeliveryApi.GetKindsAsync"/> lists them with their fields.</summary>
    [JsonPropertyName("provider")]
    public required string Kind { get; init; }

    /// <summary>For people and metrics; the kind when null.</summary>
    public string? Name { get; init; }

    /// <summary>Switched off, it gets no messages. On when null.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Messages handed to it at once, 1 to 1000; 16 when null.</summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>Messages a second; no limit when null.</summary>
    public double? MaxPerSecond { get; init; }

    /// <summary>In answers: the names of the secrets that are set. They are never read back.</summary>
    public IReadOnlyList<string>? SecretsSet { get; init; }

    /// <summary>In answers: whether it can be used; if not, write its settings again.</summary>
    public bool? Usable { get; init; }

    /// <summary>The fields of its kind, secrets among them: <c>Fields = { ["account_sid"] = "…", ["auth_token"] = "…" }</c>.</summary>
    [JsonIgnore]
    public JsonObject Fields { get; init; } = [];

    /// <summary>The fields where they stand on the wire: beside the others. The serializer writes no valid JSON of a JsonObject there.</summary>
    [JsonInclude]
    [JsonExtensionData]
    internal Dictionary<string, JsonElement>? Beside { get; set; }

    /// <summary>Without its fields.</summary>
    public override string ToString() => $"{Kind} {ProviderId}";

    void IJsonOnSerializing.OnSerializing() => Beside = Fields.ToDictionary(f => f.Key, f => JsonElement.Parse(f.Value?.ToJsonString() ?? "null"));

    void IJsonOnDeserialized.OnDeserialized()
    {
        foreach (var (name, value) in Beside ?? [])
            Fields[name] = JsonNode.Parse(value.GetRawText());
    }
}

/// <summary>A provider on a route.</summary>
/// <param name="ProviderId">Which.</param>
/// <param name="Sender">The name or number it shows there, unless the request to send names one.</param>
public sealed record RouteStop(string ProviderId, string? Sender = null);

/// <summary>A route: which messages, and by whom.</summary>
public sealed record MessageRoute
{
    /// <summary>For people; shown on the records of its messages.</summary>
    public string? Name { get; init; }

    /// <summary>Regions such as <c>GB</c> and calling codes such as <c>+44</c>; everywhere when empty.</summary>
    public IReadOnlyList<string> Match { get => field ?? []; init; }

    /// <summary>One application only; all when null.</summary>
    public string? AppId { get; init; }

    /// <summary><c>sms</c>, also when null, or <c>email</c>.</summary>
    public string? Channel { get; init; }

    /// <summary>1 to 10, best first.</summary>
    public required IReadOnlyList<RouteStop> Providers { get; init; }
}

/// <summary>The price of one SMS segment.</summary>
/// <param name="PriceMicros">Millionths of the currency: 39000 is 0.039.</param>
/// <param name="ProviderId">With this provider; with any when null.</param>
/// <param name="Region">To this region (ISO 3166-1); to any when null.</param>
public sealed record SegmentPrice(long PriceMicros, string? ProviderId = null, string? Region = null);

/// <summary>A kind of provider.</summary>
/// <param name="Provider">Its name.</param>
/// <param name="Channel">What it carries.</param>
/// <param name="Documentation">Where it is explained.</param>
/// <param name="Receipts">It reports what became of messages.</param>
/// <param name="Fields">What has to be filled in.</param>
public sealed record ProviderKind(string Provider, string Channel, Uri Documentation, bool Receipts, IReadOnlyList<ProviderField> Fields);

/// <summary>A field of a kind of provider.</summary>
/// <param name="Name">Its name in <see cref="Provider.Fields"/>.</param>
/// <param name="Label">For people.</param>
/// <param name="Help">What to put there.</param>
/// <param name="Required">It has to be there.</param>
/// <param name="Secret">It is written and never read back.</param>
public sealed record ProviderField(string Name, string Label, string Help, bool Required, bool Secret);
