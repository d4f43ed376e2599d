using Watchword.Core.Administrators;

namespace Watchword.Server.Storage;

/// <summary>Somebody who uses the portal.</summary>
public sealed class Administrator
{
    public required string TenantId { get; init; }
    public required string AdministratorId { get; init; }

    /// <summary>In its canonical spelling.</summary>
    public required string Email { get; init; }
    public required string Name { get; init; }
    public required AdministratorRole Role { get; init; }

    /// <summary>Made by ASP.NET Core Identity's hasher, which sets it here before it is stored.</summary>
    public string PasswordHash { get; set; } = "";

    /// <summary>Sealed; empty when they use no authenticator app.</summary>
    public string TotpKey { get; init; } = "";

    /// <summary>Of the last code that was taken.</summary>
    public long TotpStep { get; init; }

    /// <summary>For browsers that are not known.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>For whoever has entered the password.</summary>
    public DateTimeOffset? FactorLockedUntil { get; init; }

    /// <summary>Wrong second factors since the last sign-in.</summary>
    public long WrongFactors { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? SignedInAt { get; init; }
    public int Passkeys { get; init; }

    /// <summary>One more with everything that ends what was begun before: another password, a reset, a sign-out everywhere.</summary>
    public long Epoch { get; init; }

    /// <summary>Whether there is something besides the password: until then they get no further than setting it up.</summary>
    public bool HasSecondFactor => TotpKey.Length > 0 || Passkeys > 0;

    /// <summary>Whether an owner can let them try again before their time.</summary>
    public bool IsLocked(DateTimeOffset now) => LockedUntil > now || FactorLockedUntil > now || WrongFactors >= SignInTries.MostFactorsInARow;
}

/// <summary>Somebody who used the portal once, for the audit log.</summary>
internal sealed class RemovedAdministrator
{
    public string AdministratorId { get; init; } = "";
    public string Name { get; init; } = "";
    public string Email { get; init; } = "";
}

/// <summary>The administrators of all tenants; an email address is one person's in the whole installation.</summary>
internal sealed class AdministratorStore(SqlSession db)
{
    private const string Select =
        """
        SELECT a.tenant_id, a.administrator_id, a.email, a.name, a.role, a.password_hash, a.totp_key, a.totp_step, a.locked_until, a.factor_locked_until, a.factor_row, a.created_at, a.signed_in_at, a.epoch,
            (SELECT COUNT(*) FROM administrator_passkeys p WHERE p.tenant_id = a.tenant_id AND p.administrator_id = a.administrator_id) AS passkeys
        FROM administrators a
        """;

    private const string NoFailures = "failures = 0, locked_until = NULL, factor_failures = 0, factor_locked_until = NULL, factor_row = 0";

    /// <summary>Whether anybody, in any tenant, can sign in.</summary>
    public async ValueTask<bool> AnyAsync() => await db.FirstAsync<long>("SELECT COUNT(*) FROM (SELECT 1 FROM administrators LIMIT 1) any_one") > 0;

    public async ValueTask<Administrator?> ByEmailAsync(string email) =>
        (await db.FirstAsync<Row>($"{Select} WHERE a.email = @email", new { email }))?.ToAdministrator();

    public async ValueTask<Administrator?> FindAsync(string tenant, string id) =>
        (await db.FirstAsync<Row>($"{Select} WHERE a.tenant_id = @tenant AND a.administrator_id = @id", new { tenant, id }))?.ToAdministrator();

    public async ValueTask<IReadOnlyList<Administrator>> ListAsync(string tenant) =>
        [.. (await db.AllAsync<Row>($"{Select} WHERE a.tenant_id = @tenant ORDER BY a.administrator_id", new { tenant })).Select(r => r.ToAdministrator())];

    public async ValueTask AddAsync(Administrator added) =>
        await db.ExecuteAsync(
            """
            INSERT INTO administrators (tenant_id, administrator_id, email, name, role, password_hash, totp_key, totp_step, failures, created_at)
            VALUES (@tenant, @id, @email, @name, @role, @hash, '', 0, 0, @now)
            """,
            new
            {
                tenant = added.TenantId,
                id = added.AdministratorId,
                email = added.Email,
                name = added.Name,
                role = added.Role.ToString(),
                hash = added.PasswordHash,
                now = added.CreatedAt.Ms(),
            });

    /// <summary>Keeps the row from changing until this write ends; false when they are gone, or another epoch has begun since they were read.</summary>
    public async ValueTask<bool> HoldAsync(Administrator read) =>
        await db.ExecuteAsync(
            "UPDATE administrators SET role = role WHERE tenant_id = @tenant AND administrator_id = @id AND epoch = @epoch",
            new { tenant = read.TenantId, id = read.AdministratorId, epoch = read.Epoch }) == 1;

    /// <summary>Another password, which begins another epoch.</summary>
    public ValueTask<int> SetPasswordAsync(Administrator of) =>
        db.ExecuteAsync(
            "UPDATE administrators SET password_hash = @hash, epoch = epoch + 1 WHERE tenant_id = @tenant AND administrator_id = @id",
            new { hash = of.PasswordHash, tenant = of.TenantId, id = of.AdministratorId });

    /// <summary>Another hash of the same password; not in place of one that was set meanwhile.</summary>
    public ValueTask<int> RehashAsync(Administrator of) =>
        db.ExecuteAsync(
            "UPDATE administrators SET password_hash = @hash WHERE tenant_id = @tenant AND administrator_id = @id AND epoch = @epoch",
            new { hash = of.PasswordHash, tenant = of.TenantId, id = of.AdministratorId, epoch = of.Epoch });

