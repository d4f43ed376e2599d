using DbUp;
using DbUp.Builder;
using DbUp.Engine.Output;
using Microsoft.Data.Sqlite;

namespace Watchword.Server.Storage;

/// <summary>Brings the schema up to date at start: numbered scripts, each run once, each in a transaction.</summary>
internal static class Migrations
{
    /// <summary>Whether the database is still to be made. PostgreSQL is not asked; there an answer costs more than it is worth.</summary>
    public static bool IsNew(StorageOptions options) =>
        options.Engine == Database.StorageEngine.Sqlite && !File.Exists(new SqliteConnectionStringBuilder(options.ConnectionString).DataSource);

    /// <summary>Runs what is missing.</summary>
    /// <exception cref="InvalidOperationException">A script failed; the message names it.</exception>
    public static void Run(StorageOptions options)
    {
        var (target, folder) = options.Engine switch
        {
            Database.StorageEngine.Postgres => (DeployChanges.To.PostgresqlDatabase(options.ConnectionString), "postgres"),
            _ => (ToSqlite(options.ConnectionString!), "sqlite"),
        };
        var result = target
            .WithScriptsEmbeddedInAssembly(typeof(Migrations).Assembly, name => name.Contains($".Migrations.{folder}.", StringComparison.Ordinal))
            .WithTransactionPerScript()
            .LogTo(new NoOpUpgradeLog())
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
            throw new InvalidOperationException($"The database could not be brought up to date ({result.ErrorScript?.Name}): {result.Error.Message}", result.Error);
    }

    private static UpgradeEngineBuilder ToSqlite(string connectionString)
    {
        var file = new SqliteConnectionStringBuilder(connectionString).DataSource;
        if (Path.GetDirectoryName(file) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder);
        return DeployChanges.To.SqliteDatabase(connectionString);
    }
}
