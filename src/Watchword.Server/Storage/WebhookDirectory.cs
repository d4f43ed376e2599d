using System.Collections.Concurrent;

namespace Watchword.Server.Storage;

/// <summary>
/// Which events anybody wants, in memory: what happens with every message is written down only where a webhook of the tenant is told of
/// it. Whoever changes a webhook calls <see cref="Forget"/> after the write; what another node changed is seen within
/// <see cref="Recheck"/>.
/// </summary>
internal sealed class WebhookDirectory(Database database, TimeProvider time)
{
    /// <summary>How long what was read is believed.</summary>
    public static readonly TimeSpan Recheck = TimeSpan.FromSeconds(5);

    private ConcurrentDictionary<string, Entry> _known = new(StringComparer.Ordinal);

    /// <summary>Whether a webhook of the tenant wants events of this name.</summary>
    public ValueTask<bool> WantsAsync(string tenant, string action) =>
        _known.TryGetValue(tenant, out var entry) && time.GetElapsedTime(entry.ReadAt) < Recheck ? new(entry.Wanted.Contains(action)) : new(LoadAsync(tenant, action));

    /// <summary>Drops everything, as <see cref="ClientDirectory.Forget"/> does.</summary>
    public void Forget() => _known = new(StringComparer.Ordinal);

    private async Task<bool> LoadAsync(string tenant, string action)
    {
        // Both taken before the read: what a change makes stale meanwhile lands in the dictionary that the change threw away.
        var (known, began) = (_known, time.GetTimestamp());
        var webhooks = await database.ReadAsync(db => new WebhookStore(db).ListAsync(tenant));
        var entry = new Entry(webhooks.Where(w => w.Enabled).SelectMany(w => w.Events).ToHashSet(StringComparer.Ordinal), began);
        known[tenant] = entry;
        return entry.Wanted.Contains(action);
    }

    private sealed record Entry(HashSet<string> Wanted, long ReadAt);
}
