using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Watchword.Core.Statistics;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Events;
using Watchword.Server.Hosting;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Delivery;
using Watchword.Server.Tests.Events;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Statistics;

public sealed class StatisticsOnSqlite(SqliteLoft loft) : StatisticsTests(loft), IClassFixture<SqliteLoft>;

public sealed class StatisticsOnPostgres(PostgresLoft loft) : StatisticsTests(loft), IClassFixture<PostgresLoft>;

/// <summary>What happens is counted once, where it belongs, and nowhere else.</summary>
public abstract class StatisticsTests(PigeonLoft loft)
{
    private const long Price = 40_000;

    private TestServer Server => loft.Server;

    [Fact]
    public async Task Logins_refusals_and_locks_are_counted_by_application_and_reason()
    {
        var tenant = await loft.TenantAsync();
        var (one, other) = (await tenant.ApplicationAsync(), await tenant.ApplicationAsync());
        await one.UserAsync();
        await other.UserAsync();
        await one.LoginAsync();
        await other.LoginAsync();
        await one.CodeAsync();
        await one.LockOutAsync();

        var all = await ReadAsync(tenant);
        Assert.Equal((2, 4, 1), (all.Total.Logins, all.Total.Refused, all.Total.Lockouts));
        Assert.Equal((3, 2), (all.Total.Sends, all.Total.UsedCodes));
        Assert.Equal([("auth_invalid_credentials", 3), ("auth_locked", 1)], all.Refusals);
        Assert.Equal(("direct", 3), Assert.Single(all.Channels.Select(c => (c.Key, c.Value.Sends))));
        Assert.Empty(all.Regions);
        var first = (await ReadAsync(tenant, one)).Total;
        Assert.Equal((1, 4, 1, 2, 1), (first.Logins, first.Refused, first.Lockouts, first.Sends, first.UsedCodes));
        Assert.Equal((0.5, 0.2), (first.Conversion, first.LoginSuccess));
        var second = (await ReadAsync(tenant, other)).Total;
        Assert.Equal((1, 0, 0, 1, 1), (second.Logins, second.Refused, second.Lockouts, second.Sends, second.UsedCodes));
    }

    [Fact]
    public async Task A_message_is_counted_as_what_it_is_now_whatever_was_reported_before()
    {
        var tenant = await BirdsAsync();
        var app = await tenant.ApplicationAsync();
        var (home, hawk, silent, late) = (await SendAsync(app, "+447400100001"), await SendAsync(app, "+447400100002"), await SendAsync(app, "+33612345678"), await SendAsync(app, "+33612345679"));
        loft.Pigeon.Answer = _ => new SendResult(SendOutcome.Refused, "No such number.");
        await SendAsync(app, "+447400100003");
        loft.Pigeon.Answer = _ => new SendResult(SendOutcome.Accepted);
        Server.Clock.Advance(TimeSpan.FromMinutes(2));
        foreach (var (id, status) in new[] { (home, ReceiptStatus.Delivered), (home, ReceiptStatus.Delivered), (home, ReceiptStatus.Undelivered), (hawk, ReceiptStatus.Undelivered) })
            await ReportAsync(tenant, id, status);
        // Reported lost, and then found after all.
        await ReportAsync(tenant, late, ReceiptStatus.Undelivered);
        Assert.Equal((1, 1, 2, 1), Fate((await ReadAsync(tenant)).Total));
        await ReportAsync(tenant, late, ReceiptStatus.Delivered);

        var view = await ReadAsync(tenant, app);
        Assert.Equal((1, 2, 1, 1), Fate(view.Total));
        Assert.Equal((5, 4 * Price), (view.Total.Sends, view.Total.CostMicros));
        Assert.Equal([("GB", 3, 2 * Price, (0, 1, 1, 1)), ("FR", 2, 2 * Price, (1, 1, 0, 0))], view.Regions.Select(r => (r.Region, r.Counts.Sends, r.Counts.CostMicros, Fate(r.Counts))));
        Assert.Equal((0.5, 0.8), (view.Total.DeliveryRate, view.Total.HandoverRate));
        // All in the minute in which they were taken in.
        Assert.Equal(5, Assert.Single((await ReadAsync(tenant, period: DashboardPeriod.Hour)).Steps, s => s.Counts != new DashboardCounts()).Counts.Sends);
        await EqualsRecountAsync(tenant);
        Assert.NotEqual(silent, late);
    }

