using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Hosting;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

/// <summary>The ends of time can be asked for, and what lies beyond them stops nobody.</summary>
public sealed class AuditEdgeTests(SqliteServer shared) : SecurityTests(shared), IClassFixture<SqliteServer>
{
    [Theory]
    [InlineData("from=0001-01-01T00:00:00Z")]
    [InlineData("to=9999-12-31T23:59:59.999Z")]
    public async Task The_first_and_the_last_instant_there_are_can_be_asked_for(string query)
    {
        using var management = await TenantAsync();
        Assert.NotEmpty((await management.GetAsync("/cis/v1/audit?" + query, 200)).At("result").EnumerateArray());
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public async Task An_entry_at_no_instant_there_is_shows_and_keeps_nobody_from_reading(long at)
    {
        using var management = await TenantAsync();
        await management.PutAsync("/cis/v1/retention", new { message_days = 5 }, 200);
        Assert.Equal(2, (await management.GetAsync("/cis/v1/audit", 200)).At("result").GetArrayLength());
        await Server.TamperAsync(
            "UPDATE audit SET at = @at WHERE action = 'retention.changed' AND tenant_id = (SELECT tenant_id FROM clients WHERE client_id = @id)", new { at, id = Manager.Id });
        Assert.Equal(2, (await management.GetAsync("/cis/v1/audit", 200)).At("result").GetArrayLength());
        Assert.False((await management.PostAsync("/cis/v1/audit/verify", new { }, 200)).At("result", "intact").GetBoolean());
        await Server.Services.GetRequiredService<Forgetting>().RunAsync(Server.Clock.GetUtcNow(), TestContext.Current.CancellationToken);
    }
}
