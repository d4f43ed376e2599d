using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Watchword.Server.Storage;

/// <summary>
/// Folds SQLite's write-ahead log back into the database file beside the writer, not inside its commits. A pass on another connection
/// copies most of the log while the writer goes on; then the writer copies the short rest, after which the log begins again from its start.
/// </summary>
internal sealed class SqliteCheckpoints
{
    /// <summary>
    /// Pages of 4 KiB in the log that start a pass: 8 MiB. A longer log copies often-written pages less often, but its passes keep the disk from
    /// the writer's fsyncs for longer.
    /// </summary>
    private const int LongLog = 2000;

    private const string Fold = "PRAGMA wal_checkpoint(PASSIVE)";
    private const int PagesWritten = 9; // SQLITE_DBSTATUS_CACHE_WRITE
    private readonly SqliteSession _writer;
    private readonly Func<SqliteSession> _open;
    private Task? _pass;

    public SqliteCheckpoints(SqliteSession writer, Func<SqliteSession> open) => (_writer, _open) = (writer, open);

    /// <summary>Called by the writer between its batches.</summary>
    public void AfterCommit()
    {
        if (_pass is { IsCompleted: true })
        {
            _pass = null;
            Run(_writer);
        }
        else if (_pass is null && Written(reset: false) > LongLog)
        {
            Written(reset: true);
            // On a thread of its own: it waits for the disk, and the pool's few threads have requests to answer.
            _pass = Task.Factory.StartNew(Pass, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Waits for a pass under way; closing the last connection folds the rest.</summary>
    public void Close() => _pass?.ContinueWith(_ => { }, TaskScheduler.Default).Wait();

    private void Pass()
    {
        var session = _open();
        Run(session);
        session.Dispose();
    }

    /// <summary>Pages that the writer has put into the log since the last reset.</summary>
    private int Written(bool reset)
    {
        _ = raw.sqlite3_db_status(_writer.Handle, PagesWritten, out var pages, out _, reset ? 1 : 0);
        return pages;
    }

    /// <summary>A pass that finds the database busy does what it can; the next one does the rest.</summary>
    private static void Run(SqliteSession session)
    {
        try
        {
            session.Execute(Fold);
        }
        catch (SqliteException)
        {
            // A full disk, for example: the log keeps everything, and the next commit tells its caller.
        }
    }
}
