namespace Watchword.Server.Storage;

/// <summary>
/// A credential that works once, and the one way to use it up: an UPDATE whose guard is in its own WHERE. Whoever changes the row has
/// won; everyone else, in this process or on another node, sees no row change.
/// </summary>
internal sealed class OneTime
{
    /// <summary>A passcode. Parameters: tenant, app, user, id, now.</summary>
    public static readonly OneTime Passcode =
        new("challenges", "tenant_id = @tenant AND app_id = @app AND user_id = @user AND challenge_id = @id");

    /// <summary>A refresh token. Parameters: tenant, session, hash, now.</summary>
    public static readonly OneTime RefreshToken =
        new("refresh_tokens", "tenant_id = @tenant AND session_id = @session AND token_hash = @hash");

    private readonly string _sql;

    private OneTime(string table, string key) => _sql = $"UPDATE {table} SET used_at = @now WHERE {key} AND used_at IS NULL";

    /// <summary>True for exactly one caller.</summary>
    public async ValueTask<bool> ConsumeAsync(SqlSession db, object parameters) => await db.ExecuteAsync(_sql, parameters) == 1;
}
