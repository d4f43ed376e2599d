using System.Globalization;
using System.Text;

namespace Watchword.Server.Tests.Harness;

/// <summary>What a thief of the database would have.</summary>
internal static class DatabaseDump
{
    /// <summary>Every column of every row of every table, as it is kept.</summary>
    public static async Task<List<(string Where, byte[] Bytes)>> ColumnsAsync(this TestServer server)
    {
        var tables = await server.Database.ReadAsync(db => db.AllAsync<string>(db.Connection is Npgsql.NpgsqlConnection
            ? "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'"
            : "SELECT name FROM sqlite_master WHERE type = 'table'"));
        Assert.Contains("outbox", tables);
        var found = new List<(string, byte[])>();
        foreach (var table in tables)
        {
            await server.Database.ReadAsync(async db =>
            {
                await using var command = db.Connection.CreateCommand();
#pragma warning disable CA2100 // The database's own names.
                command.CommandText = $"SELECT * FROM \"{table}\"";
#pragma warning restore CA2100
                await using var reader = await command.ExecuteReaderAsync();
                while (await reader.ReadAsync())
                {
                    for (var i = 0; i < reader.FieldCount; i++)
                        found.Add(($"{table}.{reader.GetName(i)}", reader.GetValue(i) as byte[] ?? Encoding.UTF8.GetBytes(Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)!)));
                }
                return true;
            });
        }
        return found;
    }
}
