using Watchword.Core.Administrators;

namespace Watchword.Server.Storage;

/// <summary>A browser in which an administrator is signed in, and who that is now.</summary>
internal sealed class AdministratorSession
{
    public string TenantId { get; init; } = "";
    public string AdministratorId { get; init; } = "";
    public string SessionId { get; init; } = "";
    public long StartedAt { get; init; }
    public long SeenAt { get; init; }
    public string? Address { get; init; }
    public string UserAgent { get; init; } = "";
    public string Name { get; init; } = "";
    public string Email { get; init; } = "";

    /// <summary>The column; read <see cref="CurrentRole"/>.</summary>
    public string Role { get; init; } = "";

    public AdministratorRole CurrentRole => Enum.Parse<AdministratorRole>(Role);
}

/// <summary>Where administrators are signed in. A sign-in ends with its row, at once and on every node.</summary>
internal sealed class AdministratorSessionStore(SqlSession db)
{
    private const string Select =
        """
        SELECT s.tenant_id, s.administrator_id, s.session_id, s.started_at, s.seen_at, s.address, s.user_agent, a.name, a.email, a.role
        FROM administrator_sessions s JOIN administrators a ON a.tenant_id = s.tenant_id AND a.administrator_id = s.administrator_id
        """;

    public ValueTask<int> AddAsync(AdministratorSession added) =>
        db.ExecuteAsync(
            """
            INSERT INTO administrator_sessions (tenant_id, administrator_id, session_id, started_at, seen_at, address, user_agent)
            VALUES (@tenant, @administrator, @session, @started, @seen, @address, @agent)
            """,
            new
            {
                tenant = added.TenantId,
                administrator = added.AdministratorId,
                session = added.SessionId,
                started = added.StartedAt,
                seen = added.SeenAt,
                address = added.Address,
                agent = added.UserAgent,
            });

    public ValueTask<AdministratorSession?> FindAsync(string tenant, string session) =>
        db.FirstAsync<AdministratorSession>($"{Select} WHERE s.tenant_id = @tenant AND s.session_id = @session", new { tenant, session });

    public async ValueTask<IReadOnlyList<AdministratorSession>> ListAsync(string tenant, string administrator) =>
        await db.AllAsync<AdministratorSession>(
            $"{Select} WHERE s.tenant_id = @tenant AND s.administrator_id = @administrator ORDER BY s.session_id DESC", new { tenant, administrator });

    public ValueTask<int> TouchAsync(string tenant, string session, DateTimeOffset now) =>
        db.ExecuteAsync("UPDATE administrator_sessions SET seen_at = @now WHERE tenant_id = @tenant AND session_id = @session", new { tenant, session, now = now.Ms() });

    public async ValueTask<bool> EndAsync(string tenant, string session) =>
        await db.ExecuteAsync("DELETE FROM administrator_sessions WHERE tenant_id = @tenant AND session_id = @session", new { tenant, session }) == 1;

    public ValueTask<int> EndAllAsync(string tenant, string administrator) =>
        db.ExecuteAsync("DELETE FROM administrator_sessions WHERE tenant_id = @tenant AND administrator_id = @administrator", new { tenant, administrator });

    public ValueTask<int> EndOthersAsync(string tenant, string administrator, string kept) =>
        db.ExecuteAsync(
            "DELETE FROM administrator_sessions WHERE tenant_id = @tenant AND administrator_id = @administrator AND session_id <> @kept", new { tenant, administrator, kept });

    /// <summary>Forgets sessions that nobody can use any more; how many.</summary>
    public ValueTask<int> PruneAsync(DateTimeOffset seenBefore, int limit) =>
        db.ExecuteAsync(
            """
            DELETE FROM administrator_sessions WHERE session_id IN (SELECT session_id FROM administrator_sessions WHERE seen_at < @before LIMIT @limit)
            """,
            new { before = seenBefore.Ms(), limit = (long)limit });
}
