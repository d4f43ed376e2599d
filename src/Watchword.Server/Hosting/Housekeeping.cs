using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Hosting;

/// <summary>Every few minutes: turns signing keys when their time has come and forgets what is over, a bounded number at a time.</summary>
internal sealed class Housekeeping(Database database, SigningKeys keys, TimeProvider time, ILogger<Housekeeping> log) : BackgroundService
{
    private const int AtOnce = 1000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BetweenWalks = TimeSpan.FromHours(1);
    private DateTimeOffset _nextWalk;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RunOnceAsync();
            }
#pragma warning disable CA1031 // It is tried again in a few minutes.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Telemetry.HousekeepingFailed(log, failure);
            }
        }
    }

    internal async Task RunOnceAsync()
    {
        await keys.RefreshAsync();
        var now = time.GetUtcNow();
        var dayAgo = now.AddDays(-1);
        if (now >= _nextWalk)
        {
            await ForgetSessionsAsync(now);
            _nextWalk = now + BetweenWalks;
        }
        await database.WriteAsync(db => new ChallengeStore(db).PruneDecoysAsync(now.AddDays(-30)));
        while (await database.WriteAsync(db => new ProviderStatsStore(db).PruneAsync(now.AddDays(-30), AtOnce)) == AtOnce)
        {
        }
        // Later than they expire: another node's clock may be behind.
        while (await database.WriteAsync(db => new AssertionStore(db).PruneAsync(now.AddMinutes(-5), AtOnce)) == AtOnce)
        {
        }
        while (await database.WriteAsync(db => new SendStore(db).PruneAsync(dayAgo, AtOnce)) == AtOnce)
        {
        }
    }

    /// <summary>An expired session opens nothing, so it does not matter when it goes.</summary>
    private async Task ForgetSessionsAsync(DateTimeOffset now)
    {
        var last = SessionKey.First;
        IReadOnlyList<SessionKey> expired;
        do
        {
            expired = await database.ReadAsync(db => new SessionStore(db).ExpiredAsync(last, now, AtOnce));
            if (expired.Count == 0)
                return;
            await database.WriteAsync(db => new SessionStore(db).PruneAsync(expired, now));
            last = expired[^1];
        }
        while (expired.Count == AtOnce);
    }
}
