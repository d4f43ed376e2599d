using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>Applications of the tenant.</summary>
public sealed class ApplicationsApi
{
    private readonly Connection _connection;

    internal ApplicationsApi(Connection connection) => _connection = connection;

    /// <summary>Makes an application with a client, whose secret is shown this once. Tried again only when no connection was made.</summary>
    public async Task<CreatedApplication> CreateAsync(NewApplication application, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(application);
        var call = Call.Post(All, application, WatchwordJson.Default.NewApplication, Repeat.IfNeverConnected);
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.ResultCreatedApplication).Content;
    }

    /// <summary>All of them. Tried again.</summary>
    public async Task<IReadOnlyList<Application>> ListAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(All), cancellation)).Read(WatchwordJson.Default.ResultIReadOnlyListApplication).Content;

    /// <summary>One of them, or null. Tried again.</summary>
    public async Task<Application?> GetAsync(string appId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(One(appId)), cancellation)).Find(WatchwordJson.Default.ResultApplication)?.Content;

    /// <summary>Changes one: what is null stays. Null when there is no such application. Tried again.</summary>
    public async Task<Application?> UpdateAsync(string appId, ApplicationUpdate update, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(update);
        var call = Call.Put(One(appId), update, WatchwordJson.Default.ApplicationUpdate);
        return (await _connection.SendAsync(call, cancellation)).Find(WatchwordJson.Default.ResultApplication)?.Content;
    }

    /// <summary>Deletes one, with its clients and sessions. False when there is no such application. Tried again.</summary>
    public async Task<bool> DeleteAsync(string appId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Delete(One(appId)), cancellation)).Removed();

    private static Address All { get; } = Address.Of("/cis/v1/applications");

    private static Address One(string appId) => Address.Of("/cis/v1/applications/{appId}", appId);
}
