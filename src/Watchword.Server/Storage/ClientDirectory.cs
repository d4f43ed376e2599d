using System.Collections.Concurrent;
using Watchword.Core.Apps;

namespace Watchword.Server.Storage;

/// <summary>A client and, unless it manages the tenant, its application.</summary>
internal sealed record ClientContext(Client Client, Application? Application);

/// <summary>
/// Clients and applications in memory: every request needs them and they seldom change. Whoever changes one calls <see cref="Forget"/>
/// after the write, so that this node sees it at once; what another node changed is seen within <see cref="Recheck"/>.
/// </summary>
internal sealed class ClientDirectory(Database database, TimeProvider time)
{
    /// <summary>How long what was read is believed.</summary>
    public static readonly TimeSpan Recheck = TimeSpan.FromSeconds(5);

    private ConcurrentDictionary<string, Entry> _known = new(StringComparer.Ordinal);

    /// <summary>The client with this id, or null.</summary>
    public ValueTask<ClientContext?> FindAsync(string clientId) =>
        _known.TryGetValue(clientId, out var entry) && time.GetElapsedTime(entry.ReadAt) < Recheck ? new(entry.Context) : new(LoadAsync(clientId));

    /// <summary>Drops everything. Changes are rare and a reload costs two reads, so nothing finer is worth its bugs.</summary>
    public void Forget() => _known = new(StringComparer.Ordinal);

    private async Task<ClientContext?> LoadAsync(string clientId)
    {
        // Both taken before the read: what a change makes stale meanwhile lands in the dictionary that the change threw away, and what
        // another node changes meanwhile counts as old.
        var (known, began) = (_known, time.GetTimestamp());
        var context = await database.ReadAsync(async db =>
        {
            var store = new ApplicationStore(db);
            if (await store.FindClientAsync(clientId) is not { } client)
                return null;
            return new ClientContext(client, client.AppId is null ? null : await store.FindAsync(client.TenantId, client.AppId));
        });
        if (context is null)
            known.TryRemove(clientId, out _);
        else
            known[clientId] = new Entry(context, began);
        return context;
    }

    private sealed record Entry(ClientContext Context, long ReadAt);
}
