using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Events;
using Watchword.Server.Hosting;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

public sealed class PrunedChainOnSqlite(SqliteServer shared) : PrunedChainTests(shared), IClassFixture<SqliteServer>;

public sealed class PrunedChainOnPostgres(PostgresServer shared) : PrunedChainTests(shared), IClassFixture<PostgresServer>;

/// <summary>Whoever writes to the database has the server forget what they did: it proves nothing that it did not write itself.</summary>
public abstract class PrunedChainTests(SharedServer shared) : SecurityTests(shared)
{
    private string _tenant = "";

    [Theory]
    [InlineData("UPDATE audit SET at = 0 WHERE tenant_id = @tenant")]
    [InlineData("UPDATE audit SET at = 0 WHERE tenant_id = @tenant AND sequence < 3")]
    [InlineData("DELETE FROM audit WHERE tenant_id = @tenant AND sequence < 3", "UPDATE audit_heads SET pruned_sequence = 2, pruned_mac = mac WHERE tenant_id = @tenant")]
    [InlineData("DELETE FROM audit WHERE tenant_id = @tenant AND sequence = 2")]
    [InlineData("UPDATE audit SET actor = 'somebody' WHERE tenant_id = @tenant AND sequence = 2")]
    public async Task What_was_tampered_with_is_not_proved_to_be_forgotten_by_the_server(params string[] sql)
    {
        using var management = await LogAsync();
        Assert.True(await IsIntactAsync(management));
        foreach (var statement in sql)
            await Server.TamperAsync(statement, new { tenant = _tenant });

        // Once by what was made old, and once by what has become old.
        await ForgetAsync(TimeSpan.Zero);
        Assert.False(await IsIntactAsync(management));
        await ForgetAsync(TimeSpan.FromDays(401));
        Assert.Equal(0, await EntriesAsync());
        Assert.False(await IsIntactAsync(management));
        await management.PutAsync("/cis/v1/retention", new { message_days = 33 }, 200);
        await Server.Services.GetRequiredService<EventRelay>().RelayAllAsync(TestContext.Current.CancellationToken);
        await ForgetAsync(TimeSpan.FromDays(402));
        Assert.False(await IsIntactAsync(management));
    }

    [Fact]
    public async Task What_nobody_touched_is_proved_to_be_forgotten_by_the_server()
    {
        using var management = await LogAsync();
        await ForgetAsync(TimeSpan.FromDays(401));
        Assert.Equal(0, await EntriesAsync());
        Assert.True(await IsIntactAsync(management));
    }

    [Fact]
    public async Task Days_that_nobody_can_set_are_not_kept_to()
    {
        using var management = await LogAsync();
        var entries = await EntriesAsync();
        await Server.TamperAsync("UPDATE tenant_settings SET settings = REPLACE(settings, '400', '1') WHERE tenant_id = @tenant", new { tenant = _tenant });
        Assert.Equal(1, (await management.GetAsync("/cis/v1/retention", 200)).At("result", "audit_days").GetInt32());
        await ForgetAsync(TimeSpan.FromDays(2));
        Assert.Equal(entries, await EntriesAsync());
    }

    /// <summary>A tenant with some entries.</summary>
    private async Task<HttpClient> LogAsync()
    {
        var management = await TenantAsync();
        _tenant = (await Server.PeekAsync<string>("SELECT tenant_id FROM clients WHERE client_id = @id", new { id = Manager.Id }))!;
        for (var days = 1; days <= 4; days++)
            await management.PutAsync("/cis/v1/retention", new { message_days = days }, 200);
        await Server.Services.GetRequiredService<EventRelay>().RelayAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5, await EntriesAsync());
        return management;
    }

    private Task<long> EntriesAsync() => Server.PeekAsync<long>("SELECT COUNT(*) FROM audit WHERE tenant_id = @tenant", new { tenant = _tenant });

    private async Task ForgetAsync(TimeSpan later) =>
        await Server.Services.GetRequiredService<Forgetting>().RunAsync(Server.Clock.GetUtcNow() + later, TestContext.Current.CancellationToken);

    private static async Task<bool> IsIntactAsync(HttpClient management) =>
        (await management.PostAsync("/cis/v1/audit/verify", new { }, 200)).At("result", "intact").GetBoolean();
}
