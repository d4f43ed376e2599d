using System.Data.Common;

namespace Watchword.Server.Storage;

/// <summary>
/// One open connection, for the length of one piece of work. Parameters are the members of an anonymous object (or of a dictionary, with
/// their @); a row becomes an object whose members are called like its columns, or a single value.
/// </summary>
internal abstract class SqlSession(DbConnection connection, Dialect dialect) : IAsyncDisposable
{
    /// <summary>The connection itself, for the engine's own needs.</summary>
    public DbConnection Connection => connection;

    /// <summary>The engine's words.</summary>
    public Dialect Dialect => dialect;

    /// <summary>Rows changed.</summary>
    public abstract ValueTask<int> ExecuteAsync(string sql, object? parameters = null);

    /// <summary>Runs a statement once for each of these, in their order; where there is a way to the server, it is gone once.</summary>
    public abstract ValueTask ExecuteAllAsync(string sql, IReadOnlyList<object> parameters);

    /// <summary>The first row, or null.</summary>
    public abstract ValueTask<T?> FirstAsync<T>(string sql, object? parameters = null);

    /// <summary>All rows.</summary>
    public abstract ValueTask<List<T>> AllAsync<T>(string sql, object? parameters = null);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
