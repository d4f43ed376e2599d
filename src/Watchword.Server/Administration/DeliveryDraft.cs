using Watchword.Core;
using Watchword.Core.Messages;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>What a tenant's delivery would become: the rows, the faults of the input, and what the providers have to confirm.</summary>
internal sealed class DeliveryDraft
{
    private const int MostProviders = 50;
    private const int LongestId = 64;
    private const int LongestName = 100;
    private const int LongestValue = 2000;
    private const int MostConcurrency = 1000;
    private const double SlowestRate = 0.01;
    private const double FastestRate = 100_000;

    private readonly List<string> _faults = [];
    private readonly List<(string At, IProvider Kind, ProviderSettings Settings)> _toVerify = [];
    private readonly Dictionary<string, IProvider?> _kinds = new(StringComparer.Ordinal);

    /// <summary>Every fault of the input, a sentence each.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The providers whose settings are new, for their kind to look at.</summary>
    public IReadOnlyList<(string At, IProvider Kind, ProviderSettings Settings)> ToVerify => _toVerify;

    /// <summary>What to keep, once there are no faults.</summary>
    public StoredDelivery Next { get; }

    public DeliveryDraft(string tenant, DeliveryInput input, StoredDelivery before, IReadOnlySet<string> apps, ProviderDirectory directory, DateTimeOffset now)
    {
        var revision = before.Revision + 1;
        if (input.Providers.Count > MostProviders)
            _faults.Add($"providers may hold at most {MostProviders} providers.");
        var providers = new List<StoredProvider>();
        for (var i = 0; i < Math.Min(input.Providers.Count, MostProviders); i++)
            providers.Add(Provider($"providers[{i}]", tenant, input.Providers[i], before, directory, revision, now));
        Check(input, apps);
        Next = new StoredDelivery(revision, providers, input.Routes, input.Prices, input.Currency);
    }

    private StoredProvider Provider(
        string at, string tenant, ProviderInput input, StoredDelivery before, ProviderDirectory directory, long revision, DateTimeOffset now)
    {
        var id = input.ProviderId ?? Ids.New(now);
        if (id.Length is 0 or > LongestId || id.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')))
            _faults.Add($"{at}.provider_id must be 1 to {LongestId} letters, digits, '-' or '_'; leave it out to be given one.");
        var kind = directory.KindOf(input.Kind);
        if (!_kinds.TryAdd(id, kind))
            _faults.Add($"{at}.provider_id is that of another provider in the list.");
        var old = before.Providers.FirstOrDefault(p => p.ProviderId == id);
        if (kind is null)
            _faults.Add($"{at}.provider must be one of {string.Join(", ", directory.Kinds.Select(k => k.Kind))}.");
        else if (old is not null && old.Kind != kind.Kind)
            _faults.Add($"{at}.provider cannot change: {id} is of kind {old.Kind}. Give the new one another provider_id.");
        var name = input.Name ?? kind?.Kind ?? "";
        if (input.Name is not null && (string.IsNullOrWhiteSpace(name) || name.Length > LongestName || name.Any(char.IsControl)))
            _faults.Add($"{at}.name must be 1 to {LongestName} characters without control characters.");
        if (input.MaxConcurrency is < 1 or > MostConcurrency)
            _faults.Add($"{at}.max_concurrency must be 1 to {MostConcurrency}.");
        if (input.MaxPerSecond is { } rate && !(rate is >= SlowestRate and <= FastestRate))
            _faults.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{at}.max_per_second must be {SlowestRate} to {FastestRate}, or be left out for no limit."));

        var oldSecrets = old is null ? null : directory.SecretsOf(tenant, old);
        var (settings, secrets) = kind is null ? ([], []) : Fields(at, kind, input, old, oldSecrets);
        var sameFields = old is not null && Same(settings, old.Settings) && oldSecrets is not null && Same(secrets, oldSecrets);
        if (kind is not null)
            CheckFields(at, kind, settings, secrets, verify: !sameFields);
        // Switching on and off is no change of the settings: what was learned about the provider still holds.
        var same = sameFields && old!.Name == name && old.MaxConcurrency == input.MaxConcurrency && old.MaxPerSecond == input.MaxPerSecond;
        return new StoredProvider
        {
            ProviderId = id,
            Kind = kind?.Kind ?? "",
            Name = name,
            Enabled = input.Enabled,
            MaxConcurrency = input.MaxConcurrency,
            MaxPerSecond = input.MaxPerSecond,
            Settings = settings,
            Secrets = sameFields ? old!.Secrets : directory.SealSecrets(tenant, secrets),
            Revision = same ? old!.Revision : revision,
            CreatedAt = old?.CreatedAt ?? now,
            UpdatedAt = same && old!.Enabled == input.Enabled ? old.UpdatedAt : now,
        };
    }

    /// <summary>The fields of the kind, sorted into those that may be read and those that may not; what else was sent is ignored.</summary>
    private (Dictionary<string, string> Settings, Dictionary<string, string> Secrets) Fields(
        string at, IProvider kind, ProviderInput input, StoredProvider? old, IReadOnlyDictionary<string, string>? oldSecrets)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        var secrets = new Dictionary<string, string>(StringComparer.Ordinal);
        var kept = new List<string>();
        foreach (var field in kind.Fields)
        {
            var given = input.Fields.TryGetValue(field.Name, out var value);
            if (!given && field.Secret && (value = oldSecrets?.GetValueOrDefault(field.Name)) is not null)
                kept.Add(field.Name);
            if (string.IsNullOrWhiteSpace(value))
                continue;
            value = value.Trim();
            if (value.Length > LongestValue || value.Any(char.IsControl))
                _faults.Add($"{at}.{field.Name} must be at most {LongestValue} characters without control characters.");
            else
                (field.Secret ? secrets : settings).Add(field.Name, value);
        }
        // Who may write a secret may not read it; so neither may they have it sent to an address of theirs.
        if (old is not null && kind.Fields.FirstOrDefault(f => f.Address && settings.GetValueOrDefault(f.Name) != old.Settings.GetValueOrDefault(f.Name)) is { } moved)
            _faults.AddRange(kept.Select(name => $"{at}.{name} must be sent again, because {moved.Name} changes: a secret is not taken along to another address."));
        return (settings, secrets);
    }

