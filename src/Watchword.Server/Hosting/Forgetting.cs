using Watchword.Core.Retention;
using Watchword.Core.Statistics;
using Watchword.Server.Storage;

namespace Watchword.Server.Hosting;

/// <summary>Forgets what a tenant keeps no longer, as its settings say, and once more what it has erased.</summary>
internal sealed class Forgetting(Database database, Sweep sweep, MasterKey keys)
{
    /// <summary>Longer than between two runs, and much longer than any request takes.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromHours(3);

    public async Task RunAsync(DateTimeOffset now, CancellationToken stopping)
    {
        foreach (var (tenant, settings) in await database.ReadAsync(db => new TenantSettingsStore(db).AllAsync()))
        {
            // Nobody can set what is out of range but by writing to the database, and it would empty the audit log by the server's own hand.
            await ForgetAsync(tenant, settings.Retention.Faults().Count == 0 ? settings.Retention : new RetentionPolicy(), now, stopping);
            await EraseAgainAsync(tenant, now - Again, stopping);
            await ForgetStatisticsAsync(tenant, now, stopping);
        }
    }

    private async Task ForgetAsync(string tenant, RetentionPolicy kept, DateTimeOffset now, CancellationToken stopping)
    {
        var messages = now.AddDays(-kept.MessageDays);
        await sweep.WalkAsync(
            "",
            (db, after, limit) => new MessageLogStore(db).OldAsync(tenant, after, messages, limit),
            (db, found) => new MessageLogStore(db).PruneAsync(tenant, found[0], found[^1]),
            stopping);
        await sweep.UntilDoneAsync((db, limit) => new WebhookStore(db).PruneAsync(tenant, messages, limit), stopping);
        await sweep.UntilDoneAsync((db, limit) => new UserImportStore(db).PruneAsync(tenant, messages, limit), stopping);

        if (kept.AuditDays > 0)
            await sweep.UntilDoneAsync((db, limit) => new AuditStore(db).PruneAsync(tenant, now.AddDays(-kept.AuditDays), limit, keys.AuditKey), stopping);
        await sweep.UntilDoneAsync((db, limit) => new AdministratorStore(db).PruneRemovedAsync(tenant, limit), stopping);

        var challenges = now.AddDays(-kept.ChallengeDays);
        await sweep.WalkAsync(
            ChallengeKey.First,
            (db, after, limit) => new ChallengeStore(db).ExpiredAsync(tenant, after, challenges, limit),
            (db, found) => new ChallengeStore(db).PruneAsync(tenant, found, challenges),
            stopping);

        await sweep.WalkAsync(
            "",
            (db, after, limit) => new SessionStore(db).SpentAsync(tenant, after, now, limit),
            (db, found) => new SessionStore(db).PruneRefreshTokensAsync(tenant, found, now),
            stopping);

        var sessions = now.AddDays(-kept.SessionDays);
        await sweep.WalkAsync(
            "",
            (db, after, limit) => new SessionStore(db).OverAsync(tenant, after, sessions, limit),
            (db, found) => new SessionStore(db).PruneAsync(tenant, found, sessions),
            stopping);
    }

    private async Task ForgetStatisticsAsync(string tenant, DateTimeOffset now, CancellationToken stopping)
    {
        for (string? last = null; await database.ReadAsync(db => new StatisticsStore(db).NextAppAsync(tenant, last)) is { } app; last = app)
        {
            foreach (var grain in Grain.All)
                await sweep.UntilDoneAsync((db, limit) => new StatisticsStore(db).PruneAsync(tenant, app, grain, now, limit), stopping);
        }
    }

    /// <summary>
    /// A send or, on another node, a login that was under way when its user was deleted may have written after it. Ids are never used
    /// again, so whatever is found under one is a leftover.
    /// </summary>
    private Task EraseAgainAsync(string tenant, DateTimeOffset since, CancellationToken stopping) =>
        sweep.WalkAsync(
            ErasedUser.Last,
            (db, before, limit) => new UserRecordStore(db).ErasedAsync(tenant, before, since, limit),
            async (db, found) =>
            {
                foreach (var (_, user) in found)
                    await new UserStore(db).DeleteAsync(tenant, user);
            },
            stopping);
}
