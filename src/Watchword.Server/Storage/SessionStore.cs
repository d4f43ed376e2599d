using Watchword.Core.Apps;
using Watchword.Core.Sessions;

namespace Watchword.Server.Storage;

/// <summary>A refresh token as it is kept.</summary>
internal sealed record RefreshToken(string ClientId, DateTimeOffset ExpiresAt, bool Used);

/// <summary>What a session is found by.</summary>
internal sealed record SessionKey(string TenantId, string SessionId)
{
    /// <summary>Before every other.</summary>
    public static SessionKey First { get; } = new("", "");
}

/// <summary>
/// Sessions and the refresh tokens that live and die with them. A user's sessions in an application form a chain, newest first, that begins
/// at the user's login state. A session that ended is one that has expired: its row stays until those before it have gone.
/// </summary>
internal sealed class SessionStore(SqlSession db)
{
    private const string Columns = "tenant_id, session_id, app_id, client_id, user_id, started_at, auth_time, expires_at, methods, resource, ends_at, claims";

    private const string OfUser =
        """
        tenant_id = @tenant AND user_id = @user AND (@app = '' OR app_id = @app)
        AND app_id IN (SELECT app_id FROM memberships WHERE tenant_id = @tenant AND user_id = @user)
        """;

    /// <summary>The names of a user's sessions, in one application or in all.</summary>
    private const string Chain =
        $"""
        WITH RECURSIVE chain (session_id) AS (
            SELECT latest_session FROM login_state WHERE {OfUser}
            UNION ALL
            SELECT s.previous_session FROM chain c JOIN sessions s ON s.tenant_id = @tenant AND s.session_id = c.session_id)
        """;

    /// <summary>Adds a session to its user's chain; <see cref="ChallengeStore.ClearFailuresAsync"/> of the same write makes it the latest.</summary>
    public async ValueTask AddAsync(Session session, byte[] secretHash, string previous) =>
        await db.ExecuteAsync(
            $"""
            INSERT INTO sessions ({Columns}, secret_hash, previous_session)
            VALUES (@tenant, @session, @app, @client, @user, @started, @auth, @expires, @methods, @resource, @ends, @claims, @secretHash, @previous)
            """,
            new
            {
                tenant = session.TenantId,
                session = session.SessionId,
                app = session.AppId,
                client = session.ClientId,
                user = session.UserId,
                started = session.StartedAt.Ms(),
                auth = session.AuthTime.Ms(),
                expires = session.ExpiresAt.Ms(),
                methods = StoredJson.WriteChannels(session.Methods),
                resource = session.Resource,
                ends = session.EndsAt.Ms(),
                claims = Written(session.Claims),
                secretHash,
                previous,
            });

    /// <summary>A live session by its public name.</summary>
    public async ValueTask<Session?> FindAsync(string tenant, string session, DateTimeOffset now) =>
        (await db.FirstAsync<SessionRow>(
            $"SELECT {Columns} FROM sessions WHERE tenant_id = @tenant AND session_id = @session AND expires_at > @now",
            new { tenant, session, now = now.Ms() }))?.ToSession();

    /// <summary>A live session by its name and its secret.</summary>
    public async ValueTask<Session?> FindAsync(string tenant, string session, byte[] secretHash, DateTimeOffset now) =>
        (await db.FirstAsync<SessionRow>(
            $"SELECT {Columns} FROM sessions WHERE tenant_id = @tenant AND session_id = @session AND secret_hash = @secretHash AND expires_at > @now",
            new { tenant, session, secretHash, now = now.Ms() }))?.ToSession();

    /// <summary>A user's live sessions in an application.</summary>
    public async ValueTask<IReadOnlyList<Session>> ListAsync(string tenant, string user, string? app, DateTimeOffset now) =>
        [.. (await db.AllAsync<SessionRow>(
            $"{Chain} SELECT {Columns} FROM sessions WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM chain) AND expires_at > @now ORDER BY session_id",
            new { tenant, user, app = app ?? "", now = now.Ms() })).Select(r => r.ToSession())];

