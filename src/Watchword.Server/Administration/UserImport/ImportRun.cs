using CsvHelper;
using Watchword.Server.Administration.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.UserImport;

/// <summary>How a run ended.</summary>
/// <param name="State">Where that leaves the import.</param>
/// <param name="Counts">What came of the lines.</param>
/// <param name="Fault">Why it failed, for people.</param>
internal sealed record ImportEnd(ImportState State, ImportCounts Counts, string? Fault = null);

/// <summary>
/// Goes through a file once: to look what would come of each line, or to import it. A few lines make one write, and after each the database
/// rests for as long as that took, so that logins wait for one of them at most and have half of the database's time.
/// </summary>
internal sealed class ImportRun(Database database, MasterKey keys, TimeProvider time, Spool spool, string tenant, string import, string? app, bool writes)
{
    /// <summary>Lines, the heading not counted.</summary>
    public int MostLines { get; init; } = 1_000_000;

    /// <summary>Refused lines that are written down; more are counted.</summary>
    public const int MostRefusals = 10_000;

    private int AtOnce => writes ? 100 : 1000;
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);
    private readonly SeenIdentifiers _seen = new();
    private ImportCounts _counts = new();
    private int _writtenDown;

    /// <summary>A line that was looked at: a user to be, or what is wrong with it.</summary>
    private sealed record Line(long Number, long End, Member? Member, IReadOnlyList<FieldFault> Faults);

    /// <summary>What came of a line.</summary>
    private sealed record Verdict(NewUserVerdict Outcome, IReadOnlyList<FieldFault> Faults);

    public async Task<ImportEnd> RunAsync(CancellationToken stopping)
    {
        try
        {
            using var file = new ImportFile(spool.Open());
            // Read once before, when it was taken in, and found to be right.
            var columns = ImportColumns.Read(file.Heading(), app is not null, [])!;
            foreach (var lines in file.Lines(columns).Chunk(AtOnce))
            {
                stopping.ThrowIfCancellationRequested();
                if (_counts.Lines + lines.Length > MostLines)
                    return new(ImportState.Failed, _counts, $"The file has more than {MostLines:N0} lines. Split it.");
                if (!await TakeAsync(lines, stopping))
                    return new(ImportState.Cancelled, _counts);
            }
            return new(writes ? ImportState.Done : ImportState.Checked, _counts);
        }
        catch (CsvFormatException)
        {
            return new(ImportState.Failed, _counts, $"After line {_counts.Lines + 1:N0} comes one that is longer than any may be. Is this a CSV file?");
        }
    }

    private async Task<bool> TakeAsync(ImportLine[] lines, CancellationToken stopping)
    {
        var now = time.GetUtcNow();
        var read = lines.Select(line => Read(line, now)).ToList();
        // The machine's time, not the server's: it is the disk that rests.
        var began = TimeProvider.System.GetTimestamp();
        var goOn = await WriteAsync(read, now);
        var took = TimeProvider.System.GetElapsedTime(began);
        await Task.Delay(took < LongestRest ? took : LongestRest, TimeProvider.System, stopping);
        return goOn;
    }

    private Line Read(ImportLine line, DateTimeOffset now)
    {
        if (line.Draft is null)
            return new(line.Number, line.End, null, [new("", line.Fault!)]);
        var faults = new List<FieldFault>();
        if (NewUser.Read(line.Draft, tenant, app, now, faults) is not { } member)
            return new(line.Number, line.End, null, faults);
        return _seen.Note(member, (int)line.Number) is { } twice
            ? new(line.Number, line.End, null, [new(twice.Field, $"is on line {twice.Line} already.")])
            : new(line.Number, line.End, member, []);
    }

    private async Task<bool> WriteAsync(IReadOnlyList<Line> lines, DateTimeOffset now)
    {
        try
        {
            return await StoreAsync(lines, now);
        }
        catch (Exception failure) when (Database.IsDuplicateKey(failure))
        {
            // Somebody created one of these users meanwhile, and nothing of this write has happened: line by line, it costs one line.
        }
        foreach (var line in lines)
        {
            try
            {
                if (!await StoreAsync([line], now))
                    return false;
            }
            catch (Exception failure) when (Database.IsDuplicateKey(failure))
            {
                await StoreAsync([line with { Member = null, Faults = [new("", "Another user has one of these identifiers.")] }], now);
            }
        }
        return true;
    }

    /// <summary>Judges and, in a run that writes, stores; and in the same write says how far it is. False: somebody wants it to stop.</summary>
    private async Task<bool> StoreAsync(IReadOnlyList<Line> lines, DateTimeOffset now)
    {
        var judged = writes ? [] : await database.ReadAsync(async db => await JudgeAsync(db, lines, now));
        // What the work changes is its own, since it may be run again.
        var (goOn, counts, refused) = await database.WriteAsync(async db =>
        {
            var verdicts = writes ? await JudgeAsync(db, lines, now) : judged;
            var sums = Counted(verdicts);
            var faults = lines.Zip(verdicts).SelectMany(pair => pair.Second.Faults.Select(f => new RefusedLine(pair.First.Number, ImportColumns.ColumnOf(f.Field), f.Fault)))
                .Take(MostRefusals - _writtenDown).ToList();
            var store = new UserImportStore(db);
            await store.AddRefusalsAsync(tenant, import, faults);
            return (await store.ProgressAsync(tenant, import, sums, lines[^1].End, now), sums, faults.Count);
        });
        (_counts, _writtenDown) = (counts, _writtenDown + refused);
        return goOn;
    }

    private async ValueTask<List<Verdict>> JudgeAsync(SqlSession db, IReadOnlyList<Line> lines, DateTimeOffset now)
    {
        var verdicts = new List<Verdict>();
        foreach (var line in lines)
            verdicts.Add(line.Member is null ? new(NewUserVerdict.Faulty, line.Faults) : await JudgeAsync(db, line.Member, now));
        return verdicts;
    }

    private async ValueTask<Verdict> JudgeAsync(SqlSession db, Member member, DateTimeOffset now)
    {
        var (verdict, id) = await NewUser.JudgeAsync(db, member);
        if (verdict == NewUserVerdict.TwoUsers)
            return new(verdict, [new("", "The phone number is one user's and the email address another's.")]);
        if (verdict == NewUserVerdict.AlreadyThere)
            return new(verdict, []);
        if (member.Membership is { } place)
        {
            var users = new UserStore(db);
            foreach (var (field, type, value) in new[]
            {
                (UserField.Username, IdentifierType.Username, UserStore.KeyOf(place.Username)), (UserField.ExternalUserId, IdentifierType.ExternalUserId, place.ExternalUserId),
            })
            {
                if (value is not null && await users.MemberIdOfAsync(tenant, place.AppId, type, value) is not null)
                    return new(NewUserVerdict.Taken, [new(field, "is another user's in this application.")]);
            }
        }
        if (writes)
            await NewUser.StoreAsync(db, member, verdict, id, keys, now);
        return new(verdict, []);
    }

    private ImportCounts Counted(IReadOnlyList<Verdict> verdicts)
    {
        var counts = _counts;
        foreach (var (outcome, _) in verdicts)
        {
            counts = counts with { Lines = counts.Lines + 1 };
            counts = outcome switch
            {
                NewUserVerdict.Created => counts with { Created = counts.Created + 1 },
                NewUserVerdict.Linked => counts with { Linked = counts.Linked + 1 },
                NewUserVerdict.AlreadyThere => counts with { Present = counts.Present + 1 },
                _ => counts with { Refused = counts.Refused + 1 },
            };
        }
        return counts;
    }
}
