using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Delivery;

public sealed class ProviderDirectoryOnSqlite(SqliteLoft loft) : ProviderDirectoryTests(loft), IClassFixture<SqliteLoft>;

public sealed class ProviderDirectoryOnPostgres(PostgresLoft loft) : ProviderDirectoryTests(loft), IClassFixture<PostgresLoft>;

/// <summary>Which way messages go, by what the tenant has set, from the moment it is set.</summary>
public abstract class ProviderDirectoryTests(PigeonLoft loft)
{
    private const string Settings = PigeonLoft.Settings;
    private const string British = "+447400000001";

    [Fact]
    public async Task Without_routes_every_enabled_provider_of_the_channel_carries_in_order()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(
            Settings, new { providers = new[] { PigeonLoft.Bird("c"), PigeonLoft.Bird("b", more: [("enabled", false)]), PigeonLoft.Bird("mail", kind: "Postcard"), PigeonLoft.Bird("a") } }, 200);
        Assert.Equal("c a", await WaysAsync(tenant, "GB", British));
        Assert.Equal("mail", await WaysAsync(tenant, "ZZ", null, channel: OtpChannel.Email));
    }

    [Fact]
    public async Task The_first_route_that_takes_a_message_names_its_ways_and_its_senders()
    {
        var tenant = await loft.TenantAsync();
        var app = await tenant.ApplicationAsync();
        await tenant.Management.PutAsync(Settings, new
        {
            providers = new[] { PigeonLoft.Bird("a"), PigeonLoft.Bird("b"), PigeonLoft.Bird("off", more: [("enabled", false)]) },
            routes = new object[]
            {
                new { match = new[] { "GB" }, app_id = app.AppId, providers = new object[] { new { provider_id = "b", sender = "SHOP" } } },
                new { name = "UK", match = new[] { "GB", "+44" }, providers = new object[] { new { provider_id = "off" }, new { provider_id = "b", sender = "ACME" }, new { provider_id = "a" } } },
                new { match = new[] { "+44" }, providers = new object[] { new { provider_id = "a", sender = "NEVER" } } },
                new { match = new[] { "FR" }, providers = new object[] { new { provider_id = "off" } } },
                new { match = new[] { "FR" }, providers = new object[] { new { provider_id = "b", sender = "+33700000000" } } },
                new { match = new[] { "DE" }, providers = new object[] { new { provider_id = "off" } } },
            },
            prices = new object[] { new { region = "GB", price_micros = 5 }, new { provider_id = "b", price_micros = 7 } },
        }, 200);
        Assert.Equal("b/SHOP", await WaysAsync(tenant, "GB", British, app.AppId));
        Assert.Equal("b/ACME a", await WaysAsync(tenant, "GB", British));
        Assert.Equal("b/ACME a", await WaysAsync(tenant, "JE", "+447797000001", app.AppId));
        // A route whose providers are all switched off is passed over; where none is left, the default takes the message.
        Assert.Equal("b/+33700000000", await WaysAsync(tenant, "FR", "+33612345678"));
        Assert.Equal("a b", await WaysAsync(tenant, "DE", "+4915112345678"));
        Assert.Equal("a b", await WaysAsync(tenant, "US", "+12015550123"));
        var setup = await loft.SetupAsync(tenant);
        Assert.Equal((5L, 7L, (long?)null), (setup.PriceMicros("a", "GB"), setup.PriceMicros("b", "GB"), setup.PriceMicros("a", "FR")));
    }

    [Fact]
    public async Task A_change_counts_at_once_and_only_what_changed_is_opened_anew()
    {
        var tenant = await loft.TenantAsync();
        var app = await tenant.ApplicationAsync();
        await app.UserAsync();
        // Nothing configured: what was built in carries.
        Assert.Equal("recorder", await WaysAsync(tenant, "GB", British));
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a"), PigeonLoft.Bird("b") } }, 200);
        var before = (await loft.SetupAsync(tenant)).LegsFor(OtpChannel.Sms, "", "GB", British);
        Assert.Equal(["a", "b"], before.Select(l => l.Provider.ProviderId));
        // For the other channel it still does.
        Assert.Equal("recorder", await WaysAsync(tenant, "ZZ", null, channel: OtpChannel.Email));

        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a"), PigeonLoft.Bird("b", "another") } }, 200);
        var after = (await loft.SetupAsync(tenant)).LegsFor(OtpChannel.Sms, "", "GB", British);
        Assert.Same(before[0].Provider, after[0].Provider);
        Assert.NotSame(before[1].Provider, after[1].Provider);
        Assert.True(after[1].Provider.Revision > before[1].Provider.Revision);

        // One that is removed and comes back is not the old one.
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a") } }, 200);
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a"), PigeonLoft.Bird("b") } }, 200);
        Assert.True((await loft.SetupAsync(tenant)).LegsFor(OtpChannel.Sms, "", "GB", British)[1].Provider.Revision > after[1].Provider.Revision);
    }

    [Fact]
    public async Task A_channel_whose_providers_are_switched_off_is_closed_until_one_is_switched_on()
    {
        var tenant = await loft.TenantAsync();
        var app = await tenant.ApplicationAsync();
        await app.UserAsync();
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a", more: [("enabled", false)]) } }, 200);
        Assert.Equal("external_provider_configuration_error", await (await app.SendAsync(channel: "sms")).ErrorAsync(400));
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a") } }, 200);
        await (await app.SendAsync(channel: "sms")).JsonAsync(200);
    }

    [Fact]
    public async Task Another_node_sees_a_change_within_five_seconds()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a") } }, 200);
        await using var node = await loft.Server.AnotherNodeAsync();
        var there = node.Services.GetRequiredService<ProviderDirectory>();
        var first = await there.ForAsync(tenant.TenantId);
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a"), PigeonLoft.Bird("b") } }, 200);
        loft.Server.Clock.Advance(ProviderDirectory.Recheck - TimeSpan.FromMilliseconds(1));
        Assert.Same(first, await there.ForAsync(tenant.TenantId));
        loft.Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await there.ForAsync(tenant.TenantId);
        Assert.Equal(2, second.LegsFor(OtpChannel.Sms, "", "GB", British).Count);
        // Where nothing changed, nothing is loaded again.
        loft.Server.Clock.Advance(ProviderDirectory.Recheck);
        Assert.Same(second, await there.ForAsync(tenant.TenantId));
    }

    [Fact]
    public async Task A_provider_of_a_kind_that_is_gone_is_left_out_and_told_in_the_log()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a"), PigeonLoft.Bird("b") } }, 200);
        await loft.Server.Database.WriteAsync(async db =>
        {
            await db.ExecuteAsync("UPDATE providers SET kind = 'Dodo', revision = 2 WHERE tenant_id = @tenant AND provider_id = 'a'", new { tenant = tenant.TenantId });
            await db.ExecuteAsync("UPDATE delivery_settings SET revision = 2 WHERE tenant_id = @tenant", new { tenant = tenant.TenantId });
        });
        loft.Server.Services.GetRequiredService<ProviderDirectory>().Forget(tenant.TenantId);
        Assert.Equal("b", await WaysAsync(tenant, "GB", British));
        Assert.Contains(loft.Server.Logs.Lines, line => line.Contains("Provider a (Dodo) of tenant " + tenant.TenantId, StringComparison.Ordinal));
        var shown = (await tenant.Management.GetAsync(Settings, 200)).At("result", "providers")[0];
        Assert.Equal(("Dodo", false, false), (shown.Str("provider"), shown.At("usable").GetBoolean(), shown.Has("channel")));
    }

    [Fact]
    public async Task Many_who_ask_at_once_get_the_same_setup()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a") } }, 200);
        var directory = loft.Server.Services.GetRequiredService<ProviderDirectory>();
        directory.Forget(tenant.TenantId);
        var setups = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await directory.ForAsync(tenant.TenantId))));
        Assert.Single(setups.Distinct());
    }

    private async Task<string> WaysAsync(TestTenant tenant, string region, string? number, string app = "some", OtpChannel channel = OtpChannel.Sms) =>
        string.Join(' ', (await loft.SetupAsync(tenant)).LegsFor(channel, app, region, number).Select(l => l.Provider.ProviderId + (l.Sender is null ? "" : "/" + l.Sender)));
}
