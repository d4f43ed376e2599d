using Watchword.Core.Audit;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Administration;

/// <summary>
/// What administrators do with the keys that sign tokens. All tenants share the issuer and so the keys: they belong to the first tenant, and
/// null means that one is not it.
/// </summary>
internal sealed class SigningKeyAdministration(SigningKeys keys, Database database)
{
    public async Task<IReadOnlyList<SigningKey>?> ListAsync(string tenant) => await IsFirstAsync(tenant) ? keys.Published : null;

    /// <summary>Makes the waiting keys sign. False when they were published too recently for verifiers to have seen them.</summary>
    public async Task<bool?> RotateAsync(Author by) => await IsFirstAsync(by.TenantId) ? await keys.RotateAsync(by) : null;

    private async Task<bool> IsFirstAsync(string tenant) => await database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync()) == tenant;
}
