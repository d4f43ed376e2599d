using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Watchword.Core.Otp;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>
/// The delivery setups of all tenants, kept in memory. Whoever changes one calls <see cref="Forget"/> after the write, so that this node
/// sees the change at once; what another node changed is seen within <see cref="Recheck"/>, at the price of one small read.
/// </summary>
internal sealed class ProviderDirectory(
    Database database, Seal seal, ProviderKinds kinds, IEnumerable<IMessageSender> builtIn, TimeProvider time, ILogger<ProviderDirectory> log)
{
    /// <summary>How old what is known may be before it is asked whether it is still so.</summary>
    public static readonly TimeSpan Recheck = TimeSpan.FromSeconds(5);

    private readonly OpenProvider[] _builtIn =
        [.. builtIn.Select(s => new OpenProvider(s.Name, 0, s, MaxConcurrency: 64, MaxPerSecond: null, Kind: null, Settings: null))];
    private readonly ConcurrentDictionary<string, Entry> _tenants = new(StringComparer.Ordinal);

    /// <summary>The kinds of provider that there are, in the order in which they are offered.</summary>
    public IReadOnlyList<IProvider> Kinds => kinds.All;

    /// <summary>A tenant's setup.</summary>
    public ValueTask<TenantSetup> ForAsync(string tenant)
    {
        var entry = _tenants.GetOrAdd(tenant, _ => new Entry());
        return entry.Known is { } known && IsFresh(entry, known) ? new(known.Setup) : new(RefreshAsync(tenant, entry));
    }

    /// <summary>A provider that a tenant has configured, switched on or not; null: none by this id, or it cannot be opened.</summary>
    public async ValueTask<OpenProvider?> FindAsync(string tenant, string providerId) => (await ForAsync(tenant)).Find(providerId);

    /// <summary>Something of this tenant's setup was changed.</summary>
    public void Forget(string tenant)
    {
        if (_tenants.TryGetValue(tenant, out var entry))
            entry.Change();
    }

    /// <summary>The kind of this name, however it is capitalised, or null.</summary>
    public IProvider? KindOf(string? name) => kinds.Find(name);

    /// <summary>A provider's settings with its secrets opened; null when they cannot be, because the master key is another.</summary>
    public ProviderSettings? SettingsOf(string tenant, StoredProvider provider) =>
        SecretsOf(tenant, provider) is { } secrets ? new ProviderSettings(provider.Settings.Concat(secrets).ToDictionary(StringComparer.Ordinal)) : null;

    /// <summary>A provider's secrets, opened; null when they cannot be.</summary>
    public IReadOnlyDictionary<string, string>? SecretsOf(string tenant, StoredProvider provider)
    {
        if (provider.Secrets.Length == 0)
            return new Dictionary<string, string>();
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(seal.ProviderSecretsOf(tenant).Unprotect(provider.Secrets))!;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Seals secrets for the database.</summary>
    public string SealSecrets(string tenant, IReadOnlyDictionary<string, string> secrets) =>
        secrets.Count == 0 ? "" : seal.ProviderSecretsOf(tenant).Protect(JsonSerializer.Serialize(secrets));

    private bool IsFresh(Entry entry, Known known) => known.Changes == entry.Changes && time.GetElapsedTime(known.CheckedAt) < Recheck;

    private async Task<TenantSetup> RefreshAsync(string tenant, Entry entry)
    {
        // One at a time, so that a provider is not opened twice.
        await entry.Turn.WaitAsync();
        try
        {
            if (entry.Known is { } known && IsFresh(entry, known))
                return known.Setup;
            // Both taken before the read: a change that comes meanwhile makes what is read here stale at once.
            var (changes, began) = (entry.Changes, time.GetTimestamp());
            var setup = entry.Known?.Setup;
            if (setup is null || await database.ReadAsync(db => new ProviderStore(db).RevisionAsync(tenant)) != setup.Revision)
                setup = Open(tenant, await database.ReadAsync(db => new ProviderStore(db).ReadAsync(tenant)), setup);
            entry.Known = new Known(setup, changes, began);
            return setup;
        }
        finally
        {
            entry.Turn.Release();
        }
    }

    private TenantSetup Open(string tenant, StoredDelivery stored, TenantSetup? before)
    {
        var opened = new Dictionary<string, OpenProvider>(StringComparer.Ordinal);
        var enabled = new List<OpenProvider>();
        foreach (var provider in stored.Providers)
        {
            // A provider that did not change stays open: it may hold a token, and what is known of its health hangs on it.
            var open = before?.Find(provider.ProviderId) is { } same && same.Revision == provider.Revision ? same : Open(tenant, provider);
            if (open is null)
                continue;
            opened.Add(provider.ProviderId, open);
            if (provider.Enabled)
                enabled.Add(open);
        }
        // A channel with a provider that is switched off or broken is closed; it does not fall back to the inbox.
        var configured = stored.Providers.Select(p => KindOf(p.Kind)?.Channel).ToHashSet();
        var usual = _builtIn.SelectMany(p => OtpChannelNames.Channels.Where(c => p.Sender.Carries(c) && !configured.Contains(c)).Select(c => (c, p)));
        return new TenantSetup(stored, opened, [.. enabled.Select(p => (p.Kind!.Channel, p)), .. usual]);
    }

    private OpenProvider? Open(string tenant, StoredProvider provider)
    {
        var kind = KindOf(provider.Kind);
        var settings = kind is null ? null : SettingsOf(tenant, provider);
        if (settings is null || kind!.Fields.Any(f => f.Required && settings[f.Name] is null) || kind.Faults(settings).Any())
        {
            DeliveryTelemetry.ProviderUnusable(log, provider.ProviderId, provider.Kind, tenant);
            return null;
        }
        return new OpenProvider(
            provider.ProviderId, provider.Revision, kind.Open(provider.Name, settings), provider.MaxConcurrency, provider.MaxPerSecond, kind, settings);
    }

    private sealed record Known(TenantSetup Setup, long Changes, long CheckedAt);

    private sealed class Entry
    {
        private long _changes;
        private volatile Known? _known;

        public SemaphoreSlim Turn { get; } = new(1, 1);

        public long Changes => Volatile.Read(ref _changes);

        public Known? Known
        {
            get => _known;
            set => _known = value;
        }

        public void Change() => Interlocked.Increment(ref _changes);
    }
}
