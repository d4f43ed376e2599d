using Watchword.Core.Apps;
using Watchword.Core.Otp;

namespace Watchword.Server.Storage;

/// <summary>A tenant, for operators.</summary>
internal sealed record TenantName(string TenantId, string Name);

/// <summary>A client's secret that works until an instant, since there is a newer one.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Name">For people.</param>
/// <param name="AppId">Its application; empty for a management client.</param>
/// <param name="EndsAt">First instant at which it no longer works.</param>
internal sealed record EndingSecret(string ClientId, string Name, string AppId, DateTimeOffset EndsAt);

/// <summary>An application, for lists to choose from.</summary>
internal sealed record ApplicationName(string AppId, string Name);

/// <summary>Tenants, their applications, and the clients of both.</summary>
internal sealed class ApplicationStore(SqlSession db)
{
    private const string ApplicationColumns =
        "tenant_id, app_id, app_name, redirect_uris, login_preferences, settings, created_at, updated_at";

    /// <summary>The tenant made at first start, whose management clients may also turn the issuer's keys.</summary>
    public ValueTask<string?> FirstTenantAsync() =>
        db.FirstAsync<string>("SELECT tenant_id FROM tenants WHERE is_first = 1");

    /// <summary>All tenants, the oldest first.</summary>
    public async ValueTask<IReadOnlyList<TenantName>> TenantsAsync() =>
        await db.AllAsync<TenantName>("SELECT tenant_id, name FROM tenants ORDER BY tenant_id");

    public ValueTask<string?> TenantByNameAsync(string name) =>
        db.FirstAsync<string>("SELECT tenant_id FROM tenants WHERE name = @name", new { name });

