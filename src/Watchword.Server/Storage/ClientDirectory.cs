using System.Collections.Concurrent;
using Watchword.Core.Apps;

namespace Watchword.Server.Storage;

/// <summary>A client and, unless it manages the tenant, its application.</summary>
internal sealed record ClientContext(Client Client, Application? Application);

/// <summary>
/// Clients and applications in memory: every request needs them and they seldom change. Whoever changes one calls
/// <see cref="Forget"/> after the write.
/// </summary>
internal sealed class ClientDirectory(Database database)
{
    private ConcurrentDictionary<string, ClientContext> _known = new(StringComparer.Ordinal);

    /// <summary>The client with this id, or null.</summary>
    public ValueTask<ClientContext?> FindAsync(string clientId) =>
        _known.TryGetValue(clientId, out var context) ? new(context) : new(LoadAsync(clientId));

    /// <summary>Drops everything. Changes are rare and a reload costs two reads, so nothing finer is worth its bugs.</summary>
    public void Forget() => _known = new(StringComparer.Ordinal);

    private async Task<ClientContext?> LoadAsync(string clientId)
    {
        // Taken before the read: what a change makes stale meanwhile lands in the dictionary that the change threw away.
        var known = _known;
        var context = await database.ReadAsync(async db =>
        {
            var store = new ApplicationStore(db);
            if (await store.FindClientAsync(clientId) is not { } client)
                return null;
            return new ClientContext(client, client.AppId is null ? null : await store.FindAsync(client.TenantId, client.AppId));
        });
        if (context is not null)
            known.TryAdd(clientId, context);
        return context;
    }
}
