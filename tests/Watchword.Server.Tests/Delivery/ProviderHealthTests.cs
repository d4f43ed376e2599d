using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Delivery;

public sealed class ProviderHealthOnSqlite(SqliteLoft loft) : ProviderHealthTests(loft), IClassFixture<SqliteLoft>;

public sealed class ProviderHealthOnPostgres(PostgresLoft loft) : ProviderHealthTests(loft), IClassFixture<PostgresLoft>;

/// <summary>How providers do, as an administrator sees it.</summary>
public abstract class ProviderHealthTests(PigeonLoft loft)
{
    private const string Settings = PigeonLoft.Settings;

    [Fact]
    public async Task Health_is_counted_by_provider_and_region_for_as_many_hours_as_asked()
    {
        var (ours, theirs) = (await loft.TenantAsync(), await loft.TenantAsync());
        await PigeonLoft.PutAsync(ours, PigeonLoft.Bird("a", more: [("name", "Bird")]));
        var now = loft.Server.Clock.GetUtcNow();
        await loft.Server.Database.WriteAsync(db => new ProviderStatsStore(db).AddAsync(
        [
            new(ours.TenantId, "a", "GB", now) { Accepted = 8, Failed = 1, Unknown = 1, Refused = 10, Delivered = 3, Undelivered = 1, Latency = 2000 },
            new(ours.TenantId, "a", "GB", now.AddHours(-1)) { Accepted = 10 },
            new(ours.TenantId, "gone", "FR", now) { Refused = 1, Latency = 7 },
            new(theirs.TenantId, "a", "GB", now) { Accepted = 1000 },
        ]));
        var health = (await ours.Management.GetAsync(Settings + "/health?hours=1", 200)).At("result");
        Assert.Equal(
            """[{"provider_id":"a","name":"Bird","region":"GB","accepted":8,"refused":10,"failed":1,"unknown":1,"delivered":3,"undelivered":1,"accept_rate":0.8,"delivery_rate":0.75,"mean_latency_ms":100},"""
            + """{"provider_id":"gone","region":"FR","accepted":0,"refused":1,"failed":0,"unknown":0,"delivered":0,"undelivered":0,"mean_latency_ms":7}]""",
            health.GetRawText());
        Assert.Equal(18, (await ours.Management.GetAsync(Settings + "/health?hours=2", 200)).At("result")[0].At("accepted").GetInt32());
        Assert.Equal(18, (await ours.Management.GetAsync(Settings + "/health", 200)).At("result")[0].At("accepted").GetInt32());
        await ours.Management.GetAsync(Settings + "/health?hours=720", 200);
        foreach (var wrong in (string[])["0", "721", "-1", "x"])
            await ours.Management.GetAsync(Settings + "/health?hours=" + wrong, 400);
    }

    [Fact]
    public async Task A_provider_that_rests_or_is_tried_out_is_shown_until_it_is_well_or_set_up_anew()
    {
        var tenant = await loft.TenantAsync();
        await PigeonLoft.PutAsync(tenant, PigeonLoft.Bird("a", more: [("name", "Bird")]), PigeonLoft.Bird("off", more: [("enabled", false)]));
        Assert.Equal("a ok, off off", await NowAsync(tenant));

        var lane = loft.Server.Services.GetRequiredService<Lanes>().Of(tenant.TenantId, (await loft.SetupAsync(tenant)).LegsFor(Core.Otp.OtpChannel.Sms, "", "GB", null)[0].Provider);
        for (var i = 0; i < Circuit.LeastCalls; i++)
            await lane.Circuit.RunAsync((_, _) => new(new Attempt(true, new SendResult(SendOutcome.TryLater))), 0);
        var until = loft.Server.Clock.GetUtcNow() + Circuit.Break(0);
        Assert.Equal($"a resting {until:HH:mm:ss}, off off", await NowAsync(tenant));
        Assert.Contains(loft.Server.Logs.Lines, line => line.Contains($"Provider a (Bird) of tenant {tenant.TenantId} failed again and again and rests for 5 s", StringComparison.Ordinal));
        loft.Server.Clock.Advance(Circuit.Break(0));
        Assert.Equal("a probing, off off", await NowAsync(tenant));
        await lane.Circuit.RunAsync((_, _) => new(new Attempt(true, new SendResult(SendOutcome.Accepted))), 0);
        Assert.Equal("a ok, off off", await NowAsync(tenant));
        Assert.Contains(loft.Server.Logs.Lines, line => line.Contains($"Provider a (Bird) of tenant {tenant.TenantId} is back", StringComparison.Ordinal));

        lane.Rest(TimeSpan.FromMinutes(1));
        Assert.StartsWith("a resting", await NowAsync(tenant), StringComparison.Ordinal);
        await PigeonLoft.PutAsync(tenant, PigeonLoft.Bird("a", "another token"));
        Assert.Equal("a ok", await NowAsync(tenant));
    }

    private static async Task<string> NowAsync(TestTenant tenant) => string.Join(
        ", ",
        (await tenant.Management.GetAsync(Settings + "/health", 200)).At("now").EnumerateArray().Select(p =>
            $"{p.Str("provider_id")} {p.Str("state")}{(p.Has("rests_until") ? " " + p.At("rests_until").GetDateTimeOffset().ToString("HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture) : "")}"));
}
