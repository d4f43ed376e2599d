using System.Collections.Concurrent;
using CsvHelper;
using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.UserImport;

/// <summary>
/// Imports users from files: a file is taken in, checked to its end, and imported when an administrator has seen what would come of it. Each goes
/// on by itself, on the server that has the file; from any server one sees how far it is and can stop it.
/// </summary>
internal sealed class UserImports(Database database, MasterKey keys, TimeProvider time, ILogger<UserImports> log) : IHostedService, IDisposable
{
    /// <summary>Bytes.</summary>
    public const long LongestFile = 200 * 1024 * 1024;

    /// <summary>How long a file that was checked waits to be imported.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <summary>Files that one server has at a time, each on its disk.</summary>
    public const int MostOpen = 8;

    /// <summary>What follows upon an end takes no longer.</summary>
    private static readonly TimeSpan AfterEnd = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<(string Tenant, string Import), OpenImport> _open = new();
    private readonly ConcurrentDictionary<string, Author> _arriving = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Takes a file in and begins to check it; refused when it cannot be a file of users.</summary>
    /// <param name="by">Who brings it.</param>
    /// <param name="app">The application that the users are to be in; null: none.</param>
    /// <param name="fileName">What it is called.</param>
    /// <param name="content">Read to its end, or to where it is too long.</param>
    /// <param name="cancellation">Of the upload.</param>
    /// <param name="progress">Is told how many bytes are there.</param>
    public async Task<Change<ImportView>> UploadAsync(Author by, string? app, string fileName, Stream content, CancellationToken cancellation, IProgress<long>? progress = null)
    {
        if (app is not null && await database.ReadAsync(db => new ApplicationStore(db).FindAsync(by.TenantId, app)) is null)
            return Change<ImportView>.Refused(["There is no such application."]);
        // Its place is taken before the first byte, or many at once would each find it free.
        if (!_arriving.TryAdd(by.TenantId, by))
            return Change<ImportView>.Refused(["Another file is being uploaded. Wait for its end."]);
        try
        {
            return await TakeAsync(by, app, fileName, content, cancellation, progress);
        }
        finally
        {
            _arriving.TryRemove(by.TenantId, out _);
        }
    }

    private async Task<Change<ImportView>> TakeAsync(Author by, string? app, string fileName, Stream content, CancellationToken cancellation, IProgress<long>? progress)
    {
        foreach (var earlier in _open.Values.Where(o => o.By.TenantId == by.TenantId))
        {
            if (!await DropAsync(earlier, "Another file was uploaded."))
                return Change<ImportView>.Refused(["Another import is under way. Wait for its end, or cancel it."]);
        }
        if (!await MakeRoomAsync())
            return Change<ImportView>.Refused(["This server is at other imports. Try again in some minutes."]);
        if (await Spool.TakeAsync(content, LongestFile, cancellation, progress) is not { } spool)
            return Change<ImportView>.Refused([$"The file is larger than {LongestFile / (1024 * 1024)} MB. Split it."]);
        var (faults, now) = (new List<string>(), time.GetUtcNow());
        var open = new OpenImport(by, Ids.New(now), app, spool);
        if (HeadingOf(open, faults) is not { } columns || !_open.TryAdd(open.Key, open))
        {
            open.Dispose();
            return Change<ImportView>.Refused(faults);
        }
        var kept = new KeptImport
        {
            ImportId = open.ImportId, AppId = app ?? "", Actor = by.Actor, FileName = Clean(fileName), FileHash = spool.Hash, State = nameof(ImportState.Checking), Bytes = spool.Length,
            Ignored = StoredJson.Write(columns.Ignored), CreatedAt = now.Ms(), UpdatedAt = now.Ms(),
        };
        await database.WriteAsync(db => new UserImportStore(db).AddAsync(by.TenantId, kept));
        open.Run = Task.Run(() => CheckAsync(open), CancellationToken.None);
        return ImportView.Of(kept, now);
    }

