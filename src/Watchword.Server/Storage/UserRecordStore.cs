namespace Watchword.Server.Storage;

/// <summary>A user's place in an application, with its name.</summary>
internal sealed class KeptMembership
{
    public string AppId { get; init; } = "";
    public string AppName { get; init; } = "";
    public string? Username { get; init; }
    public string? ExternalUserId { get; init; }
    public string? CustomAppData { get; init; }
    public long CreatedAt { get; init; }
}

/// <summary>What is counted of a user's logins to an application, also to one that the user has left.</summary>
internal sealed class KeptLoginState
{
    public string AppId { get; init; } = "";
    public long Failures { get; init; }
    public long ConsecutiveFailures { get; init; }
    public long? LockedUntil { get; init; }
    public long? LastAuth { get; init; }
    public long UpdatedAt { get; init; }
}

/// <summary>A code, without what could tell it.</summary>
internal sealed class KeptChallenge
{
    public string AppId { get; init; } = "";
    public string ClientId { get; init; } = "";
    public string Channel { get; init; } = "";
    public string ApprovalData { get; init; } = "";
    public long CreatedAt { get; init; }
    public long ExpiresAt { get; init; }
    public long? UsedAt { get; init; }
}

/// <summary>An entry of the audit log that is about a user.</summary>
internal sealed class KeptEntry
{
    public long Sequence { get; init; }
    public long At { get; init; }
    public string Action { get; init; } = "";
    public string Actor { get; init; } = "";
    public string AppId { get; init; } = "";
    public string Target { get; init; } = "";
    public string Outcome { get; init; } = "";
    public string? Origin { get; init; }
    public string Detail { get; init; } = "";
}

/// <summary>That a user was deleted.</summary>
internal sealed record ErasedUser(long Sequence, string UserId)
{
    /// <summary>After every other.</summary>
    public static ErasedUser Last { get; } = new(long.MaxValue, "");
}

/// <summary>Reads all that is kept of one user, for the user to have; sessions and messages come from their own stores.</summary>
internal sealed class UserRecordStore(SqlSession db)
{
    private const string Everywhere = "tenant_id = @tenant AND user_id = @user AND app_id IN (SELECT app_id FROM applications WHERE tenant_id = @tenant)";

    public async ValueTask<IReadOnlyList<KeptMembership>> MembershipsAsync(string tenant, string user) =>
        await db.AllAsync<KeptMembership>(
            $"""
            SELECT m.app_id, a.app_name, m.username, m.external_user_id, m.custom_app_data, m.created_at
            FROM memberships m {db.Dialect.By("memberships_by_user")} JOIN applications a ON a.tenant_id = m.tenant_id AND a.app_id = m.app_id
            WHERE m.tenant_id = @tenant AND m.user_id = @user ORDER BY m.app_id
            """,
            new { tenant, user });

    public async ValueTask<IReadOnlyList<KeptLoginState>> LoginStatesAsync(string tenant, string user) =>
        await db.AllAsync<KeptLoginState>(
            $"SELECT app_id, failures, consecutive_failures, locked_until, last_auth, updated_at FROM login_state WHERE {Everywhere} ORDER BY app_id", new { tenant, user });

    public async ValueTask<IReadOnlyList<KeptChallenge>> ChallengesAsync(string tenant, string user) =>
        await db.AllAsync<KeptChallenge>(
            $"SELECT app_id, client_id, channel, approval_data, created_at, expires_at, used_at FROM challenges WHERE {Everywhere} ORDER BY app_id, client_id, channel",
            new { tenant, user });

    /// <summary>Entries of the audit log about a user, oldest first, from one on.</summary>
    public async ValueTask<IReadOnlyList<KeptEntry>> EntriesAsync(string tenant, string user, long after, int limit) =>
        await db.AllAsync<KeptEntry>(
            $"""
            SELECT sequence, at, action, actor, app_id, target, outcome, origin, detail FROM audit {db.Dialect.By("audit_by_user")}
            WHERE tenant_id = @tenant AND user_id = @user AND user_id <> '' AND sequence > @after ORDER BY sequence LIMIT @limit
            """,
            new { tenant, user, after, limit = (long)limit });

    /// <summary>Users deleted since an instant, the last first, from one on.</summary>
    public async ValueTask<IReadOnlyList<ErasedUser>> ErasedAsync(string tenant, ErasedUser before, DateTimeOffset since, int limit) =>
        await db.AllAsync<ErasedUser>(
            $"""
            SELECT sequence, user_id FROM (SELECT sequence, user_id, at FROM audit {db.Dialect.By("audit_by_action")}
                WHERE tenant_id = @tenant AND action = 'user.deleted' AND action NOT IN ('user.logged_in', 'otp.failed') AND sequence < @before
                ORDER BY sequence DESC LIMIT @limit) AS deleted
            WHERE at >= @since ORDER BY sequence DESC
            """,
            new { tenant, before = before.Sequence, since = since.Ms(), limit = (long)limit });
}