    public async ValueTask AddTenantAsync(string tenant, string name, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            INSERT INTO tenants (tenant_id, name, is_first, created_at)
            VALUES (@tenant, @name, CASE WHEN EXISTS (SELECT 1 FROM tenants) THEN 0 ELSE 1 END, @now)
            """,
            new { tenant, name, now = now.Ms() });

    public async ValueTask AddAsync(Application app) =>
        await db.ExecuteAsync(
            $"""
            INSERT INTO applications ({ApplicationColumns})
            VALUES (@tenant, @app, @name, @uris, @preferences, @settings, @created, @updated)
            """,
            new
            {
                tenant = app.TenantId,
                app = app.AppId,
                name = app.Name,
                uris = StoredJson.Write(app.RedirectUris),
                preferences = StoredJson.Write(app.LoginPreferences),
                settings = StoredJson.Write(app.Settings),
                created = app.CreatedAt.Ms(),
                updated = app.UpdatedAt.Ms(),
            });

    public async ValueTask<Application?> FindAsync(string tenant, string app) =>
        (await db.FirstAsync<ApplicationRow>(
            $"SELECT {ApplicationColumns} FROM applications WHERE tenant_id = @tenant AND app_id = @app", new { tenant, app }))?.ToApplication();

    public async ValueTask<IReadOnlyList<Application>> ListAsync(string tenant) =>
        [.. (await db.AllAsync<ApplicationRow>(
            $"SELECT {ApplicationColumns} FROM applications WHERE tenant_id = @tenant ORDER BY app_id", new { tenant })).Select(r => r.ToApplication())];

    /// <summary>What the tenant's applications are called, without their settings.</summary>
    public async ValueTask<IReadOnlyList<ApplicationName>> NamesAsync(string tenant) =>
        await db.AllAsync<ApplicationName>("SELECT app_id, app_name AS name FROM applications WHERE tenant_id = @tenant ORDER BY app_name, app_id", new { tenant });

    public async ValueTask ReplaceAsync(Application app) =>
        await db.ExecuteAsync(
            """
            UPDATE applications SET app_name = @name, redirect_uris = @uris, login_preferences = @preferences, settings = @settings, updated_at = @updated
            WHERE tenant_id = @tenant AND app_id = @app
            """,
            new
            {
                tenant = app.TenantId,
                app = app.AppId,
                name = app.Name,
                uris = StoredJson.Write(app.RedirectUris),
                preferences = StoredJson.Write(app.LoginPreferences),
                settings = StoredJson.Write(app.Settings),
                updated = app.UpdatedAt.Ms(),
            });

    /// <summary>Deletes an application and all that hangs on it. Users stay in the tenant.</summary>
    public async ValueTask<bool> DeleteAsync(string tenant, string app)
    {
        var key = new { tenant, app };
        await db.ExecuteAsync(
            "DELETE FROM client_secrets WHERE tenant_id = @tenant AND client_id IN (SELECT client_id FROM clients WHERE tenant_id = @tenant AND app_id = @app)", key);
        await db.ExecuteAsync(
            "DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM sessions WHERE tenant_id = @tenant AND app_id = @app)", key);
        await db.ExecuteAsync("DELETE FROM clients WHERE tenant_id = @tenant AND app_id = @app", key);
        await db.ExecuteAsync("DELETE FROM memberships WHERE tenant_id = @tenant AND app_id = @app", key);
        await db.ExecuteAsync("DELETE FROM login_state WHERE tenant_id = @tenant AND app_id = @app", key);
        await db.ExecuteAsync("DELETE FROM challenges WHERE tenant_id = @tenant AND app_id = @app", key);
        await db.ExecuteAsync("DELETE FROM sends WHERE tenant_id = @tenant AND app_id = @app", key);
        await db.ExecuteAsync("DELETE FROM outbox WHERE tenant_id = @tenant AND app_id = @app", key);
        await db.ExecuteAsync("DELETE FROM sessions WHERE tenant_id = @tenant AND app_id = @app", key);
        await new StatisticsStore(db).DeleteAsync(tenant, app);
        return await db.ExecuteAsync("DELETE FROM applications WHERE tenant_id = @tenant AND app_id = @app", key) == 1;
    }

    public async ValueTask AddClientAsync(Client client) =>
        await db.ExecuteAsync(
            """
            INSERT INTO clients (client_id, tenant_id, app_id, name, settings, created_at)
            VALUES (@id, @tenant, @app, @name, @settings, @created)
            """,
            new
            {
                id = client.ClientId,
                tenant = client.TenantId,
                app = client.AppId ?? "",
                name = client.Name,
                settings = StoredJson.Write(client.Settings),
                created = client.CreatedAt.Ms(),
            });

    public async ValueTask ReplaceClientAsync(Client client) =>
        await db.ExecuteAsync(
            "UPDATE clients SET name = @name, settings = @settings WHERE tenant_id = @tenant AND client_id = @id",
            new { id = client.ClientId, tenant = client.TenantId, name = client.Name, settings = StoredJson.Write(client.Settings) });

    public async ValueTask<bool> DeleteClientAsync(string tenant, string client, DateTimeOffset now)
    {
        var key = new { tenant, client };
        await db.ExecuteAsync("DELETE FROM client_secrets WHERE tenant_id = @tenant AND client_id = @client", key);
        await db.ExecuteAsync("DELETE FROM challenges WHERE tenant_id = @tenant AND client_id = @client", key);
        await new SessionStore(db).EndAllOfClientAsync(tenant, client, now);
        return await db.ExecuteAsync("DELETE FROM clients WHERE tenant_id = @tenant AND client_id = @client", key) == 1;
    }

    /// <summary>A client with its secrets, by its id alone: at the token endpoint nothing else is known.</summary>
    public async ValueTask<Client?> FindClientAsync(string client)
    {
        var row = await db.FirstAsync<ClientRow>(
            "SELECT client_id, tenant_id, app_id, name, settings, created_at FROM clients WHERE client_id = @client", new { client });
        if (row is null)
            return null;
        var secrets = await db.AllAsync<SecretRow>(
            "SELECT secret_hash, expires_at FROM client_secrets WHERE tenant_id = @tenant AND client_id = @client ORDER BY created_at",
            new { tenant = row.TenantId, client });
        return row.ToClient(secrets);
    }

    public async ValueTask<IReadOnlyList<string>> ClientIdsAsync(string tenant, string app) =>
        await db.AllAsync<string>("SELECT client_id FROM clients WHERE tenant_id = @tenant AND app_id = @app ORDER BY created_at, client_id", new { tenant, app });

    /// <summary>Clients of each application; those of the tenant itself count for none.</summary>
    public async ValueTask<IReadOnlyDictionary<string, int>> ClientCountsAsync(string tenant) =>
        (await db.AllAsync<ClientCountRow>("SELECT app_id, COUNT(*) AS clients FROM clients WHERE tenant_id = @tenant AND app_id <> '' GROUP BY app_id", new { tenant }))
            .ToDictionary(r => r.AppId, r => (int)r.Clients);

    public async ValueTask AddSecretAsync(Client client, byte[] hash, DateTimeOffset now) =>
        await db.ExecuteAsync(
            "INSERT INTO client_secrets (tenant_id, client_id, secret_hash, created_at) VALUES (@tenant, @client, @hash, @now)",
            new { tenant = client.TenantId, client = client.ClientId, hash, now = now.Ms() });

    /// <summary>Ends every secret but the newest one at an instant, and forgets those that have ended: never more than two are live.</summary>
    public async ValueTask RetireSecretsAsync(Client client, DateTimeOffset end, DateTimeOffset now)
    {
        var key = new { tenant = client.TenantId, client = client.ClientId, end = end.Ms(), now = now.Ms() };
        await db.ExecuteAsync(
            """
            DELETE FROM client_secrets WHERE tenant_id = @tenant AND client_id = @client
            AND (expires_at IS NOT NULL OR created_at < (SELECT MAX(created_at) FROM client_secrets WHERE tenant_id = @tenant AND client_id = @client))
            """,
            key);
        await db.ExecuteAsync("UPDATE client_secrets SET expires_at = @end WHERE tenant_id = @tenant AND client_id = @client", key);
    }

    /// <summary>Secrets that still work and will not for ever: those that a rotation left behind.</summary>
    public async ValueTask<IReadOnlyList<EndingSecret>> EndingSecretsAsync(string tenant, DateTimeOffset now) =>
        [.. (await db.AllAsync<EndingRow>(
            """
            SELECT c.client_id, c.name, c.app_id, s.expires_at FROM client_secrets s JOIN clients c ON c.tenant_id = s.tenant_id AND c.client_id = s.client_id
            WHERE s.tenant_id = @tenant AND s.expires_at > @now ORDER BY s.expires_at
            """,
            new { tenant, now = now.Ms() })).Select(r => new EndingSecret(r.ClientId, r.Name, r.AppId, r.ExpiresAt.At()))];

    /// <summary>When a tenant was made, or null.</summary>
    public async ValueTask<DateTimeOffset?> TenantSinceAsync(string tenant) =>
        (await db.FirstAsync<long?>("SELECT created_at FROM tenants WHERE tenant_id = @tenant", new { tenant })).At();

    private sealed record EndingRow(string ClientId, string Name, string AppId, long ExpiresAt);

    private sealed class ClientCountRow
    {
        public string AppId { get; init; } = "";
        public long Clients { get; init; }
    }

    private sealed class ApplicationRow
    {
        public string TenantId { get; init; } = "";
        public string AppId { get; init; } = "";
        public string AppName { get; init; } = "";
        public string RedirectUris { get; init; } = "";
        public string LoginPreferences { get; init; } = "";
        public string Settings { get; init; } = "";
        public long CreatedAt { get; init; }
        public long UpdatedAt { get; init; }

        public Application ToApplication() => new(
            TenantId, AppId, AppName, StoredJson.Read<string[]>(RedirectUris), StoredJson.Read<LoginPreferences>(LoginPreferences),
            StoredJson.Read<ApplicationSettings>(Settings), CreatedAt.At(), UpdatedAt.At());
    }

    private sealed class ClientRow
    {
        public string ClientId { get; init; } = "";
        public string TenantId { get; init; } = "";
        public string AppId { get; init; } = "";
        public string Name { get; init; } = "";
        public string Settings { get; init; } = "";
        public long CreatedAt { get; init; }

        public Client ToClient(IEnumerable<SecretRow> secrets) => new(
            TenantId, ClientId, AppId is "" ? null : AppId, Name, StoredJson.Read<ClientSettings>(Settings),
            [.. secrets.Select(s => new ClientSecret(s.SecretHash, s.ExpiresAt.At()))], CreatedAt.At());
    }

    private sealed class SecretRow
    {
        public byte[] SecretHash { get; init; } = [];
        public long? ExpiresAt { get; init; }
    }
}
