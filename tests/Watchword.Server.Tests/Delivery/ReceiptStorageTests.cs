using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Hosting;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Watchword.Server.Tests.Delivery;

/// <summary>Receipts on the record, and what administrators read there, on both databases.</summary>
public sealed class ReceiptStorageTests
{
    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_receipt_that_comes_before_the_providers_answer_stands(Engine engine)
    {
        DispatchFixture fixture = null!;
        var provider = new FakeProvider("one");
        provider.Answer = async handover =>
        {
            Assert.Equal(ReceiptVerdict.Applied, await ReportAsync(fixture, handover.MessageId, ReceiptStatus.Delivered));
            return new SendResult(SendOutcome.Accepted) { ProviderMessageId = "SM1" };
        };
        await using (fixture = await DispatchFixture.StartAsync(engine, provider))
        {
            var id = (await fixture.QueueAsync(1))[0];
            var message = await fixture.UntilAsync(id, m => m.StatusHistory.Count == 4);
            Assert.Equal(("delivered", "SM1"), (message.Status, message.ProviderMessageId));
            Assert.Equal(["queued", "sending", "delivered", "sent"], message.StatusHistory.Select(h => h.Status));
            var stats = await fixture.StatsAsync("one");
            Assert.Equal((1, 1), (stats.Accepted, stats.Delivered));
        }
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task An_unknown_try_that_a_receipt_proves_is_the_last(Engine engine)
    {
        var (one, other) = (new FakeProvider("one"), new FakeProvider("other"));
        one.Always(SendOutcome.Unknown, "No answer.");
        other.Always(SendOutcome.TryLater, "Busy.");
        await using var fixture = await DispatchFixture.StartAsync(engine, one, other);
        var id = (await fixture.QueueAsync(1))[0];
        await fixture.UntilAsync(id, m => m is { Status: "queued", Tries: 2 });
        Assert.Equal(ReceiptVerdict.Applied, await ReportAsync(fixture, id, ReceiptStatus.Sent, reference: "R7"));
        var message = await fixture.ReadAsync(id);
        Assert.Equal(("sent", "one", "R7", null), (message.Status, message.ProviderId, message.ProviderMessageId, message.Fault));
        Assert.Null(await fixture.Server.PeekAsync<string>("SELECT body FROM outbox"));
        fixture.Advance(TimeSpan.FromMinutes(1));
        await fixture.UntilAsync((await fixture.QueueAsync(1))[0], m => m.Tries > 0);
        Assert.Single(one.Calls, c => c.MessageId == id);
        Assert.Single(other.Calls, c => c.MessageId == id);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Late_repeated_and_reordered_receipts_do_no_harm(Engine engine)
    {
        await using var fixture = await DispatchFixture.StartAsync(engine, new FakeProvider("one"));
        var id = (await fixture.QueueAsync(1))[0];
        await fixture.UntilAsync(id, "sent");
        Assert.Equal(ReceiptVerdict.Nothing, await ReportAsync(fixture, id, ReceiptStatus.Sent));
        Assert.Equal(ReceiptVerdict.Applied, await ReportAsync(fixture, id, ReceiptStatus.Undelivered, reason: "The phone is off."));
        Assert.Equal("The phone is off.", (await fixture.ReadAsync(id)).Fault);
        Assert.Equal(ReceiptVerdict.Nothing, await ReportAsync(fixture, id, ReceiptStatus.Undelivered));
        Assert.Equal((0, 1), await CountsAsync());
        // The provider thinks better of it.
        Assert.Equal(ReceiptVerdict.Applied, await ReportAsync(fixture, id, ReceiptStatus.Delivered));
        foreach (var late in (ReceiptStatus[])[ReceiptStatus.Delivered, ReceiptStatus.Undelivered, ReceiptStatus.Sent, ReceiptStatus.Delivered])
            Assert.Equal(ReceiptVerdict.Nothing, await ReportAsync(fixture, id, late));
        var message = await fixture.ReadAsync(id);
        Assert.Equal(("delivered", null), (message.Status, message.Fault));
        Assert.Equal(["queued", "sending", "sent", "undelivered", "delivered"], message.StatusHistory.Select(h => h.Status));
        Assert.Equal((1, 0), await CountsAsync());
        Assert.Equal(ReceiptVerdict.NoMessage, await ReportAsync(fixture, "nothing", ReceiptStatus.Delivered));

        async Task<(long, long)> CountsAsync()
        {
            var stats = await fixture.StatsAsync("one");
            return (stats.Delivered, stats.Undelivered);
        }
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_hundred_receipts_at_once_count_as_one(Engine engine)
    {
        await using var fixture = await DispatchFixture.StartAsync(engine, new FakeProvider("one"));
        var id = (await fixture.QueueAsync(1))[0];
        await fixture.UntilAsync(id, "sent");
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ReportAsync(fixture, id, ReceiptStatus.Delivered)));
        Assert.Single(verdicts, ReceiptVerdict.Applied);
        Assert.Equal(1, (await fixture.StatsAsync("one")).Delivered);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task The_log_is_read_newest_first_in_pages_by_any_of_its_filters(Engine engine)
    {
        var provider = new FakeProvider("one");
        await using var fixture = await DispatchFixture.StartAsync(engine, provider);
        var early = fixture.Server.Clock.GetUtcNow();
        var first = await fixture.QueueAsync(3, app: "a1");
        fixture.Advance(TimeSpan.FromSeconds(10));
        var second = await fixture.QueueAsync(2, app: "a2", region: "US", sender: "Acme");
        await fixture.QueueAsync(2, tenant: "t2");
        await Attack.UntilAsync(async () => await fixture.CountAsync("sent") == 7);
        var all = first.Concat(second).OrderDescending(StringComparer.Ordinal).ToList();

        Assert.Equal(all, await IdsAsync(new()));
        Assert.Equal(all[..2], await IdsAsync(new(), 2));
        Assert.Equal(all[2..], await IdsAsync(new() { Before = all[1] }));
        Assert.Equal(first.Order(), (await IdsAsync(new() { AppId = "a1" })).Order());
        Assert.Equal(second.Order(), (await IdsAsync(new() { Region = "US" })).Order());
        Assert.Equal(2, (await IdsAsync(new() { UserId = "u0" })).Count);
        Assert.Equal(5, (await IdsAsync(new() { Status = "sent", ProviderId = "one" })).Count);
        Assert.Empty(await IdsAsync(new() { Status = "failed" }));
        Assert.Empty(await IdsAsync(new() { ProviderId = "two" }));
        Assert.Equal(second.Order(), (await IdsAsync(new() { Since = early.AddMilliseconds(1) })).Order());
        Assert.Equal(5, (await IdsAsync(new() { Since = early })).Count);
        Assert.Equal(first.Order(), (await IdsAsync(new() { Until = early.AddMilliseconds(1) })).Order());
        Assert.Empty(await IdsAsync(new() { Until = early }));
        Assert.Single(await IdsAsync(new() { AppId = "a2", UserId = "u1", Status = "sent", ProviderId = "one", Region = "US", Since = early, Until = early.AddHours(1), Before = "z" }));

        var message = await fixture.ReadAsync(second[0]);
        Assert.StartsWith("US does not allow sender names", message.SenderNote, StringComparison.Ordinal);
        Assert.All(provider.Calls.Where(c => second.Contains(c.MessageId)), c => Assert.Null(c.Content.Sender));

        async Task<List<string>> IdsAsync(MessageLogQuery query, int limit = 100) =>
            [.. (await fixture.Server.Database.ReadAsync(db => new MessageLogStore(db).ReadAsync("t1", query, limit))).Messages.Select(m => m.MessageId)];
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Health_is_kept_for_thirty_days(Engine engine)
    {
        await using var fixture = await DispatchFixture.StartAsync(engine, new FakeProvider("one"));
        await fixture.UntilAsync((await fixture.QueueAsync(1))[0], "sent");
        var sent = fixture.Server.Clock.GetUtcNow();
        var housekeeping = fixture.Server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single();
        fixture.Server.Clock.SetUtcNow(sent.AddDays(30));
        await housekeeping.RunOnceAsync();
        Assert.Equal(1, (await fixture.StatsAsync("one")).Accepted);
        fixture.Server.Clock.Advance(TimeSpan.FromHours(1));
        await housekeeping.RunOnceAsync();
        Assert.Equal(0, (await fixture.StatsAsync("one")).Accepted);
    }

    private static Task<ReceiptVerdict> ReportAsync(DispatchFixture fixture, string id, ReceiptStatus status, string? reference = null, string? reason = null) =>
        fixture.Receipts.AcceptAsync("t1", "one", "one", id, [new Receipt(null, status) { ProviderMessageId = reference, Reason = reason }]);
}
