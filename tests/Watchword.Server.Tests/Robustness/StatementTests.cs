using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

/// <summary>Callers write filters, and each shape of one is a statement of its own.</summary>
public sealed class StatementTests
{
    [Fact]
    public async Task However_many_shapes_of_filter_are_asked_for_no_more_statements_are_kept()
    {
        await using var server = await TestServer.StartAsync();
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        string[] terms = ["email pr", "phone_number pr"];
        string[] joins = [" and ", " or "];
        // Five more terms, each one of four ways: 1,024 shapes, of which 300 are more than are kept.
        for (var i = 0; i < 300; i++)
        {
            var n = i;
            var filter = "phone_number pr";
            for (var term = 0; term < 5; term++, n /= 4)
                filter += joins[n & 1] + terms[(n >> 1) & 1];
            var found = await app.Http.GetAsync("/cis/v1/users?search=" + Uri.EscapeDataString(filter), 200);
            Assert.True(found.At("result").GetArrayLength() <= 1);
        }
        var kept = await server.Database.ReadAsync(db => new ValueTask<int>(((SqliteSession)db).Statements));
        Assert.InRange(kept, 1, SqliteSession.MostStatements);
        await app.LoginAsync();
    }
}