    [Fact]
    public async Task Receipts_that_overtake_the_providers_answer_cost_nothing_twice()
    {
        var tenant = await BirdsAsync();
        var app = await tenant.ApplicationAsync();
        loft.Pigeon.Answer = handover =>
        {
            ReportAsync(tenant, handover.MessageId, handover.MessageId[^1] % 2 == 0 ? ReceiptStatus.Delivered : ReceiptStatus.Sent).GetAwaiter().GetResult();
            return new SendResult(SendOutcome.Accepted);
        };
        var ids = new List<string>();
        for (var i = 0; i < 8; i++)
            ids.Add(await SendAsync(app, Wire.NewPhone()));
        loft.Pigeon.Answer = _ => new SendResult(SendOutcome.Accepted);
        await Task.WhenAll(ids.Concat(ids).Select(id => Task.Run(() => ReportAsync(tenant, id, ReceiptStatus.Delivered))));
        await Attack.UntilAsync(async () => await Server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE tenant_id = @t AND history NOT LIKE '%sending%sent%'", new { t = tenant.TenantId }) == 0);
        var total = (await ReadAsync(tenant)).Total;
        Assert.Equal((0, 8, 0, 0), Fate(total));
        Assert.Equal((8, 8 * Price), (total.Sends, total.CostMicros));
        await EqualsRecountAsync(tenant);
    }

    [Fact]
    public async Task A_message_that_is_tried_again_and_again_was_sent_once()
    {
        await using var fixture = await DispatchFixture.StartAsync(loft.Engine, new FakeProvider("one") { Answer = _ => Task.FromResult(new SendResult(SendOutcome.TryLater)) });
        var id = (await fixture.QueueAsync(1))[0];
        await fixture.NextTryAsync(id);
        await fixture.NextTryAsync(id);
        await fixture.PassUntilAsync(TimeSpan.FromSeconds(5), async () => (await fixture.ReadAsync(id)).Status == "expired");
        Assert.True(await fixture.Server.PeekAsync<long>("SELECT claims FROM outbox WHERE message_id = @id", new { id }) > 2);
        var total = (await fixture.Server.Services.GetRequiredService<Dashboard>().ReadAsync("t1", DashboardPeriod.Day)).Total;
        Assert.Equal((1, 1, 1), (total.Sends, total.Expired, total.Lost));
    }

    [Fact]
    public async Task A_yes_that_comes_after_the_message_was_given_up_takes_it_from_the_failed()
    {
        var answer = new TaskCompletionSource<SendResult>();
        await using var fixture = await DispatchFixture.StartAsync(loft.Engine, new FakeProvider("one") { Answer = _ => answer.Task });
        var id = (await fixture.QueueAsync(1))[0];
        await fixture.UntilAsync(id, "sending");
        var now = fixture.Server.Clock.GetUtcNow();
        await fixture.Server.Database.WriteAsync(async db =>
        {
            await db.ExecuteAsync("UPDATE outbox SET status = 'failed', next_try_at = next_try_at + 1 WHERE message_id = @id", new { id });
            await new StatisticsStore(db).AddAsync([new CodeCount("t1", "a1", now, "sms", "GB") { Failed = 1 }], now);
        });
        answer.SetResult(new SendResult(SendOutcome.Accepted));
        await fixture.UntilAsync(id, "sent");
        var total = (await fixture.Server.Services.GetRequiredService<Dashboard>().ReadAsync("t1", DashboardPeriod.Day)).Total;
        Assert.Equal((1, (1, 0, 0, 0)), (total.Sends, Fate(total)));
    }

    [Fact]
    public async Task What_began_before_there_were_statistics_is_not_counted_by_its_end()
    {
        var tenant = await BirdsAsync();
        var app = await tenant.ApplicationAsync();
        var id = await SendAsync(app, Wire.NewPhone());
        await Server.TamperAsync("UPDATE outbox SET claims = 0 WHERE message_id = @id", new { id });
        await ReportAsync(tenant, id, ReceiptStatus.Delivered);
        Assert.Equal((1, 0, 0, 0), Fate((await ReadAsync(tenant)).Total));

        await Server.TamperAsync("UPDATE challenges SET region = '' WHERE app_id = @app", new { app = app.AppId });
        var flown = loft.Pigeon.Flown.Single(f => f.Handover.MessageId == id).Handover.Content;
        await (await app.AuthenticateAsync(Wire.Code(flown.Text), flown.To)).JsonAsync(200);
        var total = (await ReadAsync(tenant)).Total;
        Assert.Equal((1, 0), (total.Logins, total.UsedCodes));
    }

    [Fact]
    public async Task A_login_counts_for_the_minute_and_country_of_its_code_and_for_its_own_minute()
    {
        var tenant = await BirdsAsync();
        var app = await tenant.ApplicationAsync();
        await app.UserAsync("+33612345670");
        Server.Clock.SetUtcNow(Grain.Minute.Begin(Server.Clock.GetUtcNow()).AddMinutes(1).AddSeconds(55));
        await (await app.SendAsync("+33612345670", "sms")).JsonAsync(200);
        await Attack.UntilAsync(() => Task.FromResult(loft.Pigeon.Flown.Any(f => f.Handover.Content.To == "+33612345670")));
        Server.Clock.Advance(TimeSpan.FromSeconds(10));
        var text = loft.Pigeon.Flown.Single(f => f.Handover.Content.To == "+33612345670").Handover.Content.Text;
        await (await app.AuthenticateAsync(Wire.Code(text), "+33612345670")).JsonAsync(200);

        var view = await ReadAsync(tenant, app, DashboardPeriod.Hour);
        Assert.Equal((1, 1, 0), Codes(view.Steps[^2].Counts));
        Assert.Equal((0, 0, 1), Codes(view.Steps[^1].Counts));
        Assert.Equal(("FR", 1, 1), Assert.Single(view.Regions.Select(r => (r.Region, r.Counts.Sends, r.Counts.UsedCodes))));
        Assert.InRange(view.Total.MedianDelay!.Value.TotalSeconds, 8.4, 11.9);
        Assert.True(view.Total.SlowDelay >= view.Total.MedianDelay);
        Assert.Equal(view.Total.MedianDelay, view.Steps[^1].Counts.MedianDelay);
        Assert.Null(view.Steps[^2].Counts.MedianDelay);

        static (long, long, long) Codes(DashboardCounts c) => (c.Sends, c.UsedCodes, c.Logins);
    }

    [Fact]
    public async Task Who_is_not_there_and_who_only_tests_is_not_sent_anything()
    {
        var tenant = await BirdsAsync();
        var app = await tenant.ApplicationAsync(settings: new { conceal_unknown_users = true, test_numbers = new[] { new { phone_number = "+12015550123", code = "123456", expires_at = Server.Clock.GetUtcNow().AddDays(1) } } });
        foreach (var channel in (string[])["sms", "direct"])
            await (await app.SendAsync("+447400100999", channel)).JsonAsync(200);
        await app.UserAsync("+12015550123");
        await (await app.SendAsync("+12015550123", "sms")).JsonAsync(200);
        await (await app.AuthenticateAsync("123456", "+12015550123")).JsonAsync(200);
        var total = (await ReadAsync(tenant)).Total;
        Assert.Equal((0, 0, 0, 1), (total.Sends, total.UsedCodes, total.Logins, total.TestLogins));
        Assert.Null(total.MedianDelay);
        Assert.Null(total.Conversion);
    }

    [Fact]
    public async Task Two_tenants_at_once_on_two_nodes_are_counted_apart_and_each_event_once()
    {
        await using var node = await Server.AnotherNodeAsync();
        var apps = new List<(TestTenant Tenant, TestApplication App)>();
        for (var i = 0; i < 2; i++)
        {
            var tenant = await loft.TenantAsync();
            var app = await tenant.ApplicationAsync(settings: Attack.NoSendLimits);
            await app.UserAsync();
            apps.Add((tenant, app));
        }
        await Task.WhenAll(Enumerable.Range(0, 120).Select(i => Task.Run(() => apps[i % 3 == 0 ? 0 : 1].App.AuthenticateAsync("no code"))));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => (i % 2 == 0 ? Server : node).RelayAsync())));
        Assert.Equal(40, (await ReadAsync(apps[0].Tenant)).Total.Refused);
        Assert.Equal(80, (await ReadAsync(apps[1].Tenant)).Total.Refused);
        // Another's application tells nothing, though its id is known.
        Assert.Equal(new DashboardCounts(), (await ReadAsync(apps[0].Tenant, apps[1].App)).Total);
    }

    [Fact]
    public async Task A_period_is_put_beside_the_one_before_when_all_of_that_was_counted()
    {
        var tenant = await loft.TenantAsync();
        var now = Server.Clock.GetUtcNow();
        var empty = await ReadAsync(tenant);
        Assert.Null(empty.Since);
        Assert.Null(empty.Before);
        Assert.Equal(new DashboardCounts(), empty.Total);

        await CountAsync(tenant, now.AddDays(-1).AddHours(-23), 3);
        await CountAsync(tenant, now.AddHours(-23), 5);
        Assert.Null((await ReadAsync(tenant, period: DashboardPeriod.Week)).Before);
        await CountAsync(tenant, now.AddDays(-3), 7);
        var view = await ReadAsync(tenant, period: DashboardPeriod.Day);
        Assert.Equal((5, 3), (view.Total.Sends, view.Before?.Sends));
        Assert.Equal(Grain.Day.Begin(now.AddDays(-3)), view.Since);
        Assert.Equal((24, Grain.Hour.Begin(now), 5), (view.Steps.Count, view.Steps[^1].At, view.Steps[0].Counts.Sends));
        Assert.Equal(15, (await ReadAsync(tenant, period: DashboardPeriod.Month)).Total.Sends);
        Assert.Equal(now, view.CountedUntil);

        await using var held = await EventThatWaitsAsync(tenant, now.AddMinutes(-4));
        Assert.Equal(now.AddMinutes(-4), (await ReadUnrelayedAsync(tenant)).CountedUntil);
    }

    [Fact]
    public async Task Codes_of_the_last_second_are_written_by_a_stop_and_wait_while_the_database_is_away()
    {
        await using var server = await TestServer.StartAsync(loft.Engine);
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        var lost = Database.Open(server.Services.GetRequiredService<StorageOptions>());
        await lost.DisposeAsync();
        await app.CodeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => server.Services.GetRequiredService<DirectCodes>().WriteAsync(lost, server.Clock.GetUtcNow()));
        await app.CodeAsync();
        await server.RestartAsync();
        Assert.Equal(2, await server.PeekAsync<long>("SELECT sends FROM code_statistics WHERE app_id = @app AND grain = 60000", new { app = app.AppId }));
    }

    [Fact]
    public async Task Spans_are_forgotten_in_their_time_and_what_comes_late_is_counted_only_where_something_is_left()
    {
        var tenant = await loft.TenantAsync();
        var now = Server.Clock.GetUtcNow();
        foreach (var grain in Grain.All)
        {
            // Two spans side by side; the time of the older is over.
            var over = grain.Begin(now - grain.Kept);
            foreach (var at in new[] { over, over + grain.Length })
            {
                await Server.Database.WriteAsync(db => new StatisticsStore(db).AddAsync([new CodeCount(tenant.TenantId, "app", at, "sms", grain.Length.ToString()) { Sends = 1 }], at));
                await Server.Database.WriteAsync(db => new StatisticsStore(db).AddAsync([new LoginCount(tenant.TenantId, "app", at, LoginCount.Refused, grain.Length.ToString())], at));
            }
        }
        await Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RunOnceAsync();
        foreach (var grain in Grain.All)
        {
            var over = grain.Begin(now - grain.Kept);
            Assert.Equal([over + grain.Length, over + grain.Length], await SpansAsync(grain, "code_statistics", "region"));
            Assert.Equal([over + grain.Length, over + grain.Length], await SpansAsync(grain, "login_statistics", "label"));
            await Server.Database.WriteAsync(db => new StatisticsStore(db).AddAsync([new CodeCount(tenant.TenantId, "app", over, "sms", grain.Length.ToString()) { Sends = 1 }], now));
            Assert.Equal([over + grain.Length, over + grain.Length], await SpansAsync(grain, "code_statistics", "region"));
        }
        Assert.Equal(2, await Server.PeekAsync<long>("SELECT COUNT(*) FROM code_statistics WHERE tenant_id = @t AND region = '00:01:00' AND grain = 3600000 AND sends = 3", new { t = tenant.TenantId }));

        async Task<List<DateTimeOffset>> SpansAsync(Grain grain, string table, string label) => [.. (await Server.Database.ReadAsync(db => db.AllAsync<long>(
            $"SELECT at FROM {table} WHERE tenant_id = @tenant AND grain = @grain AND {label} = @label ORDER BY at",
            new { tenant = tenant.TenantId, grain = (long)grain.Length.TotalMilliseconds, label = grain.Length.ToString() }))).Select(at => at.At())];
    }

    [Fact]
    public async Task With_an_application_its_own_statistics_go_and_the_tenants_stay()
    {
        var tenant = await loft.TenantAsync();
        var app = await tenant.ApplicationAsync();
        await app.UserAsync();
        await app.LoginAsync();
        await ReadAsync(tenant);
        await tenant.Management.DeleteAsync($"/cis/v1/applications/{app.AppId}", 204);
        Assert.Equal(new DashboardCounts(), (await ReadAsync(tenant, app)).Total);
        Assert.Equal(1, (await ReadAsync(tenant)).Total.Logins);
    }

    private async Task<TestTenant> BirdsAsync()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(PigeonLoft.Settings, new { providers = new[] { PigeonLoft.Bird("a") }, prices = new[] { new { price_micros = Price } }, currency = "EUR" }, 200);
        return tenant;
    }

    /// <summary>Sends to a user of this number, and waits until the message has left the queue; its id.</summary>
    private async Task<string> SendAsync(TestApplication app, string phone)
    {
        var user = await app.UserAsync(phone);
        await (await app.SendAsync(phone, "sms")).JsonAsync(200);
        string? id = null;
        await Attack.UntilAsync(async () => (id = await Server.PeekAsync<string>(
            "SELECT message_id FROM outbox WHERE user_id = @user AND status NOT IN ('queued', 'sending') AND history LIKE '%sending%'", new { user })) is not null);
        return id!;
    }

    private Task<ReceiptVerdict> ReportAsync(TestTenant tenant, string id, ReceiptStatus status) =>
        Server.Services.GetRequiredService<Receipts>().AcceptAsync(tenant.TenantId, "a", "Pigeon", id, [new Receipt(null, status)]);

    private async Task<DashboardView> ReadAsync(TestTenant tenant, TestApplication? app = null, DashboardPeriod? period = null)
    {
        await Server.RelayAsync();
        await Server.Services.GetRequiredService<DirectCodes>().WriteAsync(Server.Database, Server.Clock.GetUtcNow());
        return await ReadUnrelayedAsync(tenant, app, period);
    }

    private Task<DashboardView> ReadUnrelayedAsync(TestTenant tenant, TestApplication? app = null, DashboardPeriod? period = null) =>
        Server.Services.GetRequiredService<Dashboard>().ReadAsync(tenant.TenantId, period ?? DashboardPeriod.Day, app?.AppId);

    private Task CountAsync(TestTenant tenant, DateTimeOffset at, long sends) =>
        Server.Database.WriteAsync(db => new StatisticsStore(db).AddAsync([new CodeCount(tenant.TenantId, "app", at, "sms", "GB") { Sends = sends }], Server.Clock.GetUtcNow()));

    /// <summary>What is counted is what a count of the messages themselves gives.</summary>
    private async Task EqualsRecountAsync(TestTenant tenant)
    {
        const string Recount =
            """
            SELECT region AS label, CAST(COUNT(*) AS BIGINT) AS sends, CAST(SUM(CASE WHEN status = 'sent' THEN 1 ELSE 0 END) AS BIGINT) AS sent,
                CAST(SUM(CASE WHEN status = 'delivered' THEN 1 ELSE 0 END) AS BIGINT) AS delivered,
                CAST(SUM(CASE WHEN status = 'undelivered' THEN 1 ELSE 0 END) AS BIGINT) AS undelivered,
                CAST(SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END) AS BIGINT) AS failed, CAST(SUM(COALESCE(cost, 0)) AS BIGINT) AS cost
            FROM outbox WHERE tenant_id = @tenant GROUP BY region ORDER BY region
            """;
        const string Counted =
            """
            SELECT region AS label, CAST(SUM(sends) AS BIGINT) AS sends, CAST(SUM(sent) AS BIGINT) AS sent, CAST(SUM(delivered) AS BIGINT) AS delivered,
                CAST(SUM(undelivered) AS BIGINT) AS undelivered, CAST(SUM(failed) AS BIGINT) AS failed, CAST(SUM(cost) AS BIGINT) AS cost
            FROM code_statistics WHERE tenant_id = @tenant AND app_id <> '' AND grain = @grain AND channel = 'sms' AND region <> '' GROUP BY region ORDER BY region
            """;
        foreach (var grain in Grain.All)
        {
            var key = new { tenant = tenant.TenantId, grain = (long)grain.Length.TotalMilliseconds };
            Assert.Equal(
                await Server.Database.ReadAsync(db => db.AllAsync<Tally>(Recount, new { tenant = tenant.TenantId })),
                await Server.Database.ReadAsync(db => db.AllAsync<Tally>(Counted, key)));
            // The sums over countries and over applications are the same.
            Assert.Equal(1, await Server.PeekAsync<long>(
                """
                SELECT CAST(COUNT(DISTINCT total) AS BIGINT) FROM (SELECT SUM(sends * 7 + delivered * 11 + sent * 13 + undelivered * 17 + failed * 19 + cost) AS total
                    FROM code_statistics WHERE tenant_id = @tenant AND grain = @grain GROUP BY CASE WHEN app_id = '' THEN 0 ELSE 1 END, CASE WHEN region = '' THEN 0 ELSE 1 END) AS totals
                """,
                key));
        }
    }

    private async Task<IAsyncDisposable> EventThatWaitsAsync(TestTenant tenant, DateTimeOffset at)
    {
        await Server.Database.WriteAsync(db => new EventStore(db).AddAsync(Core.Audit.Author.Console(tenant.TenantId), "user.locked", at));
        return new Relayed(Server);
    }

    private static (long HandedOver, long Delivered, long Undelivered, long Failed) Fate(DashboardCounts c) => (c.HandedOver, c.Delivered, c.Undelivered, c.Failed);

    private sealed record Tally(string Label, long Sends, long Sent, long Delivered, long Undelivered, long Failed, long Cost);

    private sealed class Relayed(TestServer server) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await server.RelayAsync();
    }
}
