using System.Collections.Concurrent;
using System.Data.Common;
using System.Linq.Expressions;
using System.Reflection;
using Dapper;

namespace Watchword.Server.Storage;

/// <summary>
/// One open connection, for the length of one piece of work. Parameters are the members of an anonymous object, rows are mapped by
/// Dapper. In process (SQLite) commands are kept prepared, since compiling a statement there costs more than running it; Npgsql keeps its own.
/// </summary>
internal sealed class SqlSession(DbConnection connection, Dialect dialect, bool inProcess) : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<Type, Parameter[]> ParametersOf = new();
    private readonly Dictionary<string, Prepared> _prepared = new(StringComparer.Ordinal);

    static SqlSession() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>The connection itself, for the engine's own needs.</summary>
    public DbConnection Connection => connection;

    /// <summary>The engine's words.</summary>
    public Dialect Dialect => dialect;

    /// <summary>Rows changed.</summary>
    public ValueTask<int> ExecuteAsync(string sql, object? parameters = null)
    {
        var prepared = Prepare(sql, parameters);
        // SQLite has nothing to wait for; its asynchronous methods only cost.
        return inProcess ? new(prepared.Command.ExecuteNonQuery()) : AwaitAsync();

        async ValueTask<int> AwaitAsync()
        {
            await using var command = prepared.Command;
            return await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>The first row, or null.</summary>
    public ValueTask<T?> FirstAsync<T>(string sql, object? parameters = null)
    {
        var prepared = Prepare(sql, parameters);
        if (!inProcess)
            return AwaitAsync();
        using var reader = prepared.Command.ExecuteReader();
        return new(reader.Read() ? prepared.Map<T>(reader) : default);

        async ValueTask<T?> AwaitAsync()
        {
            await using var command = prepared.Command;
            await using var reader = await command.ExecuteReaderAsync();
            return await reader.ReadAsync() ? prepared.Map<T>(reader) : default;
        }
    }

    /// <summary>All rows.</summary>
    public ValueTask<List<T>> AllAsync<T>(string sql, object? parameters = null)
    {
        var prepared = Prepare(sql, parameters);
        var rows = new List<T>();
        if (!inProcess)
            return AwaitAsync();
        using var reader = prepared.Command.ExecuteReader();
        while (reader.Read())
            rows.Add(prepared.Map<T>(reader));
        return new(rows);

        async ValueTask<List<T>> AwaitAsync()
        {
            await using var command = prepared.Command;
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                rows.Add(prepared.Map<T>(reader));
            return rows;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var prepared in _prepared.Values)
            await prepared.Command.DisposeAsync();
        await connection.DisposeAsync();
    }

    private Prepared Prepare(string sql, object? parameters)
    {
        if (!_prepared.TryGetValue(sql, out var prepared))
        {
            var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of a store; values travel as parameters only.
            command.CommandText = sql;
#pragma warning restore CA2100
            prepared = new Prepared(command);
            if (inProcess)
                _prepared.Add(sql, prepared);
        }
        if (parameters is not null)
            Bind(prepared.Command, parameters);
        return prepared;
    }

    private static void Bind(DbCommand command, object parameters)
    {
        if (parameters is IReadOnlyDictionary<string, object?> named)
        {
            command.Parameters.Clear();
            foreach (var (name, value) in named)
                Add(command, name, value);
            return;
        }
        var members = ParametersOf.GetOrAdd(parameters.GetType(), ReadersOf);
        var first = command.Parameters.Count == 0;
        for (var i = 0; i < members.Length; i++)
        {
            if (first)
                Add(command, members[i].Name, members[i].Read(parameters));
            else
                command.Parameters[i].Value = members[i].Read(parameters) ?? DBNull.Value;
        }
    }

    private static void Add(DbCommand command, string name, object? value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value ?? DBNull.Value;
        command.Parameters.Add(parameter);
    }

    private static Parameter[] ReadersOf(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property =>
        {
            var instance = Expression.Parameter(typeof(object));
            var read = Expression.Convert(Expression.Property(Expression.Convert(instance, type), property), typeof(object));
            return new Parameter("@" + property.Name, Expression.Lambda<Func<object, object?>>(read, instance).Compile());
        })];

    private sealed record Parameter(string Name, Func<object, object?> Read);

    private sealed class Prepared(DbCommand command)
    {
        private object? _map;

        public DbCommand Command => command;

        public T Map<T>(DbDataReader reader) => ((Func<DbDataReader, T>)(_map ??= IsScalar<T>() ? Scalar<T> : reader.GetRowParser<T>()))(reader);

        private static bool IsScalar<T>() => typeof(T).IsPrimitive || Nullable.GetUnderlyingType(typeof(T)) is not null || typeof(T) == typeof(string) || typeof(T) == typeof(byte[]);

        private static T Scalar<T>(DbDataReader row) => row.IsDBNull(0) ? default! : (T)row.GetValue(0);
    }
}
