using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Hosting;

/// <summary>Every few minutes: turns signing keys when their time has come and forgets what is over, a bounded number at a time.</summary>
internal sealed class Housekeeping(SigningKeys keys, Sweep sweep, Forgetting forgetting, TimeProvider time, ILogger<Housekeeping> log) : BackgroundService
{
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
                await RunOnceAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // It is tried again in a few minutes.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Telemetry.HousekeepingFailed(log, failure);
            }
        }
    }

    internal async Task RunOnceAsync(CancellationToken stopping = default)
    {
        await keys.RefreshAsync();
        var now = time.GetUtcNow();
        await sweep.UntilDoneAsync((db, limit) => new ProviderStatsStore(db).PruneAsync(now.AddDays(-30), limit), stopping);
        await sweep.UntilDoneAsync((db, limit) => new SendStore(db).PruneAsync(now.AddDays(-1), limit), stopping);
        // Later than they expire: another node's clock may be behind.
        await sweep.UntilDoneAsync((db, limit) => new AssertionStore(db).PruneAsync(now.AddMinutes(-5), limit), stopping);
        await sweep.UntilDoneAsync((db, limit) => new AdministratorSessionStore(db).PruneAsync(now.AddDays(-1), limit), stopping);
        await sweep.UntilDoneAsync((db, limit) => new DeviceStore(db).PruneAsync(now - DeviceStore.Life, limit), stopping);
        await sweep.UntilDoneAsync((db, limit) => new SignInStepStore(db).PruneAsync(now.AddMinutes(-5), limit), stopping);
        await sweep.UntilDoneAsync((db, limit) => new InvitationStore(db).PruneAsync(now.AddDays(-1), limit), stopping);
        if (now < _nextWalk)
            return;
        await sweep.UntilDoneAsync((db, limit) => new ChallengeStore(db).PruneDecoysAsync(now.AddDays(-30), limit), stopping);
        await forgetting.RunAsync(now, stopping);
        _nextWalk = now + BetweenWalks;
    }
}
