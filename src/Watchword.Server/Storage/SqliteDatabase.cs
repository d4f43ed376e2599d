using System.Collections.Concurrent;
using System.Threading.Channels;
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
    private readonly ConcurrentStack<SqlSession> _readers = new();
    private readonly Channel<Write> _queue = Channel.CreateBounded<Write>(new BoundedChannelOptions(8192) { SingleReader = true });
    private readonly Thread _writer;

    public SqliteDatabase(string connectionString)
    {
        _connectionString = connectionString;
        // Opened here, so that a path that cannot be written stops the start instead of the first request.
        var session = Open(writable: true);
        _writer = new Thread(() => WriteBatches(session)) { IsBackground = true, Name = "sqlite-writer" };
        _writer.Start();
    }

    public override Dialect Dialect { get; } = new(SkipLocked: "");

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
        var write = new Write<T>(work);
        await _queue.Writer.WriteAsync(write);
        return await write.Result;
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_queue.Writer.TryComplete())
            return;
        _writer.Join();
        while (_readers.TryPop(out var session))
            await session.DisposeAsync();
    }

    private SqlSession Open(bool writable)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder(_connectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        var session = new SqlSession(connection, Dialect, keepCommands: true);
        Run(session, "PRAGMA busy_timeout = 10000");
        if (writable)
        {
            Run(session, "PRAGMA journal_mode = WAL");
            Run(session, "PRAGMA synchronous = FULL");
            Run(session, "PRAGMA cache_size = -32768");
            // A larger log is folded back less often; each fold stalls the writer for an fsync of the main file.
            Run(session, "PRAGMA wal_autocheckpoint = 4000");
        }
        else
        {
            Run(session, "PRAGMA query_only = ON");
            Run(session, "PRAGMA cache_size = -4096");
        }
        return session;
    }

    private void WriteBatches(SqlSession session)
    {
        var batch = new List<Write>(LongestBatch);
        while (Wait(_queue.Reader.WaitToReadAsync()))
        {
            batch.Clear();
            try
            {
                Run(session, "BEGIN IMMEDIATE");
                while (batch.Count < LongestBatch && _queue.Reader.TryRead(out var write))
                {
                    batch.Add(write);
                    // A savepoint each, so that one failing write does not spoil its neighbours.
                    Run(session, "SAVEPOINT one");
                    if (!write.Run(session))
                        Run(session, "ROLLBACK TO one");
                    Run(session, "RELEASE one");
                }
                Run(session, "COMMIT");
            }
            catch (SqliteException failure)
            {
                // The disk is full or the file is gone: nothing of this batch happened, and nobody is told that it did.
                Abandon(session);
                foreach (var write in batch)
                    write.Fail(failure);
                if (batch.Count == 0 && _queue.Reader.TryRead(out var next))
                    next.Fail(failure);
                continue;
            }
            StorageTelemetry.BatchSize.Record(batch.Count);
            foreach (var write in batch)
                write.Acknowledge();
        }
        session.Connection.Dispose();
    }

    private static bool Wait(ValueTask<bool> ready) => ready.IsCompleted ? ready.Result : ready.AsTask().GetAwaiter().GetResult();

    private static void Abandon(SqlSession session)
    {
        try
        {
            Run(session, "ROLLBACK");
        }
        catch (SqliteException)
        {
            // SQLite has rolled back by itself, as it does after some failures.
        }
    }

    private static void Run(SqlSession session, string sql)
    {
        var done = session.ExecuteAsync(sql);
        if (!done.IsCompleted)
            throw new InvalidOperationException("SQLite answered asynchronously.");
        done.GetAwaiter().GetResult();
    }

    private abstract class Write
    {
        /// <summary>Runs the work; false when it threw and must be undone.</summary>
        public abstract bool Run(SqlSession session);

        public abstract void Acknowledge();

        public abstract void Fail(Exception failure);
    }

    private sealed class Write<T>(Func<SqlSession, ValueTask<T>> work) : Write
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _value;
        private Exception? _failure;

        public Task<T> Result => _done.Task;

        public override bool Run(SqlSession session)
        {
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