    /// <summary>Imports a file that was checked; null: there is no such import.</summary>
    public async Task<Change<ImportView>?> StartAsync(Author by, string import)
    {
        if (await FindAsync(by.TenantId, import) is not { } view)
            return null;
        if (view.State != ImportState.Checked)
            return Change<ImportView>.Refused(["Only a file that was checked, and was not imported since, can be imported."]);
        if (!_open.TryGetValue((by.TenantId, import), out var open))
            return Change<ImportView>.Refused(["This server does not have the file any more. Upload it again."]);
        var now = time.GetUtcNow();
        var moved = await database.WriteAsync(async db =>
        {
            if (!await new UserImportStore(db).MoveAsync(by.TenantId, import, ImportState.Checked, ImportState.Importing, now))
                return false;
            await new EventStore(db).AddAsync(by, AuditAction.ImportStarted, now, open.App ?? "", target: import, detail: StoredJson.Write(new { file_sha256 = view.FileHash }));
            return true;
        });
        if (!moved)
            return Change<ImportView>.Refused(["Somebody else was faster."]);
        open.Wait(null);
        open.Run = Task.Run(() => ImportAsync(open, by), CancellationToken.None);
        return (await FindAsync(by.TenantId, import))!;
    }

    /// <summary>Stops an import, wherever it runs; what was imported stays. False: there is nothing to stop.</summary>
    public async Task<bool> CancelAsync(Author by, string import)
    {
        var now = time.GetUtcNow();
        var (asked, dropped) = await database.WriteAsync(async db =>
        {
            var store = new UserImportStore(db);
            return (await store.AskToCancelAsync(by.TenantId, import), await store.MoveAsync(by.TenantId, import, ImportState.Checked, ImportState.Cancelled, now));
        });
        if (dropped)
            Close((by.TenantId, import));
        return asked || dropped;
    }

    public Task<ImportView?> FindAsync(string tenant, string import) =>
        database.ReadAsync(async db => await new UserImportStore(db).FindAsync(tenant, import) is { } kept ? ImportView.Of(kept, time.GetUtcNow()) : null);

    /// <summary>The last imports, newest first.</summary>
    public async Task<IReadOnlyList<ImportView>> ListAsync(string tenant, int limit) =>
        [.. (await database.ReadAsync(db => new UserImportStore(db).ListAsync(tenant, limit))).Select(kept => ImportView.Of(kept, time.GetUtcNow()))];

    /// <summary>The first lines that were refused, so many at most.</summary>
    public Task<IReadOnlyList<RefusedLine>> RefusedAsync(string tenant, string import, int limit) =>
        database.ReadAsync(db => new UserImportStore(db).RefusalsAsync(tenant, import, limit));

    /// <summary>The refused lines as a CSV file; false: there is no such import.</summary>
    public async Task<bool> WriteReportAsync(string tenant, string import, Stream to)
    {
        if (await FindAsync(tenant, import) is not { } view)
            return false;
        ImportReport.Write(to, await RefusedAsync(tenant, import, ImportRun.MostRefusals), view.Counts.Refused);
        return true;
    }

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    async Task IHostedService.StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await SettleAsync();
        foreach (var (key, open) in _open)
        {
            await EndAsync(open, ImportState.Checked, new(ImportState.Interrupted, new()), by: null);
            Close(key);
        }
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>Waits for all that runs, with what follows upon its end.</summary>
    internal Task SettleAsync() => Task.WhenAll(_open.Values.Select(open => open.Run));

    private async Task CheckAsync(OpenImport open)
    {
        var end = await RunAsync(open, writes: false);
        // Before anybody can see that it waits: an hour is an hour from then at most.
        if (end.State == ImportState.Checked)
            open.Wait(time.CreateTimer(_ => open.Run = ForgetAsync(open, "Nobody imported the file within an hour, and it is gone. Upload it again."), null, Patience, Timeout.InfiniteTimeSpan));
        if (!await EndAsync(open, ImportState.Checking, end, by: null) || end.State != ImportState.Checked)
            Close(open.Key);
    }

    private async Task ImportAsync(OpenImport open, Author by)
    {
        await EndAsync(open, ImportState.Importing, await RunAsync(open, writes: true), by);
        Close(open.Key);
    }

    private async Task<ImportEnd> RunAsync(OpenImport open, bool writes)
    {
        try
        {
            return await new ImportRun(database, keys, time, open.Spool, open.By.TenantId, open.ImportId, open.App, writes).RunAsync(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return new(ImportState.Interrupted, new());
        }
#pragma warning disable CA1031 // It is nobody's who could catch it; the administrator sees that it failed.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            ImportTelemetry.Broke(log, failure, open.ImportId);
            return new(ImportState.Failed, new(), "Something went wrong here, and has been logged. The file can be imported again: who is there already stays as they are.");
        }
    }

