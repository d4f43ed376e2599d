namespace Watchword.Server.Storage;

/// <summary>The assertions that clients have used; <see cref="OneTime.ClientAssertion"/> adds them.</summary>
internal sealed class AssertionStore(SqlSession db)
{
    /// <summary>Forgets those that expired before an instant, at most so many at a time; how many.</summary>
    public async ValueTask<int> PruneAsync(DateTimeOffset before, int limit) =>
        await db.ExecuteAsync(
            """
            DELETE FROM client_assertions WHERE (client_id, jti_hash) IN
            (SELECT client_id, jti_hash FROM client_assertions WHERE expires_at < @before ORDER BY expires_at LIMIT @limit)
            """,
            new { before = before.Ms(), limit = (long)limit });
}
