namespace Watchword.Server.Storage;

/// <summary>
/// A credential that works once, and the one way to use it up: one statement with its guard inside, an UPDATE of what we gave out or an
/// INSERT of what another made. Whoever changes the row has won; everyone else, in this process or on another node, sees no row change.
/// </summary>
internal sealed class OneTime
{
    /// <summary>A passcode. Parameters: tenant, app, user, id, now.</summary>
    public static readonly OneTime Passcode =
        Spend("challenges", "tenant_id = @tenant AND app_id = @app AND user_id = @user AND challenge_id = @id");

    /// <summary>A refresh token. Parameters: tenant, session, hash, now.</summary>
    public static readonly OneTime RefreshToken =
        Spend("refresh_tokens", "tenant_id = @tenant AND session_id = @session AND token_hash = @hash");

    /// <summary>The assertion of a client (RFC 7523 §3 rule 7). Parameters: client, hash of the jti, expires.</summary>
    public static readonly OneTime ClientAssertion =
        new("INSERT INTO client_assertions (client_id, jti_hash, expires_at) VALUES (@client, @hash, @expires) ON CONFLICT (client_id, jti_hash) DO NOTHING");

    /// <summary>A code of an authenticator app (RFC 6238 §5.2). Parameters: tenant, id, step.</summary>
    public static readonly OneTime TotpCode =
        new("UPDATE administrators SET totp_step = @step WHERE tenant_id = @tenant AND administrator_id = @id AND totp_step < @step");

    /// <summary>A recovery code of an administrator. Parameters: tenant, id, hash, now.</summary>
    public static readonly OneTime RecoveryCode =
        Spend("administrator_recovery_codes", "tenant_id = @tenant AND administrator_id = @id AND code_hash = @hash");

    /// <summary>An invitation to the portal. Parameters: tenant, id, now.</summary>
    public static readonly OneTime Invitation =
        Spend("administrator_invitations", "tenant_id = @tenant AND invitation_id = @id AND expires_at > @now");

    /// <summary>A step of signing in to the portal: a password that was right, a passkey's challenge. Parameters: tenant, id, expires.</summary>
    public static readonly OneTime SignInStep =
        new("INSERT INTO administrator_steps (tenant_id, step_id, expires_at) VALUES (@tenant, @id, @expires) ON CONFLICT (tenant_id, step_id) DO NOTHING");

    private readonly string _sql;

    private OneTime(string sql) => _sql = sql;

    private static OneTime Spend(string table, string key) => new($"UPDATE {table} SET used_at = @now WHERE {key} AND used_at IS NULL");

    /// <summary>True for exactly one caller.</summary>
    public async ValueTask<bool> ConsumeAsync(SqlSession db, object parameters) => await db.ExecuteAsync(_sql, parameters) == 1;
}
