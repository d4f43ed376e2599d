using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Watchword.Server.Storage;

/// <summary>
/// A session on SQLite. Its statements are prepared once and driven directly: in process there is nothing to wait for, and going through
/// ADO.NET costs as much again as running them. Everything is done when a call returns.
/// </summary>
internal sealed class SqliteSession(SqliteConnection connection, Dialect dialect) : SqlSession(connection, dialect)
{
    /// <summary>Statements kept. The stores have fewer; but a search has a text of its own for each shape of its filter, and callers write those.</summary>
    public const int MostStatements = 256;

    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    /// <summary>The connection in SQLite's own terms.</summary>
    public sqlite3 Handle { get; } = connection.Handle!;

    /// <inheritdoc/>
    public override ValueTask<int> ExecuteAsync(string sql, object? parameters = null) => new(Execute(sql, parameters));

    /// <summary>Rows changed.</summary>
    public int Execute(string sql, object? parameters = null)
    {
        var statement = Bound(sql, parameters);
        try
        {
            while (statement.Step())
            {
                // A pragma answers with rows that nobody asked for.
            }
            return raw.sqlite3_changes(Handle);
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <inheritdoc/>
    public override ValueTask ExecuteAllAsync(string sql, IReadOnlyList<object> parameters)
    {
        foreach (var one in parameters)
            Execute(sql, one);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask<T?> FirstAsync<T>(string sql, object? parameters = null)
        where T : default
    {
        var statement = Bound(sql, parameters);
        try
        {
            return new(statement.Step() ? statement.Row<T>() : default);
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <inheritdoc/>
    public override ValueTask<List<T>> AllAsync<T>(string sql, object? parameters = null)
    {
        var statement = Bound(sql, parameters);
        try
        {
            var rows = new List<T>();
            while (statement.Step())
                rows.Add(statement.Row<T>());
            return new(rows);
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends the statements and closes the connection.</summary>
    public void Dispose()
    {
        ForgetStatements();
        Connection.Dispose();
    }

    /// <summary>Statements kept now.</summary>
    internal int Statements => _statements.Count;

    /// <summary>Their texts.</summary>
    internal IReadOnlyCollection<string> Texts => _statements.Keys;

    private void ForgetStatements()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _statements.Clear();
    }

    private SqliteStatement Bound(string sql, object? parameters)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            if (_statements.Count >= MostStatements)
                ForgetStatements();
            _statements.Add(sql, statement = new SqliteStatement(Handle, sql));
        }
        statement.Bind(parameters);
        return statement;
    }
}
