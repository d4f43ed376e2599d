using Watchword.Core.Otp;
using Watchword.Core.Statistics;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>
/// Counts codes of channel <c>direct</c> for a second, in memory. They leave no row of their own by which they could be counted, and to write one
/// only for that would cost a login a twentieth of its time. A crash forgets the last second's.
/// </summary>
internal sealed class DirectCodes
{
    private static readonly string Channel = OtpChannel.Direct.Wire();

    private readonly Lock _gate = new();
    private Dictionary<(string Tenant, string App, DateTimeOffset Minute), long> _counts = [];

    /// <summary>One more was made.</summary>
    public void Add(string tenant, string app, DateTimeOffset at)
    {
        lock (_gate)
            AddTo((tenant, app, Grain.Minute.Begin(at)), 1);
    }

    /// <summary>Writes down those that were made since the last time. When that fails, they are written the next time.</summary>
    public async Task WriteAsync(Database database, DateTimeOffset now)
    {
        Dictionary<(string Tenant, string App, DateTimeOffset Minute), long> taken;
        lock (_gate)
        {
            if (_counts.Count == 0)
                return;
            (taken, _counts) = (_counts, []);
        }
        try
        {
            await database.WriteAsync(db => new StatisticsStore(db).AddAsync(
                taken.Select(c => new CodeCount(c.Key.Tenant, c.Key.App, c.Key.Minute, Channel, "ZZ") { Sends = c.Value }), now));
        }
        catch
        {
            lock (_gate)
            {
                foreach (var (key, count) in taken)
                    AddTo(key, count);
            }
            throw;
        }
    }

    private void AddTo((string, string, DateTimeOffset) key, long count) => _counts[key] = _counts.GetValueOrDefault(key) + count;
}
