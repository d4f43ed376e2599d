using Watchword.Core.Otp;

namespace Watchword.Server.Storage;

/// <summary>An attempt that has been counted, and what it may be a guess at.</summary>
/// <param name="Failures">Since the last success or lock, this attempt included.</param>
/// <param name="LatestSession">Head of the user's chain of sessions in the application, or empty.</param>
/// <param name="Live">The user's codes in the application that nobody has used, expired ones too.</param>
internal sealed record CountedAttempt(long Failures, string LatestSession, IReadOnlyList<Challenge> Live);

/// <summary>What a code is found by in its tenant.</summary>
internal sealed record ChallengeKey(string AppId, string UserId, string ClientId, string Channel)
{
    /// <summary>Before every other.</summary>
    public static ChallengeKey First { get; } = new("", "", "", "");
}

/// <summary>Why and until when a user may not try.</summary>
/// <param name="Until">End of the lock; null when only an administrator ends it.</param>
internal sealed record LockedOut(DateTimeOffset? Until);

/// <summary>Codes, and the failure count that no code touches.</summary>
internal sealed class ChallengeStore(SqlSession db)
{
    /// <summary>
    /// Keeps a code, in place of the one before, unless the user is locked: then nothing is kept and the answer is false.
    /// </summary>
    public async ValueTask<bool> PutUnlessLockedAsync(string tenant, string app, string user, Challenge challenge, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            INSERT INTO challenges (tenant_id, app_id, user_id, client_id, channel, challenge_id, destination_tag, custom_destination,
                code_hash, request_id_hash, approval_data, created_at, expires_at, used_at, region)
            SELECT @tenant, @app, @user, @client, @channel, @challenge, @destination, @custom, @hash, @requestId, @approval, @now, @expires, NULL, @region
            WHERE NOT EXISTS (SELECT 1 FROM login_state WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user
                AND (locked_until > @now OR consecutive_failures >= @allowed))
            ON CONFLICT (tenant_id, app_id, user_id, client_id, channel) DO UPDATE SET challenge_id = excluded.challenge_id,
                destination_tag = excluded.destination_tag, custom_destination = excluded.custom_destination, code_hash = excluded.code_hash,
                request_id_hash = excluded.request_id_hash, approval_data = excluded.approval_data, created_at = excluded.created_at,
                expires_at = excluded.expires_at, used_at = NULL, region = excluded.region
            """,
            new
            {
                tenant,
                app,
                user,
                client = challenge.ClientId,
                channel = challenge.Channel.Wire(),
                challenge = challenge.ChallengeId,
                destination = challenge.DestinationTag,
                custom = challenge.CustomDestination ? 1L : 0L,
                hash = challenge.CodeHash,
                requestId = challenge.RequestIdHash ?? NoBytes,
                approval = challenge.ApprovalData ?? "",
                now = now.Ms(),
                expires = challenge.ExpiresAt.Ms(),
                region = challenge.Region,
                allowed = (long)Lockout.ConsecutiveFailuresAllowed,
            }) == 1;

    /// <summary>
    /// Counts an attempt, then reads the codes that it may be a guess at; null while the user is locked. Counting is one statement, so that
    /// five hundred guesses at once count as five hundred, and it holds the row until the write ends. A lock that has ended starts the count
    /// anew, never the count of consecutive failures.
    /// </summary>
    public async ValueTask<CountedAttempt?> CountAttemptAsync(string tenant, string app, string user, DateTimeOffset now)
    {
        var key = new { tenant, app, user, now = now.Ms(), allowed = (long)Lockout.ConsecutiveFailuresAllowed, never = Lockout.Never.Ms() };
        const string Counted =
            """
            failures = CASE WHEN login_state.locked_until IS NULL THEN login_state.failures + 1 ELSE 1 END,
            consecutive_failures = login_state.consecutive_failures + 1,
            locked_until = CASE WHEN login_state.consecutive_failures + 1 >= @allowed THEN @never END,
            updated_at = @now
            """;
        const string MayTry = "(login_state.locked_until IS NULL OR login_state.locked_until <= @now) AND login_state.consecutive_failures < @allowed";
        // Nearly always the row is there; the second statement is for the first attempt of all, and for two of those at once.
        var counted = await db.ExecuteAsync(
            $"UPDATE login_state SET {Counted} WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user AND {MayTry}", key);
        if (counted == 0)
        {
            counted = await db.ExecuteAsync(
                $"""
                INSERT INTO login_state (tenant_id, app_id, user_id, failures, consecutive_failures, updated_at) VALUES (@tenant, @app, @user, 1, 1, @now)
                ON CONFLICT (tenant_id, app_id, user_id) DO UPDATE SET {Counted} WHERE {MayTry}
                """,
                key);
        }
        if (counted == 0)
            return null;
        // Read back rather than RETURNING, for which SQLite builds and drops a table of its own each time. Without codes there is one row.
        var rows = await db.AllAsync<AttemptRow>(
            """
            SELECT s.failures, s.latest_session, c.challenge_id, c.client_id, c.channel, c.destination_tag, c.custom_destination, c.code_hash, c.request_id_hash,
                c.approval_data, c.expires_at, c.region
            FROM login_state s LEFT JOIN challenges c
                ON c.tenant_id = s.tenant_id AND c.app_id = s.app_id AND c.user_id = s.user_id AND c.used_at IS NULL
            WHERE s.tenant_id = @tenant AND s.app_id = @app AND s.user_id = @user
            """,
            new { tenant, app, user });
        return new CountedAttempt(rows[0].Failures, rows[0].LatestSession, [.. rows.Where(r => r.ChallengeId is not null).Select(r => r.ToChallenge())]);
    }

    /// <summary>Locks the user out of the application and kills the open codes.</summary>
    public async ValueTask LockAsync(string tenant, string app, string user, DateTimeOffset until, DateTimeOffset now)
    {
        await db.ExecuteAsync(
            """
            UPDATE login_state SET locked_until = CASE WHEN consecutive_failures >= @allowed THEN @never ELSE @until END
            WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user
            """,
            new { tenant, app, user, until = until.Ms(), allowed = (long)Lockout.ConsecutiveFailuresAllowed, never = Lockout.Never.Ms() });
        await KillAsync(tenant, app, user, now);
    }

    /// <summary>A success clears both counts, and its session heads the user's chain.</summary>
    public async ValueTask ClearFailuresAsync(string tenant, string app, string user, string latestSession, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            UPDATE login_state SET failures = 0, consecutive_failures = 0, locked_until = NULL, last_auth = @now, latest_session = @latestSession,
                updated_at = @now
            WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user
            """,
            new { tenant, app, user, latestSession, now = now.Ms() });