    /// <summary>Records another login in a session. False when it has been ended meanwhile: nothing brings one back.</summary>
    public async ValueTask<bool> UpdateAsync(Session session, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            UPDATE sessions SET auth_time = @auth, methods = @methods, resource = @resource, claims = @claims, expires_at = @expires
            WHERE tenant_id = @tenant AND session_id = @session AND expires_at > @now
            """,
            new
            {
                tenant = session.TenantId,
                session = session.SessionId,
                auth = session.AuthTime.Ms(),
                methods = StoredJson.WriteChannels(session.Methods),
                resource = session.Resource,
                claims = Written(session.Claims),
                expires = session.ExpiresAt.Ms(),
                now = now.Ms(),
            }) == 1;

    /// <summary>Puts off when an idle session expires. False when it has been ended meanwhile.</summary>
    public async ValueTask<bool> ExtendAsync(Session session, DateTimeOffset now) =>
        await db.ExecuteAsync(
            "UPDATE sessions SET expires_at = @expires WHERE tenant_id = @tenant AND session_id = @session AND expires_at > @now",
            new { tenant = session.TenantId, session = session.SessionId, expires = session.ExpiresAt.Ms(), now = now.Ms() }) == 1;

    /// <summary>Ends a session and its refresh tokens. False when it had been ended already.</summary>
    public async ValueTask<bool> EndAsync(string tenant, string session)
    {
        var key = new { tenant, session };
        await db.ExecuteAsync("DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id = @session", key);
        // Not deleted: the user's older sessions are found through it.
        return await db.ExecuteAsync("UPDATE sessions SET expires_at = 0 WHERE tenant_id = @tenant AND session_id = @session AND expires_at > 0", key) == 1;
    }

    /// <summary>Ends all sessions of a user, in one application or in all.</summary>
    public async ValueTask EndAllAsync(string tenant, string user, string? app)
    {
        var key = new { tenant, user, app = app ?? "" };
        // Held first: a login under way on another node ends before this reads the chain, or begins after it.
        await db.ExecuteAsync($"UPDATE login_state SET updated_at = updated_at WHERE {OfUser}", key);
        await db.ExecuteAsync($"{Chain} DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM chain)", key);
        await db.ExecuteAsync($"{Chain} DELETE FROM sessions WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM chain)", key);
        await db.ExecuteAsync($"UPDATE login_state SET latest_session = '' WHERE {OfUser}", key);
    }

    /// <summary>Ends all sessions that a client opened.</summary>
    public async ValueTask EndAllOfClientAsync(string tenant, string client)
    {
        var key = new { tenant, client };
        await db.ExecuteAsync(
            "DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM sessions WHERE tenant_id = @tenant AND client_id = @client)", key);
        await db.ExecuteAsync("UPDATE sessions SET expires_at = 0 WHERE tenant_id = @tenant AND client_id = @client", key);
    }

    /// <summary>Adds a refresh token of a session, which it does not outlive.</summary>
    public async ValueTask AddRefreshTokenAsync(Session session, Client client, byte[] hash, DateTimeOffset now)
    {
        var expires = now.AddSeconds(client.Settings.RefreshTokenLifetime);
        await db.ExecuteAsync(
            """
            INSERT INTO refresh_tokens (tenant_id, session_id, token_hash, client_id, created_at, expires_at)
            VALUES (@tenant, @session, @hash, @client, @now, @expires)
            """,
            new
            {
                tenant = session.TenantId,
                session = session.SessionId,
                hash,
                client = client.ClientId,
                now = now.Ms(),
                // Not the idle limit's end, which moves.
                expires = (expires < session.EndsAt ? expires : session.EndsAt).Ms(),
            });
    }

    public async ValueTask<RefreshToken?> FindRefreshTokenAsync(string tenant, string session, byte[] hash)
    {
        var row = await db.FirstAsync<RefreshTokenRow>(
            "SELECT client_id, expires_at, used_at FROM refresh_tokens WHERE tenant_id = @tenant AND session_id = @session AND token_hash = @hash",
            new { tenant, session, hash });
        return row is null ? null : new RefreshToken(row.ClientId, row.ExpiresAt.At(), row.UsedAt is not null);
    }

    /// <summary>
    /// Sessions that have expired, in the order of their keys from one key on. Walks the table: an index by expiry would cost every login
    /// more than the walk costs.
    /// </summary>
    public async ValueTask<IReadOnlyList<SessionKey>> ExpiredAsync(SessionKey after, DateTimeOffset now, int limit) =>
        await db.AllAsync<SessionKey>(
            """
            SELECT tenant_id, session_id FROM sessions WHERE (tenant_id, session_id) > (@tenant, @session) AND expires_at <= @now
            ORDER BY tenant_id, session_id LIMIT @limit
            """,
            new { tenant = after.TenantId, session = after.SessionId, now = now.Ms(), limit = (long)limit });

    /// <summary>
    /// Forgets those of these sessions that are still expired, unless an older one of their user lives: it is found through them.
    /// </summary>
    public async ValueTask PruneAsync(IReadOnlyList<SessionKey> expired, DateTimeOffset now)
    {
        foreach (var (tenant, session) in expired)
        {
            var key = new { tenant, session, now = now.Ms() };
            await db.ExecuteAsync(
                """
                DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id = @session
                AND EXISTS (SELECT 1 FROM sessions WHERE tenant_id = @tenant AND session_id = @session AND expires_at <= @now)
                """,
                key);
            await db.ExecuteAsync(
                """
                DELETE FROM sessions WHERE tenant_id = @tenant AND session_id = @session AND expires_at <= @now
                AND NOT EXISTS (SELECT 1 FROM sessions older WHERE older.tenant_id = @tenant AND older.session_id = sessions.previous_session)
                """,
                key);
        }
    }

    private static string Written(RequestedClaims claims) => claims.IsEmpty ? "" : StoredJson.Write(claims);

    private sealed class RefreshTokenRow
    {
        public string ClientId { get; init; } = "";
        public long ExpiresAt { get; init; }
        public long? UsedAt { get; init; }
    }

    private sealed class SessionRow
    {
        public string TenantId { get; init; } = "";
        public string SessionId { get; init; } = "";
        public string AppId { get; init; } = "";
        public string ClientId { get; init; } = "";
        public string UserId { get; init; } = "";
        public long StartedAt { get; init; }
        public long AuthTime { get; init; }
        public long ExpiresAt { get; init; }
        public string Methods { get; init; } = "";
        public string? Resource { get; init; }
        public long EndsAt { get; init; }
        public string Claims { get; init; } = "";

        public Session ToSession() => new(
            TenantId, SessionId, AppId, ClientId, UserId, StartedAt.At(), AuthTime.At(), ExpiresAt.At(), StoredJson.ReadChannels(Methods), Resource)
        {
            EndsAt = EndsAt.At(),
            Claims = Claims.Length == 0 ? RequestedClaims.None : StoredJson.Read<RequestedClaims>(Claims),
        };
    }
}
