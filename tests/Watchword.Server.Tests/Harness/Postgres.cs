using Npgsql;

namespace Watchword.Server.Tests.Harness;

/// <summary>The real PostgreSQL that <c>eng/test</c> starts. A test that needs it fails without it; it is never skipped.</summary>
public static class Postgres
{
    private const string Variable = "WATCHWORD_TEST_POSTGRES";

    private static string Server => Environment.GetEnvironmentVariable(Variable)
        ?? throw new InvalidOperationException($"{Variable} is not set. Run the tests by eng/test, which starts a PostgreSQL for them.");

    public static string ConnectionStringOf(string database) =>
        new NpgsqlConnectionStringBuilder(Server) { Database = database, MaxPoolSize = 20 }.ConnectionString;

    public static async Task<string> CreateDatabaseAsync()
    {
        var name = "test_" + Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));
        await RunAsync($"CREATE DATABASE {name}");
        return name;
    }

    public static Task DropDatabaseAsync(string name) => RunAsync($"DROP DATABASE {name} WITH (FORCE)");

    private static async Task RunAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Server) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