    /// <summary>An administrator's unlock, in one application or in all. False when there was neither a lock nor a failure.</summary>
    public async ValueTask<bool> UnlockAsync(string tenant, string user, string? app, DateTimeOffset now) =>
        await db.ExecuteAsync(
            """
            UPDATE login_state SET failures = 0, consecutive_failures = 0, locked_until = NULL, updated_at = @now
            WHERE tenant_id = @tenant AND user_id = @user AND app_id IN (SELECT app_id FROM memberships WHERE tenant_id = @tenant AND user_id = @user)
            AND (@app = '' OR app_id = @app) AND (consecutive_failures > 0 OR failures > 0 OR locked_until IS NOT NULL)
            """,
            new { tenant, user, app = app ?? "", now = now.Ms() }) > 0;

    /// <summary>The lock that holds a user now, or null.</summary>
    public async ValueTask<LockedOut?> LockOfAsync(string tenant, string app, string user, DateTimeOffset now)
    {
        var row = await db.FirstAsync<LockRow>(
            """
            SELECT locked_until, consecutive_failures FROM login_state WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user
            AND (locked_until > @now OR consecutive_failures >= @allowed)
            """,
            new { tenant, app, user, now = now.Ms(), allowed = (long)Lockout.ConsecutiveFailuresAllowed });
        return row is null ? null : new LockedOut(row.ConsecutiveFailures >= Lockout.ConsecutiveFailuresAllowed ? null : row.LockedUntil.At());
    }

    /// <summary>
    /// Takes a code, and with it every other open code of the user in the application. True for exactly one caller, whatever runs beside it:
    /// the guard is in the statement.
    /// </summary>
    public async ValueTask<bool> ConsumeAsync(string tenant, string app, string user, Challenge challenge, bool siblings, DateTimeOffset now)
    {
        if (!await OneTime.Passcode.ConsumeAsync(db, new { tenant, app, user, id = challenge.ChallengeId, now = now.Ms() }))
            return false;
        if (siblings)
            await KillAsync(tenant, app, user, now);
        return true;
    }

    /// <summary>Kills the user's open codes in one application.</summary>
    public async ValueTask KillAsync(string tenant, string app, string user, DateTimeOffset now) =>
        await db.ExecuteAsync(
            "UPDATE challenges SET used_at = @now WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user AND used_at IS NULL",
            new { tenant, app, user, now = now.Ms() });

