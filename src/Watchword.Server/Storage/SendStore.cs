using Watchword.Core.Limits;

namespace Watchword.Server.Storage;

/// <summary>When messages went to a destination in the last day, for the send limits.</summary>
internal sealed class SendStore(SqlSession db)
{
    /// <summary>
    /// The instants of earlier messages. Writes first, so that two sends to one destination at once are judged one after the other on
    /// either engine.
    /// </summary>
    public async ValueTask<IReadOnlyList<long>> LockAndReadAsync(string tenant, string app, string destinationTag, DateTimeOffset now)
    {
        await db.ExecuteAsync(
            """
            INSERT INTO sends (tenant_id, app_id, destination_tag, instants, updated_at) VALUES (@tenant, @app, @destinationTag, @none, @now)
            ON CONFLICT (tenant_id, app_id, destination_tag) DO UPDATE SET updated_at = @now
            """,
            new { tenant, app, destinationTag, none = Array.Empty<byte>(), now = now.Ms() });
        return SendLimits.Unpack((await db.FirstAsync<byte[]>(
            "SELECT instants FROM sends WHERE tenant_id = @tenant AND app_id = @app AND destination_tag = @destinationTag",
            new { tenant, app, destinationTag }))!);
    }

    public async ValueTask ReplaceAsync(string tenant, string app, string destinationTag, IReadOnlyList<long> instants) =>
        await db.ExecuteAsync(
            "UPDATE sends SET instants = @instants WHERE tenant_id = @tenant AND app_id = @app AND destination_tag = @destinationTag",
            new { tenant, app, destinationTag, instants = SendLimits.Pack(instants) });

    /// <summary>Forgets destinations that have had no message for a day, a bounded number at a time; how many it was.</summary>
    public ValueTask<int> PruneAsync(DateTimeOffset before, int limit) =>
        db.ExecuteAsync(
            """
            DELETE FROM sends WHERE (tenant_id, app_id, destination_tag) IN
                (SELECT tenant_id, app_id, destination_tag FROM sends WHERE updated_at < @before LIMIT @limit)
            """,
            new { before = before.Ms(), limit = (long)limit });
}
