using System.Buffers.Text;
using Microsoft.AspNetCore.Identity;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Accounts;

/// <summary>
/// Our administrators as ASP.NET Core Identity's managers see them: for hashing and checking passwords and for passkeys. Who may try, how
/// often, and who is signed in is decided elsewhere, by statements that count before they compare.
/// </summary>
internal sealed class AdministratorUserStore(Database database, TimeProvider time) : IUserPasswordStore<Administrator>, IUserPasskeyStore<Administrator>
{
    private const int IdLength = 32;

    /// <summary>Tenant and administrator in one: the user handle of passkeys, which may have 64 bytes (WebAuthn §5.4.3).</summary>
    public static string IdOf(Administrator of) => of.TenantId + of.AdministratorId;

    public Task<string> GetUserIdAsync(Administrator user, CancellationToken cancellationToken) => Task.FromResult(IdOf(user));

    public Task<string?> GetUserNameAsync(Administrator user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Email);

    public Task<string?> GetNormalizedUserNameAsync(Administrator user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.Email);

    public Task<string?> GetPasswordHashAsync(Administrator user, CancellationToken cancellationToken) => Task.FromResult<string?>(user.PasswordHash);

    public Task<bool> HasPasswordAsync(Administrator user, CancellationToken cancellationToken) => Task.FromResult(user.PasswordHash.Length > 0);

    public Task SetPasswordHashAsync(Administrator user, string? passwordHash, CancellationToken cancellationToken)
    {
        user.PasswordHash = passwordHash ?? "";
        return Task.CompletedTask;
    }

    public Task SetUserNameAsync(Administrator user, string? userName, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SetNormalizedUserNameAsync(Administrator user, string? normalizedName, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task<Administrator?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        userId.Length == 2 * IdLength ? await database.ReadAsync(db => new AdministratorStore(db).FindAsync(userId[..IdLength], userId[IdLength..])) : null;

    public async Task<Administrator?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        EmailAddress.TryParse(normalizedUserName, out var email) ? await database.ReadAsync(db => new AdministratorStore(db).ByEmailAsync(email.Value)) : null;

    public async Task<IdentityResult> CreateAsync(Administrator user, CancellationToken cancellationToken)
    {
        await database.WriteAsync(db => new AdministratorStore(db).AddAsync(user));
        return IdentityResult.Success;
    }

    /// <summary>All that the managers change of an administrator is the hash of the password, when an old one is hashed anew.</summary>
    public async Task<IdentityResult> UpdateAsync(Administrator user, CancellationToken cancellationToken)
    {
        await database.WriteAsync(db => new AdministratorStore(db).RehashAsync(user));
        return IdentityResult.Success;
    }

    public async Task<IdentityResult> DeleteAsync(Administrator user, CancellationToken cancellationToken)
    {
        await database.WriteAsync(db => new AdministratorStore(db).DeleteAsync(user.TenantId, user.AdministratorId, time.GetUtcNow()));
        return IdentityResult.Success;
    }

    /// <summary>After a use. New ones come by <see cref="PutAsync"/>, in the write that notes it.</summary>
    public Task AddOrUpdatePasskeyAsync(Administrator user, UserPasskeyInfo passkey, CancellationToken cancellationToken)
    {
        var data = StoredJson.Write(KeptPasskey.Of(passkey));
        return database.WriteAsync(db => new AdministratorFactorStore(db).UpdatePasskeyAsync(user.TenantId, user.AdministratorId, Base64Url.EncodeToString(passkey.CredentialId), data));
    }

    public static async ValueTask PutAsync(SqlSession db, Administrator user, UserPasskeyInfo passkey, DateTimeOffset now) =>
        await new AdministratorFactorStore(db).PutPasskeyAsync(
            user.TenantId, user.AdministratorId, Base64Url.EncodeToString(passkey.CredentialId), StoredJson.Write(KeptPasskey.Of(passkey)), now);

    public async Task<IList<UserPasskeyInfo>> GetPasskeysAsync(Administrator user, CancellationToken cancellationToken) =>
        [.. (await database.ReadAsync(db => new AdministratorFactorStore(db).PasskeysAsync(user.TenantId, user.AdministratorId))).Select(Info)];

    /// <summary>Nobody is found by a passkey alone: the password comes first.</summary>
    public Task<Administrator?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken) => Task.FromResult<Administrator?>(null);

    public async Task<UserPasskeyInfo?> FindPasskeyAsync(Administrator user, byte[] credentialId, CancellationToken cancellationToken) =>
        (await GetPasskeysAsync(user, cancellationToken)).FirstOrDefault(p => p.CredentialId.AsSpan().SequenceEqual(credentialId));

    public Task RemovePasskeyAsync(Administrator user, byte[] credentialId, CancellationToken cancellationToken) =>
        database.WriteAsync(db => new AdministratorFactorStore(db).RemovePasskeyAsync(user.TenantId, user.AdministratorId, Base64Url.EncodeToString(credentialId)));

    public void Dispose()
    {
    }

    private static UserPasskeyInfo Info(StoredPasskey stored) =>
        StoredJson.Read<KeptPasskey>(stored.Data).ToInfo(Base64Url.DecodeFromChars(stored.CredentialId), stored.CreatedAt.At());

    /// <summary>The column: what of a passkey has to be remembered (WebAuthn §4, credential record).</summary>
    private sealed record KeptPasskey(
        byte[] PublicKey, string? Name, uint SignCount, IReadOnlyList<string>? Transports, bool IsUserVerified, bool IsBackupEligible, bool IsBackedUp,
        byte[] AttestationObject, byte[] ClientDataJson)
    {
        public static KeptPasskey Of(UserPasskeyInfo info) => new(
            info.PublicKey, info.Name, info.SignCount, info.Transports, info.IsUserVerified, info.IsBackupEligible, info.IsBackedUp, info.AttestationObject, info.ClientDataJson);

        public UserPasskeyInfo ToInfo(byte[] credential, DateTimeOffset created) =>
            new(credential, PublicKey, created, SignCount, Transports is null ? null : [.. Transports], IsUserVerified, IsBackupEligible, IsBackedUp, AttestationObject, ClientDataJson)
            {
                Name = Name,
            };
    }
}
