using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>A signing key, without its private half.</summary>
/// <param name="Kid">Its name.</param>
/// <param name="Alg">What it signs by.</param>
/// <param name="PublishedAt">Since when verifiers can know it.</param>
/// <param name="SignsFrom">When it begins to sign.</param>
/// <param name="SignsUntil">When it stops.</param>
public sealed record SigningKey(string Kid, string Alg, DateTimeOffset PublishedAt, DateTimeOffset SignsFrom, DateTimeOffset SignsUntil);

/// <summary>The keys that sign tokens. All tenants share them, so only the first tenant's management clients may.</summary>
public sealed class SigningKeysApi
{
    private readonly Connection _connection;

    internal SigningKeysApi(Connection connection) => _connection = connection;

    /// <summary>All that are published. Tried again.</summary>
    public async Task<IReadOnlyList<SigningKey>> ListAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(Address.Of("/cis/v1/signing-keys")), cancellation)).Read(WatchwordJson.Default.ResultIReadOnlyListSigningKey).Content;

    /// <summary>Lets the waiting keys sign from now on. Tried again only when no connection was made.</summary>
    /// <exception cref="WatchwordException"><see cref="ErrorCodes.KeysTooFresh"/>: verifiers may not have seen them yet.</exception>
    public async Task<IReadOnlyList<SigningKey>> RotateAsync(CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Post(Address.Of("/cis/v1/signing-keys/rotate"), Repeat.IfNeverConnected), cancellation))
            .Read(WatchwordJson.Default.ResultIReadOnlyListSigningKey).Content;
}
