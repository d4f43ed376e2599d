using Microsoft.Data.Sqlite;
using Npgsql;

namespace Watchword.Server.Storage;

/// <summary>
/// The database behind every store, and the only place that knows its engine. Two verbs: read on a pooled connection, write in a
/// transaction that is durable when the call returns.
/// </summary>
internal abstract class Database : IAsyncDisposable
{
    /// <summary>The few words in which the engines' SQL differs.</summary>
    public abstract Dialect Dialect { get; }

    /// <summary>Runs statements that change nothing. Sees every write that was acknowledged before.</summary>
    public abstract Task<T> ReadAsync<T>(Func<SqlSession, ValueTask<T>> work);

    /// <summary>
    /// Runs statements in one transaction. When this returns they are on disk; when it throws, none of them happened. The work may be run
    /// again from its start after a conflict with another node, so it must do nothing but SQL and pure decisions.
    /// </summary>
    public abstract Task<T> WriteAsync<T>(Func<SqlSession, ValueTask<T>> work);

    /// <summary>Write work without a result.</summary>
    public Task WriteAsync(Func<SqlSession, ValueTask> work) =>
        WriteAsync(async db =>
        {
            await work(db);
            return true;
        });

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Opens the configured engine. The schema is brought up to date by <see cref="Migrations"/>, before this.</summary>
    public static Database Open(StorageOptions options) => options.Engine switch
    {
        StorageEngine.Postgres => new PostgresDatabase(options.ConnectionString!),
        _ => new SqliteDatabase(options.ConnectionString!),
    };

    /// <summary>Whether the exception says that a row with this key exists already.</summary>
    public static bool IsDuplicateKey(Exception exception) => exception switch
    {
        SqliteException { SqliteExtendedErrorCode: 2067 or 1555 } => true, // SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } => true,
        _ => false,
    };

    /// <summary>Which engine to use.</summary>
    internal enum StorageEngine
    {
        /// <summary>A file of this process.</summary>
        Sqlite,

        /// <summary>A PostgreSQL server, 15 or later.</summary>
        Postgres,
    }
}

/// <summary>Section <c>Watchword:Storage</c>.</summary>
internal sealed class StorageOptions
{
    /// <summary><c>sqlite</c>, or <c>postgres</c> (15 or later).</summary>
    /// <value>sqlite</value>
    public Database.StorageEngine Engine { get; set; } = Database.StorageEngine.Sqlite;

    /// <summary>ADO.NET connection string. Required for PostgreSQL: <c>Host=…;Database=…;Username=…;Password=…</c>.</summary>
    /// <value>Data Source=data/watchword.db</value>
    public string? ConnectionString { get; set; }
}

/// <summary>Fragments of SQL that the engines spell differently.</summary>
/// <param name="SkipLocked">Ends a SELECT that claims rows, so that two claimers never wait for each other.</param>
/// <param name="ForUpdate">Ends a SELECT of rows that the same write is going to change: until it has ended, nobody else does.</param>
/// <param name="NamesIndexes">Whether a statement may say which index it means.</param>
internal sealed record Dialect(string SkipLocked, string ForUpdate, bool NamesIndexes)
{
    /// <summary>
    /// Follows a table's name where a partial index must be used: SQLite, which keeps no statistics here, prefers the key and walks the table.
    /// </summary>
    public string By(string index) => NamesIndexes ? $"INDEXED BY {index}" : "";
}
