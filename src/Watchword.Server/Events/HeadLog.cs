using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>
/// Tells the log where the tenants' chains stand. Whoever writes to the database could cut off the newest entries and move the head back; with
/// a head that left the machine in the log, that shows.
/// </summary>
internal sealed class HeadLog(Database database, TimeProvider time, ILogger<HeadLog> log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);
    private DateTimeOffset _next;

    /// <summary>Tells of those that have moved, at most once an hour.</summary>
    public async Task TellAsync()
    {
        var now = time.GetUtcNow();
        if (now < _next)
            return;
        foreach (var ends in await database.ReadAsync(db => new AuditStore(db).EndsAsync()))
        {
            if (_told.GetValueOrDefault(ends.TenantId) == ends.Sequence)
                continue;
            EventsTelemetry.HeadMoved(log, ends.TenantId, NotedHead.Of(ends));
            _told[ends.TenantId] = ends.Sequence;
        }
        _next = now + Interval;
    }
}

/// <summary>A head as it is written down: its number and its MAC, <c>17:9f3a…</c>.</summary>
/// <param name="Sequence">Number of the last entry.</param>
/// <param name="Mac">Its MAC.</param>
internal sealed record NotedHead(long Sequence, byte[] Mac)
{
    public static NotedHead Of(AuditChainEnds ends) => new(ends.Sequence, ends.Mac);

    /// <summary>Reads it back; null when it is none.</summary>
    public static NotedHead? Parse(string? text)
    {
        if (text?.Split(':') is not [var number, var mac] || !long.TryParse(number, out var sequence) || sequence < 1 || mac.Length != AuditChain.MacSize * 2 || !mac.All(char.IsAsciiHexDigit))
            return null;
        return new NotedHead(sequence, Convert.FromHexString(mac));
    }

    public override string ToString() => $"{Sequence}:{Convert.ToHexStringLower(Mac)}";
}
