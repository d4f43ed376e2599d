using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;

namespace Watchword.Server.Storage;

/// <summary>
/// Makes committed batches durable and then answers their callers. SQLite could do it inside each commit, but its writer would stand still
/// meanwhile; here it goes on, and whatever it commits during one fsync shares the next.
/// </summary>
/// <remarks>
/// Frames of SQLite's log carry checksums, so a power cut leaves a prefix of the commits, and all that was answered is in it. SQLite takes no
/// locks on the log file, so a second handle to it in this process loses none (as one to the database file would).
/// </remarks>
internal sealed class SqliteLog
{
    private readonly BlockingCollection<List<SqliteDatabase.Write>> _committed = [];
    private readonly SafeFileHandle _file;
    private readonly Thread _thread;

    public SqliteLog(string database)
    {
        _file = File.OpenHandle(database + "-wal", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _thread = new Thread(Run) { IsBackground = true, Name = "sqlite-log" };
        _thread.Start();
    }

    /// <summary>Called by the writer when a batch is committed.</summary>
    public void Acknowledge(List<SqliteDatabase.Write> batch) => _committed.Add(batch);

    /// <summary>Answers what is left and ends.</summary>
    public void Close()
    {
        _committed.CompleteAdding();
        _thread.Join();
        _committed.Dispose();
        _file.Dispose();
    }

    private void Run()
    {
        var answered = new List<List<SqliteDatabase.Write>>();
        while (_committed.TryTake(out var first, Timeout.Infinite))
        {
            answered.Clear();
            answered.Add(first);
            while (_committed.TryTake(out var next))
                answered.Add(next);
            try
            {
                RandomAccess.FlushToDisk(_file);
            }
            catch (IOException failure)
            {
                // After a failed fsync nobody knows what is on disk, and the next one may falsely succeed. PostgreSQL stops here too.
                Environment.FailFast("The database's log could not be written to disk.", failure);
            }
            foreach (var batch in answered)
            {
                foreach (var write in batch)
                    write.Acknowledge();
            }
        }
    }
}
