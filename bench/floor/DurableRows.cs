using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Watchword.Floor;

/// <summary>One SQLite table behind one writer thread; whoever waits for a write is answered after the fsync that holds it.</summary>
internal sealed class DurableRows : IDisposable
{
    private const int LargestBatch = 512;

    private readonly Channel<Row> _queue = Channel.CreateBounded<Row>(new BoundedChannelOptions(8192) { SingleReader = true });
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _upsert;
    private readonly SqliteParameter _id;
    private readonly SqliteParameter _code;
    private readonly Thread _writer;

    public DurableRows(string file)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        _connection.Open();
        using (var setup = _connection.CreateCommand())
        {
            setup.CommandText = """
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                CREATE TABLE IF NOT EXISTS challenges (id TEXT PRIMARY KEY, code TEXT NOT NULL, attempts INTEGER NOT NULL);
                """;
            setup.ExecuteNonQuery();
        }

        _upsert = _connection.CreateCommand();
        _upsert.CommandText = """
            INSERT INTO challenges (id, code, attempts) VALUES (@id, @code, 0)
            ON CONFLICT (id) DO UPDATE SET code = excluded.code
            """;
        _id = _upsert.Parameters.Add("@id", SqliteType.Text);
        _code = _upsert.Parameters.Add("@code", SqliteType.Text);

        _writer = new Thread(WriteBatches) { IsBackground = true, Name = "writer" };
        _writer.Start();
    }

    /// <summary>Completes when the row is on disk.</summary>
    public async Task UpsertAsync(string id, string code)
    {
        var row = new Row(id, code, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await _queue.Writer.WriteAsync(row);
        await row.OnDisk.Task;
    }

    public void Dispose()
    {
        _queue.Writer.Complete();
        _writer.Join();
        _upsert.Dispose();
        _connection.Dispose();
    }

    private void WriteBatches()
    {
        var batch = new List<Row>(LargestBatch);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            try
            {
                WriteBatch(batch);
                batch.ForEach(row => row.OnDisk.SetResult());
            }
            catch (SqliteException failure)
            {
                batch.ForEach(row => row.OnDisk.SetException(failure));
            }

            batch.Clear();
        }
    }

    private void WriteBatch(List<Row> batch)
    {
        using var transaction = _connection.BeginTransaction();
        _upsert.Transaction = transaction;
        // Rows that arrive while the batch is written still join it.
        while (batch.Count < LargestBatch && _queue.Reader.TryRead(out var row))
        {
            batch.Add(row);
            _id.Value = row.Id;
            _code.Value = row.Code;
            _upsert.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private sealed record Row(string Id, string Code, TaskCompletionSource OnDisk);
}
