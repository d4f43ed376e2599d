using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>Clients of an application.</summary>
public sealed class ClientsApi
{
    private readonly Connection _connection;

    internal ClientsApi(Connection connection) => _connection = connection;

    /// <summary>Makes a client, whose secret is shown this once. Tried again only when no connection was made.</summary>
    public async Task<ClientWithSecret> CreateAsync(string appId, ClientChange client, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var call = Call.Post(All(appId), client, WatchwordJson.Default.ClientChange, Repeat.IfNeverConnected);
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.ResultClientWithSecret).Content;
    }

    /// <summary>An application's clients; none when there is no such application. Tried again.</summary>
    public async Task<IReadOnlyList<ApplicationClient>> ListAsync(string appId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(All(appId)), cancellation)).Find(WatchwordJson.Default.ResultIReadOnlyListApplicationClient)?.Content ?? [];

    /// <summary>One of them, or null. Tried again.</summary>
    public async Task<ApplicationClient?> GetAsync(string appId, string clientId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(One(appId, clientId)), cancellation)).Find(WatchwordJson.Default.ResultApplicationClient)?.Content;

    /// <summary>Changes one: what is null stays. Null when there is no such client. Tried again.</summary>
    public async Task<ApplicationClient?> UpdateAsync(string appId, string clientId, ClientChange change, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var call = Call.Put(One(appId, clientId), change, WatchwordJson.Default.ClientChange);
        return (await _connection.SendAsync(call, cancellation)).Find(WatchwordJson.Default.ResultApplicationClient)?.Content;
    }

    /// <summary>Deletes one. False when there is no such client. Tried again.</summary>
    public async Task<bool> DeleteAsync(string appId, string clientId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Delete(One(appId, clientId)), cancellation)).Removed();

    /// <summary>
    /// Gives a client a new secret, shown this once. The old one works on for a while, so that you can deploy the new one without a gap.
    /// Tried again only when no connection was made.
    /// </summary>
    /// <param name="appId">The application.</param>
    /// <param name="clientId">The client.</param>
    /// <param name="overlap">How long the old secret works on: up to 30 days; a day when left out; zero when it has leaked.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<ClientWithSecret> RotateSecretAsync(string appId, string clientId, TimeSpan? overlap = null, CancellationToken cancellation = default)
    {
        var call = Call.Post(
            Address.Of("/cis/v1/applications/{appId}/clients/{clientId}/rotate-secret", appId, clientId),
            new RotateBody((int?)overlap?.TotalSeconds), WatchwordJson.Default.RotateBody, Repeat.IfNeverConnected);
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.ResultClientWithSecret).Content;
    }

    private static Address All(string appId) => Address.Of("/cis/v1/applications/{appId}/clients", appId);

    private static Address One(string appId, string clientId) => Address.Of("/cis/v1/applications/{appId}/clients/{clientId}", appId, clientId);
}