    /// <summary>Codes that had expired at an instant, in the order of their keys from one on. Walks the table, as sessions are walked.</summary>
    public async ValueTask<IReadOnlyList<ChallengeKey>> ExpiredAsync(string tenant, ChallengeKey after, DateTimeOffset before, int limit) =>
        await db.AllAsync<ChallengeKey>(
            """
            SELECT app_id, user_id, client_id, channel FROM challenges
            WHERE tenant_id = @tenant AND (app_id, user_id, client_id, channel) > (@app, @user, @client, @channel) AND expires_at < @before
            ORDER BY app_id, user_id, client_id, channel LIMIT @limit
            """,
            new { tenant, app = after.AppId, user = after.UserId, client = after.ClientId, channel = after.Channel, before = before.Ms(), limit = (long)limit });

    /// <summary>Forgets these codes, unless a new one has taken the row meanwhile.</summary>
    public async ValueTask PruneAsync(string tenant, IReadOnlyList<ChallengeKey> expired, DateTimeOffset before)
    {
        foreach (var (app, user, client, channel) in expired)
        {
            await db.ExecuteAsync(
                """
                DELETE FROM challenges WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user AND client_id = @client AND channel = @channel
                AND expires_at < @before
                """,
                new { tenant, app, user, client, channel, before = before.Ms() });
        }
    }

    /// <summary>Forgets the counts of users who never existed, a bounded number at a time; how many it was. Their codes go like all others.</summary>
    public ValueTask<int> PruneDecoysAsync(DateTimeOffset before, int limit) =>
        db.ExecuteAsync(
            """
            DELETE FROM login_state WHERE (tenant_id, app_id, user_id) IN
                (SELECT l.tenant_id, l.app_id, l.user_id FROM applications a JOIN login_state l ON l.tenant_id = a.tenant_id AND l.app_id = a.app_id
                WHERE l.user_id >= @first AND l.user_id < @last AND l.updated_at < @before LIMIT @limit)
            """,
            new { first = DecoyPrefix, last = DecoyPrefix[..^1] + ".", before = before.Ms(), limit = (long)limit });

    /// <summary>
    /// The name under which somebody who is not there is treated like a user, so that the two cannot be told apart. It opens nothing: no code is
    /// ever accepted for it.
    /// </summary>
    public static string DecoyOf(MasterKey keys, string tenant, string app, IdentifierType type, string value) =>
        DecoyPrefix + Tags.TextOf(keys.DestinationKey, "decoy", tenant, app, type.ToString(), value);

    /// <summary>
    /// What was guessed at a number before it was a user's counts for the user: a lock that is gone after signing up would tell that nobody was there.
    /// </summary>
    public async ValueTask InheritAsync(string tenant, string app, string decoy, string user) =>
        await db.ExecuteAsync(
            """
            UPDATE login_state SET user_id = @user WHERE tenant_id = @tenant AND app_id = @app AND user_id = @decoy
            AND NOT EXISTS (SELECT 1 FROM login_state own WHERE own.tenant_id = @tenant AND own.app_id = @app AND own.user_id = @user)
            """,
            new { tenant, app, decoy, user });

    /// <summary>Begins the ids of decoys; those of users are hex digits.</summary>
    public const string DecoyPrefix = "decoy-";

    private static readonly byte[] NoBytes = [];

    private sealed class LockRow
    {
        public long? LockedUntil { get; init; }
        public long ConsecutiveFailures { get; init; }
    }

    private sealed class AttemptRow
    {
        public long Failures { get; init; }
        public string LatestSession { get; init; } = "";
        public string? ChallengeId { get; init; }
        public string ClientId { get; init; } = "";
        public string Channel { get; init; } = "";
        public string DestinationTag { get; init; } = "";
        public long CustomDestination { get; init; }
        public byte[] CodeHash { get; init; } = [];
        public byte[] RequestIdHash { get; init; } = [];
        public string ApprovalData { get; init; } = "";
        public long ExpiresAt { get; init; }
        public string Region { get; init; } = "";

        public Challenge ToChallenge() => new(
            ChallengeId!, ClientId, OtpChannelNames.FromWire(Channel)!.Value, DestinationTag, CustomDestination != 0, CodeHash,
            RequestIdHash.Length == 0 ? null : RequestIdHash, ExpiresAt.At(), ApprovalData.Length == 0 ? null : ApprovalData)
        {
            Region = Region,
        };
    }
}