    /// <summary>Writes down how a run ended and, of one that imported, who did it and what came of it.</summary>
    private async Task<bool> EndAsync(OpenImport open, ImportState from, ImportEnd end, Author? by)
    {
        try
        {
            var now = time.GetUtcNow();
            return await database.WriteAsync(async db =>
            {
                var store = new UserImportStore(db);
                if (!await store.MoveAsync(open.By.TenantId, open.ImportId, from, end.State, now, end.Fault))
                    return false;
                if (by is not null && await store.FindAsync(by.TenantId, open.ImportId) is { } kept)
                {
                    await new EventStore(db).AddAsync(by, AuditAction.UsersImported, now, open.App ?? "", target: open.ImportId, detail: StoredJson.Write(new
                    {
                        state = kept.State, kept.Lines, kept.Created, kept.Linked, kept.Present, kept.Refused, file_sha256 = kept.FileHash,
                    }));
                }
                return true;
            });
        }
#pragma warning disable CA1031 // Without a database nothing can be written down; after a minute of silence it counts as interrupted.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            ImportTelemetry.Broke(log, failure, open.ImportId);
            return false;
        }
    }

    /// <summary>
    /// Makes an import's place free where it only waits, was forgotten, or has ended: whoever sees its end may be faster than what follows upon
    /// it. False while it runs.
    /// </summary>
    private async Task<bool> DropAsync(OpenImport open, string reason)
    {
        if (await ForgetAsync(open, reason))
            return true;
        var view = await FindAsync(open.By.TenantId, open.ImportId);
        if (view is null)
            Close(open.Key);
        if (view is { IsRunning: true })
            return false;
        await Task.WhenAny(open.Run, Task.Delay(AfterEnd, TimeProvider.System));
        return !_open.ContainsKey(open.Key);
    }

    /// <summary>Forgets a file that only waits to be imported; false when it does not wait.</summary>
    private async Task<bool> ForgetAsync(OpenImport open, string reason)
    {
        if (!await EndAsync(open, ImportState.Checked, new(ImportState.Cancelled, new(), reason), by: null))
            return false;
        Close(open.Key);
        return true;
    }

    /// <summary>Who has looked at what would come of a file and gone away must not keep others from theirs: those that wait the longest go.</summary>
    private async Task<bool> MakeRoomAsync()
    {
        foreach (var open in _open.Values.OrderBy(o => o.ImportId, StringComparer.Ordinal))
        {
            if (_open.Count + _arriving.Count <= MostOpen)
                break;
            await DropAsync(open, "The server needed the room for other files. Upload it again.");
        }
        return _open.Count + _arriving.Count <= MostOpen;
    }

    private void Close((string Tenant, string Import) key)
    {
        if (_open.TryRemove(key, out var open))
            open.Dispose();
    }

    private static ImportColumns? HeadingOf(OpenImport open, List<string> faults)
    {
        try
        {
            using var file = new ImportFile(open.Spool.Open());
            return ImportColumns.Read(file.Heading(), open.App is not null, faults);
        }
        catch (CsvFormatException)
        {
            faults.Add("The first line is longer than any may be. Is this a CSV file?");
            return null;
        }
    }

    private static string Clean(string fileName) =>
        string.Concat(Path.GetFileName(fileName).Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(100)) is { Length: > 0 } clean ? clean : "users.csv";

    /// <summary>An import whose file this server has.</summary>
    private sealed class OpenImport(Author by, string importId, string? app, Spool spool) : IDisposable
    {
        private ITimer? _expiry;

        public Author By => by;
        public string ImportId => importId;
        public string? App => app;
        public Spool Spool => spool;
        public (string Tenant, string Import) Key => (by.TenantId, importId);

        /// <summary>What goes on with it.</summary>
        public Task Run { get; set; } = Task.CompletedTask;

        /// <summary>Until when it waits; null: no longer.</summary>
        public void Wait(ITimer? expiry)
        {
            _expiry?.Dispose();
            _expiry = expiry;
        }

        public void Dispose()
        {
            Wait(null);
            spool.Dispose();
        }
    }
}
