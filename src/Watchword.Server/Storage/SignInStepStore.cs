namespace Watchword.Server.Storage;

/// <summary>Steps of signing in to the portal that are used up; <see cref="OneTime.SignInStep"/> adds them.</summary>
internal sealed class SignInStepStore(SqlSession db)
{
    public async ValueTask<bool> IsUsedAsync(string tenant, string step) =>
        await db.FirstAsync<long>("SELECT COUNT(*) FROM administrator_steps WHERE tenant_id = @tenant AND step_id = @step", new { tenant, step }) > 0;

    /// <summary>Forgets those that expired before an instant, at most so many at a time; how many.</summary>
    public ValueTask<int> PruneAsync(DateTimeOffset before, int limit) =>
        db.ExecuteAsync(
            "DELETE FROM administrator_steps WHERE (tenant_id, step_id) IN (SELECT tenant_id, step_id FROM administrator_steps WHERE expires_at < @before LIMIT @limit)",
            new { before = before.Ms(), limit = (long)limit });
}
