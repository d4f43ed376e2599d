using Npgsql;

namespace Watchword.Server.Storage;

/// <summary>PostgreSQL 15 or later: pooled connections, a transaction each, statements prepared by Npgsql.</summary>
internal sealed class PostgresDatabase : Database
{
    private const int Tries = 5;
    private readonly NpgsqlDataSource _source;

    public PostgresDatabase(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "watchword" };
        if (settings.MaxAutoPrepare == 0)
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (100, 2);
        _source = NpgsqlDataSource.Create(settings);
    }

    public override Dialect Dialect { get; } = new(SkipLocked: "FOR UPDATE SKIP LOCKED", ForUpdate: "FOR UPDATE", NamesIndexes: false);

    public override async Task<T> ReadAsync<T>(Func<SqlSession, ValueTask<T>> work)
    {
        await using var session = new PostgresSession(await _source.OpenConnectionAsync(), Dialect);
        return await work(session);
    }

    public override async Task<T> WriteAsync<T>(Func<SqlSession, ValueTask<T>> work)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var connection = await _source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            var session = new PostgresSession(connection, Dialect);
            try
            {
                var result = await work(session);
                await transaction.CommitAsync();
                return result;
            }
            catch (PostgresException conflict) when (
                conflict.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && attempt < Tries)
            {
                await transaction.RollbackAsync();
            }
        }
    }

    public override ValueTask DisposeAsync() => _source.DisposeAsync();
}