    private void CheckFields(string at, IProvider kind, Dictionary<string, string> settings, Dictionary<string, string> secrets, bool verify)
    {
        var missing = kind.Fields.Where(f => f.Required && !settings.ContainsKey(f.Name) && !secrets.ContainsKey(f.Name)).ToList();
        // What is there but wrong has been named already.
        _faults.AddRange(missing.Where(f => !_faults.Any(fault => fault.StartsWith($"{at}.{f.Name} ", StringComparison.Ordinal)))
            .Select(f => $"{at}.{f.Name} is required: {f.Help}"));
        var all = new ProviderSettings(settings.Concat(secrets).ToDictionary(StringComparer.Ordinal));
        // A sentence that begins with the name of a field gets its whole path.
        var faults = kind.Faults(all).Select(fault => at + (kind.Fields.Any(f => fault.StartsWith(f.Name + " ", StringComparison.Ordinal)) ? "." : ": ") + fault).ToList();
        _faults.AddRange(faults);
        if (faults.Count == 0 && missing.Count == 0 && verify)
            _toVerify.Add((at, kind, all));
    }

    private void Check(DeliveryInput input, IReadOnlySet<string> apps)
    {
        if (input.Routes.Count > MessageRoute.MostRoutes)
            _faults.Add($"routes may hold at most {MessageRoute.MostRoutes} routes.");
        if (input.Prices.Count > SegmentPrice.MostPrices)
            _faults.Add($"prices may hold at most {SegmentPrice.MostPrices} prices.");
        if (!SegmentPrice.IsCurrency(input.Currency))
            _faults.Add("currency must be a currency's code by ISO 4217, such as EUR.");
        for (var i = 0; i < Math.Min(input.Routes.Count, MessageRoute.MostRoutes); i++)
        {
            var (at, route) = ($"routes[{i}]", input.Routes[i]);
            _faults.AddRange(route.Faults().Select(fault => $"{at}.{fault}"));
            if (route.AppId is not null && !apps.Contains(route.AppId))
                _faults.Add($"{at}.app_id names no application of this tenant.");
            for (var j = 0; j < Math.Min(route.Providers.Count, MessageRoute.MostProviders); j++)
            {
                if (!_kinds.TryGetValue(route.Providers[j].ProviderId, out var kind))
                    _faults.Add($"{at}.providers[{j}].provider_id names none of the providers. Take it out of the route, or put the provider into the list.");
                else if (kind is not null && kind.Channel != route.Channel)
                    _faults.Add($"{at}.providers[{j}].provider_id names a provider that does not carry the route's channel.");
            }
        }
        var seen = new HashSet<(string?, string?)>();
        for (var i = 0; i < Math.Min(input.Prices.Count, SegmentPrice.MostPrices); i++)
        {
            var (at, price) = ($"prices[{i}]", input.Prices[i]);
            _faults.AddRange(price.Faults().Select(fault => $"{at}.{fault}"));
            if (price.ProviderId is not null && !_kinds.ContainsKey(price.ProviderId))
                _faults.Add($"{at}.provider_id names none of the providers. Take the price out, or put the provider into the list.");
            if (!seen.Add((price.ProviderId, price.Region)))
                _faults.Add($"{at} is a second price for the same provider and region.");
        }
    }

    private static bool Same(Dictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
