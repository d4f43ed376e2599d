using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>Something that is not as the server left it.</summary>
/// <param name="Kind">For programs: one of the constants of <see cref="AuditVerification"/>.</param>
/// <param name="Sequence">The first entry that shows it.</param>
/// <param name="Message">For people.</param>
internal sealed record AuditFault(string Kind, long Sequence, string Message);

/// <summary>What verification found.</summary>
/// <param name="Entries">So many were checked.</param>
/// <param name="First">Number of the oldest entry that is kept; one more than the last when there is none.</param>
/// <param name="Head">Where the chain stands; null: nothing ever happened in the tenant.</param>
/// <param name="Faults">The first fault of each kind; empty when all is as it was written.</param>
internal sealed record AuditReport(long Entries, long First, NotedHead? Head, IReadOnlyList<AuditFault> Faults);

/// <summary>
/// Checks a tenant's audit log against its chain, from the point up to which it was pruned to its head. It changes nothing of it and asks a page at
/// a time, so it may run beside a server at work. That it was done, and whether it found something, is noted for those who see to the server.
/// </summary>
internal sealed class AuditVerification(Database database, MasterKey keys, TimeProvider time) : IDisposable
{
    public const string Missing = "missing_entry";
    public const string Altered = "altered_entry";
    public const string AfterHead = "entry_after_head";
    public const string WrongHead = "wrong_head";
    public const string PrunedUnproved = "pruned_unproved";
    public const string OriginErased = "origin_erased";
    public const string NotedHeadGone = "noted_head_gone";

    private const int AtOnce = 1000;

    // One at a time: a check of a long chain takes seconds, and who may ask for one may ask for many.
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Checks everything, and whether a head that was noted earlier is still part of the chain.</summary>
    /// <param name="tenant">Whose log.</param>
    /// <param name="noted">That head; null: none was.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    /// <param name="progress">Told after each page how many entries are checked, and how many there are.</param>
    public async Task<AuditReport> VerifyAsync(string tenant, NotedHead? noted, CancellationToken cancellation, Action<long, long>? progress = null)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            var report = await new Walk(database, keys.AuditKey, tenant, progress).RunAsync(noted, cancellation);
            await database.WriteAsync(db => new AuditStore(db).NoteCheckAsync(tenant, report.Faults.Count, time.GetUtcNow()));
            return report;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>One check.</summary>
    private sealed class Walk(Database database, byte[] key, string tenant, Action<long, long>? progress)
    {
        private readonly List<AuditFault> _faults = [];
        private long _last;
        private byte[]? _mac;
        private long _entries;

        public async Task<AuditReport> RunAsync(NotedHead? noted, CancellationToken cancellation)
        {
            if (await EndsAsync() is not { } head)
            {
                if (await database.ReadAsync(db => new AuditLogStore(db).AfterHeadAsync(tenant)) is { } stray)
                    Add(WrongHead, stray, "There are entries, but it is not written where the chain stands.");
                if (noted is not null)
                    Add(NotedHeadGone, noted.Sequence, "The chain is empty; the noted head is not part of it.");
                return new AuditReport(0, 1, null, _faults);
            }
            Begin(head);
            var first = _last + 1;
            while (_last < head.Sequence)
            {
                cancellation.ThrowIfCancellationRequested();
                var page = await database.ReadAsync(db => new AuditLogStore(db).WalkAsync(tenant, _last, head.Sequence, AtOnce));
                // Housekeeping may have pruned meanwhile, further than this has come.
                if ((page.Count == 0 || page[0].Sequence != _last + 1) && await EndsAsync() is { } now && now.PrunedSequence > _last)
                {
                    Begin(now);
                    first = _last + 1;
                    continue;
                }
                if (page.Count == 0)
                {
                    Add(Missing, _last + 1, $"{Entries(_last + 1, head.Sequence)} missing: the log ends before its head.");
                    break;
                }
                foreach (var entry in page)
                    Check(entry);
                await CheckOriginsAsync(page);
                progress?.Invoke(_entries, head.Sequence - first + 1);
            }
            if (_last == head.Sequence && _mac is not null && !_mac.AsSpan().SequenceEqual(head.Mac))
                Add(WrongHead, head.Sequence, "The head is not that of the last entry.");
            await CheckAfterAsync();
            if (noted is not null)
                await CheckNotedAsync(noted, head);
            return new AuditReport(_entries, first, NotedHead.Of(head), _faults);
        }

