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
    public DateTimeOffset? LockedUntil { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? SignedInAt { get; init; }
    public int Passkeys { get; init; }

    /// <summary>Whether there is something besides the password: until then they get no further than setting it up.</summary>
    public bool HasSecondFactor => TotpKey.Length > 0 || Passkeys > 0;
}

/// <summary>The administrators of all tenants; an email address is one person's in the whole installation.</summary>
internal sealed class AdministratorStore(SqlSession db)
{
    private const string Select =
        """
        SELECT a.tenant_id, a.administrator_id, a.email, a.name, a.role, a.password_hash, a.totp_key, a.totp_step, a.locked_until, a.created_at, a.signed_in_at,
            (SELECT COUNT(*) FROM administrator_passkeys p WHERE p.tenant_id = a.tenant_id AND p.administrator_id = a.administrator_id) AS passkeys
        FROM administrators a
        """;

    /// <summary>Wrong tries after which the door is shut for a while.</summary>
    public const int MostFailures = 5;

    /// <summary>How long it stays shut.</summary>
    public static readonly TimeSpan LockDuration = TimeSpan.FromMinutes(15);

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

    /// <summary>Keeps the row from changing until this write ends.</summary>
    public ValueTask<int> HoldAsync(string tenant, string id) =>
        db.ExecuteAsync("UPDATE administrators SET role = role WHERE tenant_id = @tenant AND administrator_id = @id", new { tenant, id });

    public ValueTask<int> SetPasswordAsync(Administrator of) =>
        db.ExecuteAsync("UPDATE administrators SET password_hash = @hash WHERE tenant_id = @tenant AND administrator_id = @id", new { hash = of.PasswordHash, tenant = of.TenantId, id = of.AdministratorId });

    public ValueTask<int> SetRoleAsync(string tenant, string id, AdministratorRole role) =>
        db.ExecuteAsync("UPDATE administrators SET role = @role WHERE tenant_id = @tenant AND administrator_id = @id", new { role = role.ToString(), tenant, id });

    /// <summary>The key of their authenticator app, sealed, and the step that confirmed it; empty takes the app away.</summary>
    public ValueTask<int> SetTotpAsync(string tenant, string id, string sealedKey, long step) =>
        db.ExecuteAsync("UPDATE administrators SET totp_key = @sealedKey, totp_step = @step WHERE tenant_id = @tenant AND administrator_id = @id", new { sealedKey, step, tenant, id });

    /// <summary>
    /// Counts a try before anything is compared, and with the last one allowed locks at once, so that no crash leaves a try uncounted. Null,
    /// and not counted, while locked; otherwise the failures since the last lock, 0 when this try locked.
    /// </summary>
    public async ValueTask<long?> CountTryAsync(string tenant, string id, DateTimeOffset now) =>
        (await db.AllAsync<long>(
            """
            UPDATE administrators SET
                failures = CASE WHEN failures + 1 >= @most THEN 0 ELSE failures + 1 END,
                locked_until = CASE WHEN failures + 1 >= @most THEN @until ELSE NULL END
            WHERE tenant_id = @tenant AND administrator_id = @id AND (locked_until IS NULL OR locked_until <= @now)
            RETURNING failures
            """,
            new { tenant, id, now = now.Ms(), until = (now + LockDuration).Ms(), most = (long)MostFailures })) is [var failures] ? failures : null;

    /// <summary>A try that was counted was right as far as it went: it counts no longer. What others counted meanwhile stays.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="id">Whose.</param>
    /// <param name="counted">What <see cref="CountTryAsync"/> said.</param>
    public ValueTask<int> UncountTryAsync(string tenant, string id, long counted) => counted == 0
        ? db.ExecuteAsync(
            "UPDATE administrators SET failures = @most - 1, locked_until = NULL WHERE tenant_id = @tenant AND administrator_id = @id AND failures = 0 AND locked_until IS NOT NULL",
            new { tenant, id, most = (long)MostFailures })
        : db.ExecuteAsync("UPDATE administrators SET failures = failures - 1 WHERE tenant_id = @tenant AND administrator_id = @id AND failures > 0", new { tenant, id });

    public ValueTask<int> ClearFailuresAsync(string tenant, string id) =>
        db.ExecuteAsync("UPDATE administrators SET failures = 0, locked_until = NULL WHERE tenant_id = @tenant AND administrator_id = @id", new { tenant, id });

    public ValueTask<int> MarkSignedInAsync(string tenant, string id, DateTimeOffset now) =>
        db.ExecuteAsync(
            "UPDATE administrators SET failures = 0, locked_until = NULL, signed_in_at = @now WHERE tenant_id = @tenant AND administrator_id = @id", new { tenant, id, now = now.Ms() });

    /// <summary>Removes somebody with all that was theirs.</summary>
    public async ValueTask<bool> DeleteAsync(string tenant, string id)
    {
        var key = new { tenant, id };
        foreach (var table in (string[])["administrator_sessions", "administrator_passkeys", "administrator_recovery_codes", "administrator_invitations"])
            await db.ExecuteAsync($"DELETE FROM {table} WHERE tenant_id = @tenant AND administrator_id = @id", key);
        return await db.ExecuteAsync("DELETE FROM administrators WHERE tenant_id = @tenant AND administrator_id = @id", key) == 1;
    }

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
        public long CreatedAt { get; init; }
        public long? SignedInAt { get; init; }
        public long Passkeys { get; init; }

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
            CreatedAt = CreatedAt.At(),
            SignedInAt = SignedInAt.At(),
            Passkeys = (int)Passkeys,
        };
    }
}
