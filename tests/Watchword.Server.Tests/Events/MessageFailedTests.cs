using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

public sealed class MessageFailedOnSqlite() : MessageFailedTests(Engine.Sqlite);

public sealed class MessageFailedOnPostgres() : MessageFailedTests(Engine.Postgres);

/// <summary>A message that does not arrive is told to the webhooks that want to know, however it ended.</summary>
public abstract class MessageFailedTests(Engine engine) : IAsyncLifetime
{
    private HookHouse _house = null!;
    private TestApplication _app = null!;

    private TestServer Server => _house.Server;

    public async ValueTask InitializeAsync()
    {
        _house = await HookHouse.StartAsync(engine);
        _app = await Server.ApplicationAsync(settings: Attack.NoSendLimits);
        await _app.UserAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _house.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_message_that_expired_in_the_queue_is_told()
    {
        var hook = _house.Hook();
        await _house.CreateAsync(hook, "message.failed");
        Server.Sender.Answer = _ => new SendResult(SendOutcome.TryLater, "Busy.");
        await (await _app.SendAsync(channel: "sms")).JsonAsync(200);
        await Attack.UntilAsync(async () => await Server.PeekAsync<string>("SELECT fault FROM outbox") is not null);
        Server.Clock.Advance(TimeSpan.FromMinutes(5));
        Server.Services.GetRequiredService<Outbox>().Ring();
        await OneAsync(hook, "expired", provider: "recorder", reason: "The code expired before a provider took the message.");
    }

    [Fact]
    public async Task A_message_that_a_provider_reports_lost_is_told_once()
    {
        var hook = _house.Hook();
        await _house.CreateAsync(hook, "message.failed");
        await _app.SmsAsync();
        await Attack.UntilAsync(async () => await Server.PeekAsync<string>("SELECT status FROM outbox") == "sent");
        var message = (await Server.PeekAsync<string>("SELECT message_id FROM outbox"))!;
        var receipt = new Receipt(null, ReceiptStatus.Undelivered) { Reason = "The phone is off." };
        for (var i = 0; i < 2; i++)
            await Server.Services.GetRequiredService<Receipts>().AcceptAsync(_house.TenantId, "recorder", "recorder", message, [receipt]);
        await OneAsync(hook, "undelivered", provider: "recorder", reason: "The phone is off.");
    }

    [Fact]
    public async Task Nobody_is_told_who_did_not_ask_and_nothing_is_told_of_what_arrives()
    {
        var hook = _house.Hook();
        await _house.CreateAsync(hook, "user.locked");
        Server.Sender.Answer = _ => new SendResult(SendOutcome.Refused, "No such number.");
        await (await _app.SendAsync(channel: "sms")).JsonAsync(200);
        await Attack.UntilAsync(async () => await Server.PeekAsync<string>("SELECT status FROM outbox") == "failed");
        await _house.CreateAsync(hook, "message.failed");
        Server.Sender.Answer = _ => new SendResult(SendOutcome.Accepted);
        await _app.SmsAsync();
        await Attack.UntilAsync(async () => await Server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE status = 'sent'") == 1);
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM events WHERE action = 'message.failed'"));
    }

    private async Task OneAsync(Hook hook, string outcome, string provider, string reason)
    {
        await Attack.UntilAsync(async () => await Server.PeekAsync<long>("SELECT COUNT(*) FROM events WHERE action = 'message.failed'") == 1);
        await _house.RelayAsync();
        var data = Assert.Single(await hook.GotAsync(1)).Json.At("data");
        Assert.Equal((outcome, "system", _app.AppId), (data.Str("outcome"), data.Str("actor"), data.Str("app_id")));
        Assert.Equal((await Server.PeekAsync<string>("SELECT message_id FROM outbox"), await Server.PeekAsync<string>("SELECT user_id FROM outbox")), (data.Str("message_id"), data.Str("user_id")));
        var detail = data.At("detail");
        Assert.Equal(("sms", "GB", provider, reason), (detail.Str("channel"), detail.Str("region"), detail.Str("provider_id"), detail.Str("reason")));
    }
}
