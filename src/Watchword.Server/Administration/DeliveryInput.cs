using Watchword.Core.Messages;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>A provider as an administrator wants it.</summary>
internal sealed record ProviderInput
{
    public const int UsualConcurrency = 16;

    /// <summary>Its id, of the administrator's choosing; null: one is made.</summary>
    public string? ProviderId { get; init; }

    /// <summary>Such as <c>Twilio</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>For people; null: the kind's name.</summary>
    public string? Name { get; init; }
    public bool Enabled { get; init; } = true;
    public int MaxConcurrency { get; init; } = UsualConcurrency;
    public double? MaxPerSecond { get; init; }

    /// <summary>What was filled in, by field name. A secret that is absent stays what it was; null and blank take it away.</summary>
    public IReadOnlyDictionary<string, string?> Fields { get; init; } = new Dictionary<string, string?>();

    /// <summary>A provider as it is; its secrets stay.</summary>
    public static ProviderInput Of(StoredProvider stored) => new()
    {
        ProviderId = stored.ProviderId,
        Kind = stored.Kind,
        Name = stored.Name,
        Enabled = stored.Enabled,
        MaxConcurrency = stored.MaxConcurrency,
        MaxPerSecond = stored.MaxPerSecond,
        Fields = stored.Settings.ToDictionary(s => s.Key, s => (string?)s.Value, StringComparer.Ordinal),
    };
}

/// <summary>All that can be set about a tenant's delivery, as an administrator wants it.</summary>
internal sealed record DeliveryInput(
    IReadOnlyList<ProviderInput> Providers, IReadOnlyList<MessageRoute> Routes, IReadOnlyList<SegmentPrice> Prices, string Currency)
{
    /// <summary>What is, to be changed.</summary>
    public static DeliveryInput Of(StoredDelivery stored) =>
        new([.. stored.Providers.Select(ProviderInput.Of)], stored.Routes, stored.Prices, stored.Currency);
}

/// <summary>A provider as an administrator may see it.</summary>
/// <param name="Stored">As it is kept; its secrets are sealed.</param>
/// <param name="Kind">Null when this server does not know it.</param>
/// <param name="SecretsSet">The names of the secrets it has.</param>
/// <param name="Usable">Whether it can be opened: a kind that is known, secrets that can be read, settings without a fault.</param>
internal sealed record ProviderView(StoredProvider Stored, IProvider? Kind, IReadOnlyList<string> SecretsSet, bool Usable);

/// <summary>A tenant's delivery as an administrator may see it.</summary>
/// <param name="Revision">Grows with every change; 0 before the first.</param>
/// <param name="Providers">In their order.</param>
/// <param name="Routes">In their order.</param>
/// <param name="Prices">Of a segment.</param>
/// <param name="Currency">Of the prices.</param>
internal sealed record DeliveryView(
    long Revision, IReadOnlyList<ProviderView> Providers, IReadOnlyList<MessageRoute> Routes, IReadOnlyList<SegmentPrice> Prices, string Currency);
