using Microsoft.Extensions.DependencyInjection;
using Watchword.Core;
using Watchword.Core.Otp;
using Watchword.Server.Administration;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Delivery;
using Watchword.Server.Tests.Events;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Statistics;

public sealed class AttentionOnSqlite(SqliteLoft loft) : AttentionTests(loft), IClassFixture<SqliteLoft>;

public sealed class AttentionOnPostgres(PostgresLoft loft) : AttentionTests(loft), IClassFixture<PostgresLoft>;

/// <summary>The facts behind what needs attention come from where they should, each tenant's own.</summary>
public abstract class AttentionTests(PigeonLoft loft)
{
    private TestServer Server => loft.Server;

    [Fact]
    public async Task A_tenant_is_told_of_its_own_troubles_until_they_are_over()
    {
        var (tenant, stranger) = (await loft.TenantAsync(), await loft.TenantAsync());
        Assert.Empty(await ReadAsync(tenant));
        await tenant.Management.PutAsync(
            PigeonLoft.Settings,
            new
            {
                providers = new[] { PigeonLoft.Bird("a"), PigeonLoft.Bird("off", more: ("enabled", false)) },
                routes = new[] { new { name = "North", match = new[] { "NO" }, providers = new[] { new { provider_id = "off" } } } },
            },
            200);
        await tenant.ApplicationAsync(
            new { sms = new { codeLength = 5 } },
            new { test_numbers = new[] { new { phone_number = "+12015550123", code = "123456", expires_at = Server.Clock.GetUtcNow().AddDays(20) } } });
        var app = await tenant.ApplicationAsync(new { sms = new { } });
        await tenant.Management.PostAsync($"/cis/v1/applications/{app.AppId}/clients/{app.ClientId}/rotate-secret", new { overlap_seconds = 7200 }, 200);
        var now = Server.Clock.GetUtcNow();
        await CountAsync(tenant, now.AddDays(-3), 1000, 900);
        await CountAsync(tenant, now.AddMinutes(-30), 100, 10);
        await Server.Database.WriteAsync(db => new StatisticsStore(db).AddAsync([new LoginCount(tenant.TenantId, app.AppId, now.AddMinutes(-5), LoginCount.Locked, "") { Count = 50 }], now));
        await QueueAsync(tenant, now.AddMinutes(-3));
        await Server.Database.WriteAsync(async db =>
        {
            var hook = new Webhook { TenantId = tenant.TenantId, WebhookId = "hook", Uri = "https://hooks.example/x", Events = ["user.locked"], Secrets = "", CreatedAt = now, UpdatedAt = now };
            await new WebhookStore(db).AddAsync(hook);
            await new WebhookStore(db).ReplaceAsync(hook with { FailingSince = now.AddHours(-3) }, hook.Revision);
        });
        await tenant.Management.VerifyAsync("1:" + new string('0', 64));

        var items = await ReadAsync(tenant);
        foreach (var (place, id, text) in new (AttentionPlace, string?, string)[]
            {
                (AttentionPlace.Messages, null, "1 message waits to be sent, the oldest for 3 minutes."), (AttentionPlace.Messages, null, "10 % in the last hour, 90 % in the week before"),
                (AttentionPlace.Users, null, "50 users were locked out"), (AttentionPlace.Audit, null, "is not as it was written"), (AttentionPlace.Webhooks, "hook", "hooks.example"),
                (AttentionPlace.Routes, null, "The route North is passed over"), (AttentionPlace.Routes, null, "No route names GB"), (AttentionPlace.Clients, app.AppId, "another 2 hours"),
            })
            Assert.Contains(items, i => i.Place == place && i.Id == id && i.Text.Contains(text, StringComparison.Ordinal));
        Assert.Contains(items, i => i.Place == AttentionPlace.Policy && i.Text.Contains("5 digits", StringComparison.Ordinal));
        Assert.Contains(items, i => i.Place == AttentionPlace.Application && i.Text.Contains("1 test number:", StringComparison.Ordinal));
        Assert.Equal(10, items.Count);
        Assert.Empty(await ReadAsync(stranger));

        await tenant.Management.VerifyAsync();
        await Server.TamperAsync("DELETE FROM outbox WHERE tenant_id = @t", new { t = tenant.TenantId });
        Assert.Equal(8, (await ReadAsync(tenant)).Count);
    }

    [Fact]
    public async Task Only_the_tenant_that_sees_to_the_signing_keys_is_told_of_them()
    {
        await using var server = await TestServer.StartAsync(loft.Engine);
        var attention = server.Services.GetRequiredService<Attention>();
        var first = (await server.PeekAsync<string>("SELECT tenant_id FROM tenants"))!;
        var other = (await server.Services.GetRequiredService<ApplicationAdministration>().CreateTenantAsync("Other")).Value!.Client.TenantId;
        Assert.DoesNotContain(await attention.ReadAsync(first), i => i.Place == AttentionPlace.SigningKeys);
        await server.TamperAsync("UPDATE signing_keys SET signs_until = @end WHERE signs_from <= @now", new { end = server.Clock.GetUtcNow().AddDays(2).Ms(), now = server.Clock.GetUtcNow().Ms() });
        await server.Services.GetRequiredService<Server.Tokens.SigningKeys>().RefreshAsync();
        Assert.Contains(await attention.ReadAsync(first), i => i.Place == AttentionPlace.SigningKeys && i.Text.Contains("in 2 days", StringComparison.Ordinal));
        Assert.DoesNotContain(await attention.ReadAsync(other), i => i.Place == AttentionPlace.SigningKeys);
    }

    private Task<IReadOnlyList<AttentionItem>> ReadAsync(TestTenant tenant) => Server.Services.GetRequiredService<Attention>().ReadAsync(tenant.TenantId);

    private Task CountAsync(TestTenant tenant, DateTimeOffset at, long sends, long logins) => Server.Database.WriteAsync(
        db => new StatisticsStore(db).AddAsync([new CodeCount(tenant.TenantId, "app", at, "sms", "GB") { Sends = sends, Logins = logins }], Server.Clock.GetUtcNow()));

    /// <summary>A message that is due only later, so that it stays in the queue.</summary>
    private Task QueueAsync(TestTenant tenant, DateTimeOffset at) => Server.Database.WriteAsync(async db =>
    {
        var id = Ids.New(at);
        await new OutboxStore(db).AddAsync(new OutboxMessage
        {
            TenantId = tenant.TenantId, MessageId = id, AppId = "app", UserId = "user", Channel = OtpChannel.Sms, Body = "", MaskedDestination = "", Region = "GB", Segments = 1,
            CreatedAt = at, ExpiresAt = at.AddMinutes(10),
        });
        await db.ExecuteAsync("UPDATE outbox SET next_try_at = @later WHERE message_id = @id", new { id, later = at.AddHours(1).Ms() });
    });
}