    /// <summary>Ends what was begun: whoever has only entered their password starts again.</summary>
    public ValueTask<int> BeginEpochAsync(string tenant, string id) =>
        db.ExecuteAsync("UPDATE administrators SET epoch = epoch + 1 WHERE tenant_id = @tenant AND administrator_id = @id", new { tenant, id });

    public ValueTask<int> SetRoleAsync(string tenant, string id, AdministratorRole role) =>
        db.ExecuteAsync("UPDATE administrators SET role = @role WHERE tenant_id = @tenant AND administrator_id = @id", new { role = role.ToString(), tenant, id });

    /// <summary>The key of their authenticator app, sealed, and the step that confirmed it; empty takes the app away.</summary>
    public ValueTask<int> SetTotpAsync(string tenant, string id, string sealedKey, long step) =>
        db.ExecuteAsync("UPDATE administrators SET totp_key = @sealedKey, totp_step = @step WHERE tenant_id = @tenant AND administrator_id = @id", new { sealedKey, step, tenant, id });

    public ValueTask<int> ClearFailuresAsync(string tenant, string id) =>
        db.ExecuteAsync($"UPDATE administrators SET {NoFailures} WHERE tenant_id = @tenant AND administrator_id = @id", new { tenant, id });

    /// <summary>False when another epoch has begun since their password was right.</summary>
    public async ValueTask<bool> MarkSignedInAsync(string tenant, string id, long epoch, DateTimeOffset now) =>
        await db.ExecuteAsync(
            $"UPDATE administrators SET {NoFailures}, signed_in_at = @now WHERE tenant_id = @tenant AND administrator_id = @id AND epoch = @epoch",
            new { tenant, id, epoch, now = now.Ms() }) == 1;

    /// <summary>Removes somebody with all that was theirs. Their name stays, for those who read the audit log.</summary>
    public async ValueTask<bool> DeleteAsync(string tenant, string id, DateTimeOffset now)
    {
        await db.ExecuteAsync(
            """
            INSERT INTO administrators_removed (tenant_id, administrator_id, name, email, removed_at)
            SELECT tenant_id, administrator_id, name, email, @now FROM administrators WHERE tenant_id = @tenant AND administrator_id = @id
            """,
            new { tenant, id, now = now.Ms() });
        var key = new { tenant, id };
        foreach (var table in (string[])["administrator_sessions", "administrator_passkeys", "administrator_recovery_codes", "administrator_invitations", "administrator_devices"])
            await db.ExecuteAsync($"DELETE FROM {table} WHERE tenant_id = @tenant AND administrator_id = @id", key);
        return await db.ExecuteAsync("DELETE FROM administrators WHERE tenant_id = @tenant AND administrator_id = @id", key) == 1;
    }

    /// <summary>Those who were removed, as long as the audit log may name them.</summary>
    public async ValueTask<IReadOnlyList<RemovedAdministrator>> RemovedAsync(string tenant) =>
        await db.AllAsync<RemovedAdministrator>(
            "SELECT administrator_id, name, email FROM administrators_removed WHERE tenant_id = @tenant ORDER BY administrator_id", new { tenant });

    /// <summary>Forgets those who were removed before anything that the audit log still has; how many.</summary>
    public ValueTask<int> PruneRemovedAsync(string tenant, int limit) =>
        db.ExecuteAsync(
            """
            DELETE FROM administrators_removed WHERE tenant_id = @tenant AND administrator_id IN (
                SELECT administrator_id FROM administrators_removed WHERE tenant_id = @tenant
                AND removed_at < (SELECT at FROM audit WHERE tenant_id = @tenant ORDER BY sequence LIMIT 1) LIMIT @limit)
            """,
            new { tenant, limit = (long)limit });

    /// <summary>
    /// The owners of a tenant, held until this write ends: two owners who take each other's role at once go one after the other, and the
    /// tenant keeps one.
    /// </summary>
    public async ValueTask<IReadOnlyList<string>> HoldOwnersAsync(string tenant)
    {
        await db.ExecuteAsync("UPDATE administrators SET role = role WHERE tenant_id = @tenant AND role = 'Owner'", new { tenant });
        return await db.AllAsync<string>("SELECT administrator_id FROM administrators WHERE tenant_id = @tenant AND role = 'Owner'", new { tenant });
    }

    private sealed class Row
    {
        public string TenantId { get; init; } = "";
        public string AdministratorId { get; init; } = "";
        public string Email { get; init; } = "";
        public string Name { get; init; } = "";
        public string Role { get; init; } = "";
        public string PasswordHash { get; init; } = "";
        public string TotpKey { get; init; } = "";
        public long TotpStep { get; init; }
        public long? LockedUntil { get; init; }
        public long? FactorLockedUntil { get; init; }
        public long FactorRow { get; init; }
        public long CreatedAt { get; init; }
        public long? SignedInAt { get; init; }
        public long Passkeys { get; init; }
        public long Epoch { get; init; }

        public Administrator ToAdministrator() => new()
        {
            TenantId = TenantId,
            AdministratorId = AdministratorId,
            Email = Email,
            Name = Name,
            Role = Enum.Parse<AdministratorRole>(Role),
            PasswordHash = PasswordHash,
            TotpKey = TotpKey,
            TotpStep = TotpStep,
            LockedUntil = LockedUntil.At(),
            FactorLockedUntil = FactorLockedUntil.At(),
            WrongFactors = FactorRow,
            CreatedAt = CreatedAt.At(),
            SignedInAt = SignedInAt.At(),
            Passkeys = (int)Passkeys,
            Epoch = Epoch,
        };
    }
}
