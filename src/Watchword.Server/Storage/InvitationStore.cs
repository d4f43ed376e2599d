using Watchword.Core.Administrators;

namespace Watchword.Server.Storage;

/// <summary>A door that is open for one person, once.</summary>
internal sealed record Invitation
{
    public required string TenantId { get; init; }
    public required string InvitationId { get; init; }

    /// <summary>Empty: it makes an administrator. Otherwise this one sets a new password and new second factors.</summary>
    public string AdministratorId { get; init; } = "";

    /// <summary>Whom it is for; empty for whoever holds the set-up code.</summary>
    public string Email { get; init; } = "";
    public required AdministratorRole Role { get; init; }

    /// <summary>An actor, as in events.</summary>
    public required string InvitedBy { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Invitations that are open.</summary>
internal sealed class InvitationStore(SqlSession db)
{
    private const string Columns = "tenant_id, invitation_id, administrator_id, email, role, invited_by, created_at, expires_at";

    public ValueTask<int> AddAsync(Invitation added, byte[] codeHash) =>
        db.ExecuteAsync(
            $"INSERT INTO administrator_invitations ({Columns}, code_hash) VALUES (@tenant, @id, @administrator, @email, @role, @by, @created, @expires, @codeHash)",
            new
            {
                tenant = added.TenantId,
                id = added.InvitationId,
                administrator = added.AdministratorId,
                email = added.Email,
                role = added.Role.ToString(),
                by = added.InvitedBy,
                created = added.CreatedAt.Ms(),
                expires = added.ExpiresAt.Ms(),
                codeHash,
            });

    /// <summary>The invitation with this code, if it may still be used.</summary>
    public async ValueTask<Invitation?> OpenAsync(byte[] codeHash, DateTimeOffset now) =>
        (await db.FirstAsync<Row>(
            $"SELECT {Columns} FROM administrator_invitations WHERE code_hash = @codeHash AND used_at IS NULL AND expires_at > @now", new { codeHash, now = now.Ms() }))?.ToInvitation();

    /// <summary>Those of a tenant that wait for somebody; not the set-up codes.</summary>
    public async ValueTask<IReadOnlyList<Invitation>> ListAsync(string tenant, DateTimeOffset now) =>
        [.. (await db.AllAsync<Row>(
            $"SELECT {Columns} FROM administrator_invitations WHERE tenant_id = @tenant AND used_at IS NULL AND expires_at > @now AND email <> '' ORDER BY invitation_id",
            new { tenant, now = now.Ms() })).Select(r => r.ToInvitation())];

    public async ValueTask<Invitation?> FindAsync(string tenant, string id) =>
        (await db.FirstAsync<Row>($"SELECT {Columns} FROM administrator_invitations WHERE tenant_id = @tenant AND invitation_id = @id", new { tenant, id }))?.ToInvitation();

    public async ValueTask<bool> DeleteAsync(string tenant, string id) =>
        await db.ExecuteAsync("DELETE FROM administrator_invitations WHERE tenant_id = @tenant AND invitation_id = @id AND used_at IS NULL", new { tenant, id }) == 1;

    /// <summary>Shuts all doors for an address, before another one is opened.</summary>
    public ValueTask<int> DeleteForAsync(string tenant, string email) =>
        db.ExecuteAsync("DELETE FROM administrator_invitations WHERE tenant_id = @tenant AND email = @email AND used_at IS NULL", new { tenant, email });

    /// <summary>Shuts the doors that somebody opened who may open none any more.</summary>
    public ValueTask<int> DeleteOfAsync(string tenant, string actor) =>
        db.ExecuteAsync("DELETE FROM administrator_invitations WHERE tenant_id = @tenant AND invited_by = @actor AND used_at IS NULL", new { tenant, actor });

    /// <summary>Shuts the doors that were open as long as there was nobody.</summary>
    public ValueTask<int> DeleteSetUpCodesAsync() =>
        db.ExecuteAsync("DELETE FROM administrator_invitations WHERE administrator_id = '' AND invited_by = 'system' AND used_at IS NULL");

    /// <summary>Forgets what is over; how many.</summary>
    public ValueTask<int> PruneAsync(DateTimeOffset expiredBefore, int limit) =>
        db.ExecuteAsync(
            "DELETE FROM administrator_invitations WHERE invitation_id IN (SELECT invitation_id FROM administrator_invitations WHERE expires_at < @before LIMIT @limit)",
            new { before = expiredBefore.Ms(), limit = (long)limit });

    private sealed class Row
    {
        public string TenantId { get; init; } = "";
        public string InvitationId { get; init; } = "";
        public string AdministratorId { get; init; } = "";
        public string Email { get; init; } = "";
        public string Role { get; init; } = "";
        public string InvitedBy { get; init; } = "";
        public long CreatedAt { get; init; }
        public long ExpiresAt { get; init; }

        public Invitation ToInvitation() => new()
        {
            TenantId = TenantId,
            InvitationId = InvitationId,
            AdministratorId = AdministratorId,
            Email = Email,
            Role = Enum.Parse<AdministratorRole>(Role),
            InvitedBy = InvitedBy,
            CreatedAt = CreatedAt.At(),
            ExpiresAt = ExpiresAt.At(),
        };
    }
}