        /// <summary>Goes to the point up to which entries were pruned.</summary>
        private void Begin(AuditChainEnds ends)
        {
            (_last, _mac, _entries) = (ends.PrunedSequence, ends.PrunedMac, 0);
            if (!ends.IsPruningProved(key))
                Add(PrunedUnproved, ends.PrunedSequence, $"It is not proved that the server itself forgot the entries up to {ends.PrunedSequence}.");
        }

        private void Check(LoggedEvent entry)
        {
            if (entry.Sequence != _last + 1)
            {
                Add(Missing, _last + 1, $"{Entries(_last + 1, entry.Sequence - 1)} missing.");
                // What the next one follows is not known any more.
                _mac = null;
            }
            var happened = entry.ToEvent(tenant);
            var mac = _mac is null ? entry.Mac : AuditChain.Mac(key, _mac, entry.Sequence, happened, entry.OriginMac);
            var altered = !mac.AsSpan().SequenceEqual(entry.Mac)
                || (entry.Origin is not null && !entry.OriginMac.AsSpan().SequenceEqual(AuditChain.OriginMac(key, tenant, entry.Sequence, entry.Origin)));
            if (altered)
                Add(Altered, entry.Sequence, $"Entry {entry.Sequence} is not as it was written.");
            // Goes on from what stands there, so that one altered entry is one fault.
            (_last, _mac) = (entry.Sequence, entry.Mac);
            _entries++;
        }

        /// <summary>An origin may be gone, but only with its user.</summary>
        private async Task CheckOriginsAsync(IReadOnlyList<LoggedEvent> page)
        {
            foreach (var erased in page.Where(e => e.Origin is null && e.OriginMac.Length > 0).DistinctBy(e => e.UserId, StringComparer.Ordinal))
            {
                if (erased.UserId.Length == 0 || !await database.ReadAsync(db => new AuditLogStore(db).WasDeletedAsync(tenant, erased.UserId)))
                    Add(OriginErased, erased.Sequence, $"It was erased from where entry {erased.Sequence} came, though its user was not deleted.");
            }
        }

        private async Task CheckAfterAsync()
        {
            if (await database.ReadAsync(db => new AuditLogStore(db).AfterHeadAsync(tenant)) is { } sequence)
                Add(AfterHead, sequence, $"Entry {sequence} stands after the head: the head was moved back, or the entry was added.");
        }

        private async Task CheckNotedAsync(NotedHead noted, AuditChainEnds head)
        {
            var ends = await EndsAsync() ?? head;
            if (noted.Sequence < ends.PrunedSequence)
                Add(NotedHeadGone, noted.Sequence, $"The noted head is older than what is kept, which begins with {ends.PrunedSequence + 1}; note a newer one.");
            else if (noted.Sequence > ends.Sequence)
                Add(NotedHeadGone, noted.Sequence, $"The chain ends with {ends.Sequence}, before the noted head: entries were cut off.");
            else
            {
                var mac = noted.Sequence == ends.PrunedSequence ? ends.PrunedMac : (await database.ReadAsync(db => new AuditLogStore(db).FindAsync(tenant, noted.Sequence)))?.Mac;
                if (mac is null || !mac.AsSpan().SequenceEqual(noted.Mac))
                    Add(NotedHeadGone, noted.Sequence, "The noted head is not part of the chain: entries were cut off and others written in their place, or it was noted of another tenant.");
            }
        }

        private Task<AuditChainEnds?> EndsAsync() => database.ReadAsync(db => new AuditStore(db).EndsAsync(tenant));

        private static string Entries(long from, long to) => from == to ? $"Entry {from} is" : $"Entries {from} to {to} are";

        private void Add(string kind, long sequence, string message)
        {
            if (!_faults.Exists(f => f.Kind == kind))
                _faults.Add(new AuditFault(kind, sequence, message));
        }
    }
}
