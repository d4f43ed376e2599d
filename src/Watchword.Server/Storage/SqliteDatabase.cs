using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Watchword.Server.Storage;

/// <summary>
/// SQLite inside this process. Readers run side by side, each on a connection of its own; the writes of all requests in flight go through
/// one writer, which commits them in batches: one fsync answers many requests.
/// </summary>
internal sealed class SqliteDatabase : Database
{
    private const int LongestBatch = 256;
    private readonly string _connectionString;
    private readonly ConcurrentStack<SqliteSession> _readers = new();
    private readonly ConcurrentQueue<Write> _queue = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _writer;
    private readonly SqliteCheckpoints _checkpoints;
    private volatile bool _asleep;
    private volatile bool _closing;

    public SqliteDatabase(string connectionString)
    {
        _connectionString = connectionString;
        // Opened here, so that a path that cannot be written stops the start instead of the first request.
        var session = Open(writable: true);
        _checkpoints = new SqliteCheckpoints(session, () => Open(writable: true));
        _writer = new Thread(() => WriteBatches(session)) { IsBackground = true, Name = "sqlite-writer" };
        _writer.Start();
    }

    public override Dialect Dialect { get; } = new(SkipLocked: "", ForUpdate: "", NamesIndexes: true);

    public override async Task<T> ReadAsync<T>(Func<SqlSession, ValueTask<T>> work)
    {
        if (!_readers.TryPop(out var session))
            session = Open(writable: false);
        try
        {
            return await work(session);
        }
        finally
        {
            _readers.Push(session);
        }
    }

    public override async Task<T> WriteAsync<T>(Func<SqlSession, ValueTask<T>> work)
    {
        // Write work that asks for another write would wait for itself for ever.
        if (Thread.CurrentThread == _writer)
            throw new InvalidOperationException("Write work may not begin another write.");
        ObjectDisposedException.ThrowIf(_closing, this);
        var write = new Write<T>(work);
        // Not bounded by itself: a request has one write in flight, so the queue is no longer than the requests are many.
        _queue.Enqueue(write);
        if (_asleep)
            _wake.Set();
        return await write.Result;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_closing)
            return;
        _closing = true;
        _wake.Set();
        _writer.Join();
        _wake.Dispose();
        while (_readers.TryPop(out var session))
            await session.DisposeAsync();
    }

    private SqliteSession Open(bool writable)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder(_connectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        var session = new SqliteSession(connection, Dialect);
        session.Execute("PRAGMA busy_timeout = 10000");
        if (writable)
        {
            session.Execute("PRAGMA journal_mode = WAL");
            session.Execute("PRAGMA synchronous = FULL");
            // 8 MiB. More does not help: the file is in the system's cache, and at each commit after a page split SQLite walks the whole
            // table of its own.
            session.Execute("PRAGMA cache_size = -8192");
            // Checkpoints are made beside the writer; by itself SQLite would make them inside a commit, and every request would wait.
            session.Execute("PRAGMA wal_autocheckpoint = 0");
        }
        else
        {
            session.Execute("PRAGMA query_only = ON");
            session.Execute("PRAGMA cache_size = -4096");
        }
        return session;
    }

    private void WriteBatches(SqliteSession session)
    {
        var batch = new List<Write>(LongestBatch);
        while (WaitForWork())
        {
            batch.Clear();
            while (batch.Count < LongestBatch && _queue.TryDequeue(out var write))
                batch.Add(write);
            try
            {
                // Work that throws is rare, and a savepoint around each would cost all the others: only a batch in which one threw is
                // taken back and run again with savepoints, so that the one does not spoil its neighbours.
                if (!TryCommit(session, batch, savepoints: false))
                    TryCommit(session, batch, savepoints: true);
            }
            catch (SqliteException failure)
            {
                // The disk is full or the file is gone: nothing of this batch happened, and nobody is told that it did.
                Abandon(session);
                foreach (var write in batch)
                    write.Fail(failure);
                continue;
            }
            StorageTelemetry.BatchSize.Record(batch.Count);
            foreach (var write in batch)
                write.Acknowledge();
            _checkpoints.AfterCommit();
        }
        _checkpoints.Close();
        session.Dispose();
    }

    private static bool TryCommit(SqliteSession session, List<Write> batch, bool savepoints)
    {
        session.Execute("BEGIN IMMEDIATE");
        foreach (var write in batch)
        {
            if (savepoints)
                session.Execute("SAVEPOINT one");
            if (!write.Run(session))
            {
                if (!savepoints)
                {
                    Abandon(session);
                    return false;
                }
                session.Execute("ROLLBACK TO one");
            }
            if (savepoints)
                session.Execute("RELEASE one");
        }
        session.Execute("COMMIT");
        return true;
    }

    /// <summary>
    /// False when the database closes. Sleeps in the kernel: a thread that spins for work takes a core from the requests that bring it.
    /// </summary>
    private bool WaitForWork()
    {
        while (_queue.IsEmpty)
        {
            if (_closing)
                return false;
            _asleep = true;
            // Looked at again after saying so, or a write that came in between would wait for the next one.
            Interlocked.MemoryBarrier();
            if (_queue.IsEmpty && !_closing)
                _wake.WaitOne();
            _asleep = false;
        }
        return true;
    }

    private static void Abandon(SqliteSession session)
    {
        try
        {
            session.Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself, as it does after some failures.
        }
    }

    private abstract class Write
    {
        /// <summary>Runs the work; false when it threw and must be undone.</summary>
        public abstract bool Run(SqliteSession session);

        public abstract void Acknowledge();

        public abstract void Fail(Exception failure);
    }

    private sealed class Write<T>(Func<SqlSession, ValueTask<T>> work) : Write
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _value;
        private Exception? _failure;

        public Task<T> Result => _done.Task;

        public override bool Run(SqliteSession session)
        {
            _failure = null;
            try
            {
                var running = work(session);
                // Anything awaited but SQL would hold up every other writer.
                if (!running.IsCompleted)
                    throw new InvalidOperationException("Write work may await nothing but its session.");
                _value = running.GetAwaiter().GetResult();
                return true;
            }
#pragma warning disable CA1031 // Whatever it was, it belongs to the caller, who gets it below.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _failure = failure;
                return false;
            }
        }

        public override void Acknowledge()
        {
            if (_failure is null)
                _done.SetResult(_value!);
            else
                _done.SetException(_failure);
        }

        public override void Fail(Exception failure) => _done.TrySetException(failure);
    }
}
