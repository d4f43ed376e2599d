using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

/// <summary>What one node changes, another comes to know.</summary>
public sealed class NodesTests
{
    [Fact]
    public async Task A_policy_changed_and_a_client_deleted_on_one_node_are_so_on_another_within_five_seconds()
    {
        await using var here = await TestServer.StartAsync(Engine.Postgres);
        await using var there = await here.AnotherNodeAsync();
        var app = await here.ApplicationAsync();
        await app.UserAsync();
        var client = await there.ClientAsync(app.ClientId, app.ClientSecret);
        await (await app.SendAsync(http: client)).JsonAsync(200);

        await app.Management.PutAsync($"/cis/loginPreferences/{app.AppId}/authMethods", new { sms = new { } }, 200);
        Assert.Equal("auth_login_preferences_missing", await (await app.SendAsync()).ErrorAsync(403));
        here.Clock.Advance(ClientDirectory.Recheck - TimeSpan.FromMilliseconds(1));
        await (await app.SendAsync(http: client)).JsonAsync(200);
        here.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("auth_login_preferences_missing", await (await app.SendAsync(http: client)).ErrorAsync(403));

        await app.Management.DeleteAsync($"/cis/v1/applications/{app.AppId}/clients/{app.ClientId}", 204);
        Assert.Equal("unauthorized", await (await app.SendAsync()).ErrorAsync(401));
        here.Clock.Advance(ClientDirectory.Recheck);
        Assert.Equal("unauthorized", await (await app.SendAsync(http: client)).ErrorAsync(401));
    }
}
