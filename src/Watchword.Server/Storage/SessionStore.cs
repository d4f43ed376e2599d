using Watchword.Core;
using Watchword.Core.Apps;
using Watchword.Core.Sessions;

namespace Watchword.Server.Storage;

/// <summary>A refresh token as it is kept.</summary>
internal sealed record RefreshToken(string ClientId, DateTimeOffset ExpiresAt, bool Used);

/// <summary>A session as it is kept, until long after its end.</summary>
internal sealed class KeptSession
{
    public string SessionId { get; init; } = "";
    public string AppId { get; init; } = "";
    public string ClientId { get; init; } = "";
    public long StartedAt { get; init; }
    public long AuthTime { get; init; }
    public long ExpiresAt { get; init; }
    public long EndsAt { get; init; }
    public string Methods { get; init; } = "";
    public string? Resource { get; init; }

    /// <summary>When it ended, or will unless something ends it before.</summary>
    public DateTimeOffset End => (ExpiresAt > 0 ? ExpiresAt : EndsAt).At();
}

/// <summary>
/// Sessions and the refresh tokens that live and die with them. A user's sessions in an application form a chain, newest first, that begins
/// at the user's login state. A session that ended is one that has expired: its row stays for as long as the tenant keeps such, and until
/// those before it have gone.
/// </summary>
internal sealed class SessionStore(SqlSession db)
{
    private const string Columns = "tenant_id, session_id, app_id, client_id, user_id, started_at, auth_time, expires_at, methods, resource, ends_at, claims";

    /// <summary>Ended before its time: an expiry that no clock of any node is before, and when it was.</summary>
    private const string Ended = "expires_at = 0, ends_at = CASE WHEN expires_at < @now THEN expires_at ELSE @now END";

    /// <summary>It was over before an instant: it had expired, or had been ended.</summary>
    private const string Over = "expires_at < @before AND (expires_at > 0 OR ends_at < @before)";

    private const string Live = "SELECT 1 FROM sessions s WHERE s.tenant_id = @tenant AND s.expires_at > @now";

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
    public async ValueTask<bool> EndAsync(string tenant, string session, DateTimeOffset now)
    {
        var key = new { tenant, session, now = now.Ms() };
        await db.ExecuteAsync("DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id = @session", key);
        // Not deleted: the user's older sessions are found through it.
        return await db.ExecuteAsync($"UPDATE sessions SET {Ended} WHERE tenant_id = @tenant AND session_id = @session AND expires_at > 0", key) == 1;
    }

    /// <summary>Holds up logins: one under way on another node ends before the caller reads the chain, or begins after this write.</summary>
    public async ValueTask HoldAsync(string tenant, string user, string? app) =>
        await db.ExecuteAsync($"UPDATE login_state SET updated_at = updated_at WHERE {OfUser}", new { tenant, user, app = app ?? "" });

    /// <summary>Ends all sessions of a user, in one application or in all.</summary>
    public async ValueTask EndAllAsync(string tenant, string user, string? app, DateTimeOffset now)
    {
        var key = new { tenant, user, app = app ?? "", now = now.Ms() };
        await HoldAsync(tenant, user, app);
        await db.ExecuteAsync($"{Chain} DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM chain)", key);
        await db.ExecuteAsync($"{Chain} UPDATE sessions SET {Ended} WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM chain) AND expires_at > 0", key);
    }

    /// <summary>Deletes all sessions of a user, those that are over too, in one application or in all.</summary>
    public async ValueTask DeleteAllAsync(string tenant, string user, string? app)
    {
        var key = new { tenant, user, app = app ?? "" };
        await HoldAsync(tenant, user, app);
        await db.ExecuteAsync($"{Chain} DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM chain)", key);
        await db.ExecuteAsync($"{Chain} DELETE FROM sessions WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM chain)", key);
        await db.ExecuteAsync($"UPDATE login_state SET latest_session = '' WHERE {OfUser}", key);
    }

    /// <summary>Ends all sessions that a client opened.</summary>
    public async ValueTask EndAllOfClientAsync(string tenant, string client, DateTimeOffset now)
    {
        var key = new { tenant, client, now = now.Ms() };
        await db.ExecuteAsync(
            "DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM sessions WHERE tenant_id = @tenant AND client_id = @client)", key);
        await db.ExecuteAsync($"UPDATE sessions SET {Ended} WHERE tenant_id = @tenant AND client_id = @client AND expires_at > 0", key);
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
    /// Sessions that were over before an instant, in the order of their names from one on. Walks the table, but only its part up to the
    /// instant: names are ordered by time. An index by expiry would cost every login more than the walk costs.
    /// </summary>
    public async ValueTask<IReadOnlyList<string>> OverAsync(string tenant, string after, DateTimeOffset before, int limit) =>
        await db.AllAsync<string>(
            $"""
            SELECT session_id FROM sessions WHERE tenant_id = @tenant AND session_id > @after AND session_id < @until AND {Over}
            ORDER BY session_id LIMIT @limit
            """,
            new { tenant, after, until = Ids.FirstAt(before), before = before.Ms(), limit = (long)limit });

    /// <summary>
    /// Forgets those of these sessions that were over, unless an older one of their user is still there: it is found through them.
    /// </summary>
    public async ValueTask PruneAsync(string tenant, IReadOnlyList<string> over, DateTimeOffset before)
    {
        foreach (var session in over)
        {
            await db.ExecuteAsync(
                $"""
                DELETE FROM sessions WHERE tenant_id = @tenant AND session_id = @session AND {Over}
                AND NOT EXISTS (SELECT 1 FROM sessions older WHERE older.tenant_id = @tenant AND older.session_id = sessions.previous_session)
                """,
                new { tenant, session, before = before.Ms() });
        }
    }

    /// <summary>Sessions that opened nothing at an instant but have refresh tokens, in the order of their names from one on.</summary>
    public async ValueTask<IReadOnlyList<string>> SpentAsync(string tenant, string after, DateTimeOffset now, int limit) =>
        await db.AllAsync<string>(
            $"""
            SELECT DISTINCT t.session_id FROM refresh_tokens t WHERE t.tenant_id = @tenant AND t.session_id > @after AND NOT EXISTS ({Live} AND s.session_id = t.session_id)
            ORDER BY t.session_id LIMIT @limit
            """,
            new { tenant, after, now = now.Ms(), limit = (long)limit });

    /// <summary>Forgets the refresh tokens of those of these sessions that opened nothing at that instant: tokens are of no use to anybody then.</summary>
    public async ValueTask PruneRefreshTokensAsync(string tenant, IReadOnlyList<string> spent, DateTimeOffset now)
    {
        foreach (var session in spent)
        {
            await db.ExecuteAsync(
                $"DELETE FROM refresh_tokens WHERE tenant_id = @tenant AND session_id = @session AND NOT EXISTS ({Live} AND s.session_id = @session)",
                new { tenant, session, now = now.Ms() });
        }
    }

    /// <summary>All sessions that are kept of a user, whether live or over, oldest first.</summary>
    public async ValueTask<IReadOnlyList<KeptSession>> KeptAsync(string tenant, string user) =>
        [.. (await db.AllAsync<KeptSession>(
            $"""
            {Chain} SELECT session_id, app_id, client_id, started_at, auth_time, expires_at, ends_at, methods, resource FROM sessions
            WHERE tenant_id = @tenant AND session_id IN (SELECT session_id FROM chain) ORDER BY session_id
            """,
            new { tenant, user, app = "" }))];

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
