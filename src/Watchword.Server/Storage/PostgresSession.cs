using System.Collections.Concurrent;
using System.Data.Common;
using System.Reflection;
using Dapper;
using Npgsql;

namespace Watchword.Server.Storage;

/// <summary>A session on PostgreSQL: Npgsql keeps statements prepared, Dapper maps rows.</summary>
internal sealed class PostgresSession(NpgsqlConnection connection, Dialect dialect) : SqlSession(connection, dialect)
{
    private static readonly ConcurrentDictionary<(string Sql, Type Row), Delegate> Maps = new();
    private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Members = new();

    static PostgresSession() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <inheritdoc/>
    public override async ValueTask<int> ExecuteAsync(string sql, object? parameters = null)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask ExecuteAllAsync(string sql, IReadOnlyList<object> parameters)
    {
        if (parameters.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection);
        foreach (var one in parameters)
        {
#pragma warning disable CA2100 // As below.
            var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
            Fill(command.Parameters, one);
            batch.BatchCommands.Add(command);
        }
        await batch.ExecuteNonQueryAsync();
    }

    /// <inheritdoc/>
    public override async ValueTask<T?> FirstAsync<T>(string sql, object? parameters = null)
        where T : default
    {
        await using var command = Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? Map<T>(sql, parameters, reader)(reader) : default;
    }

    /// <inheritdoc/>
    public override async ValueTask<List<T>> AllAsync<T>(string sql, object? parameters = null)
    {
        await using var command = Command(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync();
        var map = Map<T>(sql, parameters, reader);
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(map(reader));
        return rows;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => connection.DisposeAsync();

    private NpgsqlCommand Command(string sql, object? parameters)
    {
#pragma warning disable CA2100 // Every statement is a constant of a store; values travel as parameters only.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        Fill(command.Parameters, parameters);
        return command;
    }

    private static void Fill(NpgsqlParameterCollection bound, object? parameters)
    {
        if (parameters is IReadOnlyDictionary<string, object?> named)
        {
            foreach (var (name, value) in named)
                bound.AddWithValue(name, value ?? DBNull.Value);
        }
        else if (parameters is not null)
        {
            foreach (var member in Members.GetOrAdd(parameters.GetType(), type => type.GetProperties()))
                bound.AddWithValue(member.Name, member.GetValue(parameters) ?? DBNull.Value);
        }
    }

    /// <summary>Kept for the stores' own statements; a search (parameters by name) has as many texts as callers write filters.</summary>
    private static Func<DbDataReader, T> Map<T>(string sql, object? parameters, DbDataReader reader) =>
        parameters is IReadOnlyDictionary<string, object?>
            ? MapOf<T>(reader)
            : (Func<DbDataReader, T>)Maps.GetOrAdd((sql, typeof(T)), (_, row) => MapOf<T>(row), reader);

    private static Func<DbDataReader, T> MapOf<T>(DbDataReader row) => IsScalar<T>() ? Scalar<T> : row.GetRowParser<T>();

    private static bool IsScalar<T>() => typeof(T).IsPrimitive || Nullable.GetUnderlyingType(typeof(T)) is not null || typeof(T) == typeof(string) || typeof(T) == typeof(byte[]);

    private static T Scalar<T>(DbDataReader row) => row.IsDBNull(0) ? default! : (T)row.GetValue(0);
}
