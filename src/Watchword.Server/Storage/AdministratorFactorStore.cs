namespace Watchword.Server.Storage;

/// <summary>A passkey as it is kept.</summary>
internal sealed class StoredPasskey
{
    /// <summary>base64url.</summary>
    public string CredentialId { get; init; } = "";

    /// <summary>JSON of what WebAuthn wants remembered.</summary>
    public string Data { get; init; } = "";
    public long CreatedAt { get; init; }
}

/// <summary>What administrators have besides a password: passkeys and recovery codes. (The key of an authenticator app is in their row.)</summary>
internal sealed class AdministratorFactorStore(SqlSession db)
{
    public async ValueTask<IReadOnlyList<StoredPasskey>> PasskeysAsync(string tenant, string administrator) =>
        await db.AllAsync<StoredPasskey>(
            "SELECT credential_id, data, created_at FROM administrator_passkeys WHERE tenant_id = @tenant AND administrator_id = @administrator ORDER BY created_at",
            new { tenant, administrator });

    public ValueTask<int> PutPasskeyAsync(string tenant, string administrator, string credential, string data, DateTimeOffset now) =>
        db.ExecuteAsync(
            """
            INSERT INTO administrator_passkeys (tenant_id, administrator_id, credential_id, data, created_at) VALUES (@tenant, @administrator, @credential, @data, @now)
            ON CONFLICT (tenant_id, administrator_id, credential_id) DO UPDATE SET data = @data
            """,
            new { tenant, administrator, credential, data, now = now.Ms() });

    /// <summary>What a use changed of a passkey, such as its counter. One that was removed meanwhile stays so.</summary>
    public ValueTask<int> UpdatePasskeyAsync(string tenant, string administrator, string credential, string data) =>
        db.ExecuteAsync(
            "UPDATE administrator_passkeys SET data = @data WHERE tenant_id = @tenant AND administrator_id = @administrator AND credential_id = @credential",
            new { tenant, administrator, credential, data });

    public async ValueTask<bool> RemovePasskeyAsync(string tenant, string administrator, string credential) =>
        await db.ExecuteAsync(
            "DELETE FROM administrator_passkeys WHERE tenant_id = @tenant AND administrator_id = @administrator AND credential_id = @credential",
            new { tenant, administrator, credential }) == 1;

    /// <summary>Takes everything away, so that a new beginning can be made.</summary>
    public async ValueTask ClearAsync(string tenant, string administrator)
    {
        var key = new { tenant, administrator };
        await db.ExecuteAsync("DELETE FROM administrator_passkeys WHERE tenant_id = @tenant AND administrator_id = @administrator", key);
        await db.ExecuteAsync("DELETE FROM administrator_recovery_codes WHERE tenant_id = @tenant AND administrator_id = @administrator", key);
        await new AdministratorStore(db).SetTotpAsync(tenant, administrator, "", 0);
    }

    public async ValueTask ReplaceRecoveryCodesAsync(string tenant, string administrator, IReadOnlyList<byte[]> hashes)
    {
        await db.ExecuteAsync("DELETE FROM administrator_recovery_codes WHERE tenant_id = @tenant AND administrator_id = @administrator", new { tenant, administrator });
        foreach (var hash in hashes)
        {
            await db.ExecuteAsync(
                "INSERT INTO administrator_recovery_codes (tenant_id, administrator_id, code_hash) VALUES (@tenant, @administrator, @hash)", new { tenant, administrator, hash });
        }
    }

    public ValueTask<long> RecoveryCodesLeftAsync(string tenant, string administrator) =>
        db.FirstAsync<long>(
            "SELECT COUNT(*) FROM administrator_recovery_codes WHERE tenant_id = @tenant AND administrator_id = @administrator AND used_at IS NULL",
            new { tenant, administrator });
}
