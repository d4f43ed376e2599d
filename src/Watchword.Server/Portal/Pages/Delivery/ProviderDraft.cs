using Watchword.Server.Administration;
using Watchword.Server.Delivery.Providers;

namespace Watchword.Server.Portal.Pages.Delivery;

/// <summary>A provider while somebody fills in its form.</summary>
internal sealed class ProviderDraft
{
    private readonly IProvider _kind;
    private DateTimeOffset? _updatedAt;

    /// <summary>A new one.</summary>
    public ProviderDraft(IProvider kind) => (_kind, Name) = (kind, kind.Title);

    /// <summary>One that there is. Its secrets are not here: only their names are known.</summary>
    public ProviderDraft(IProvider kind, ProviderView view)
    {
        _kind = kind;
        (ProviderId, Name, Enabled) = (view.Stored.ProviderId, view.Stored.Name, view.Stored.Enabled);
        (MaxConcurrency, MaxPerSecond, _updatedAt) = (view.Stored.MaxConcurrency, view.Stored.MaxPerSecond, view.Stored.UpdatedAt);
        SecretsSet = view.SecretsSet;
        foreach (var (name, value) in view.Stored.Settings)
            Values[name] = value;
    }

    public string? ProviderId { get; }
    public string Name { get; set; }
    public bool Enabled { get; set; } = true;
    public int MaxConcurrency { get; set; } = ProviderInput.UsualConcurrency;
    public double? MaxPerSecond { get; set; }

    /// <summary>What was written, by field; of secrets, only what was written just now.</summary>
    public Dictionary<string, string?> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>Secrets that are there.</summary>
    public IReadOnlyList<string> SecretsSet { get; } = [];

    /// <summary>Secrets that are to go.</summary>
    public HashSet<string> Removed { get; } = new(StringComparer.Ordinal);

    /// <summary>As it is wanted: secrets that nobody wrote stay as they are.</summary>
    public ProviderInput ToInput()
    {
        var fields = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var field in _kind.Fields)
        {
            var value = Values.GetValueOrDefault(field.Name);
            if (!field.Secret || !string.IsNullOrWhiteSpace(value))
                fields[field.Name] = value;
            else if (Removed.Contains(field.Name))
                fields[field.Name] = null;
        }
        return new ProviderInput
        {
            ProviderId = ProviderId, Kind = _kind.Kind, Name = string.IsNullOrWhiteSpace(Name) ? null : Name.Trim(), Enabled = Enabled,
            MaxConcurrency = MaxConcurrency, MaxPerSecond = MaxPerSecond, Fields = fields,
        };
    }

    /// <summary>Puts it in its place among the others; a new one at the end. Null: somebody deleted it.</summary>
    public (IReadOnlyList<ProviderInput> Providers, int Own)? Among(IReadOnlyList<ProviderInput> others)
    {
        if (ProviderId is null)
            return ([.. others, ToInput()], others.Count);
        var own = others.ToList().FindIndex(p => p.ProviderId == ProviderId);
        return own < 0 ? null : ([.. others.Take(own), ToInput(), .. others.Skip(own + 1)], own);
    }

    /// <summary>Whether somebody changed it since this form was opened, or since this was asked.</summary>
    public bool TakeNoteOf(DeliveryView now)
    {
        if (now.Providers.FirstOrDefault(p => p.Stored.ProviderId == ProviderId)?.Stored.UpdatedAt is not { } at || at == _updatedAt)
            return false;
        _updatedAt = at;
        return true;
    }
}
