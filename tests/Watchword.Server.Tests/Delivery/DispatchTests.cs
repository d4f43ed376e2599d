using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Delivery;

/// <summary>From the outbox to a provider, on both databases.</summary>
public sealed class DispatchTests
{
    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_try_is_on_disk_before_the_provider_is_called_and_the_text_is_gone_after_it(Engine engine)
    {
        DispatchFixture fixture = null!;
        LoggedMessage? during = null;
        var provider = new FakeProvider("one");
        provider.Answer = async handover =>
        {
            during = await fixture.ReadAsync(handover.MessageId);
            return new SendResult(SendOutcome.Accepted) { ProviderMessageId = "SM1" };
        };
        await using (fixture = await DispatchFixture.StartAsync(engine, provider))
        {
            var id = (await fixture.QueueAsync(1))[0];
            var message = await fixture.UntilAsync(id, "sent");
            Assert.Equal(("sending", 1, "one"), (during!.Status, during.Tries, during.Provider));
            Assert.Equal(DispatchFixture.Life, Assert.Single(provider.Calls).Life);
            Assert.Equal((1, 0, "one", "SM1", null), (message.Tries, message.UnknownTries, message.ProviderId, message.ProviderMessageId, message.Fault));
            Assert.Equal(["queued", "sending", "sent"], message.StatusHistory.Select(h => h.Status));
            Assert.Null(await fixture.Server.PeekAsync<string>("SELECT body FROM outbox"));
            var stats = await fixture.StatsAsync("one");
            Assert.Equal((1, 0, 0, 0), (stats.Accepted, stats.Refused, stats.Failed, stats.Unknown));
        }
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task When_one_provider_is_down_every_message_goes_by_the_other_once(Engine engine)
    {
        var (down, up) = (new FakeProvider("down"), new FakeProvider("up"));
        down.Always(SendOutcome.TryLater, "The provider answered 500.");
        await using var fixture = await DispatchFixture.StartAsync(engine, down, up);
        var ids = await fixture.QueueAsync(400);
        await fixture.PassUntilAsync(TimeSpan.FromMilliseconds(20), async () => await fixture.CountAsync("sent") == 400);
        Assert.Equal(ids.Order(), up.Calls.Select(c => c.MessageId).Order());
        // Its circuit opened, so most were spared the detour.
        Assert.InRange(down.Calls.Count, Circuit.LeastCalls, 200);
        Assert.Equal(400, (await fixture.StatsAsync("up")).Accepted);
        Assert.Equal(down.Calls.Count, (await fixture.StatsAsync("down")).Failed);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task When_both_fail_half_the_time_every_message_is_taken_once_within_its_life(Engine engine)
    {
        var calls = 0;
        var (one, other) = (new FakeProvider("one"), new FakeProvider("other"));
        one.Answer = other.Answer = _ => Task.FromResult(new SendResult(Interlocked.Increment(ref calls) % 2 == 0 ? SendOutcome.Accepted : SendOutcome.TryLater));
        await using var fixture = await DispatchFixture.StartAsync(engine, one, other);
        var ids = await fixture.QueueAsync(150);
        await fixture.PassUntilAsync(TimeSpan.FromMilliseconds(100), async () => await fixture.CountAsync("sent") == 150);
        Assert.Equal(ids.Order(), one.Accepted.Concat(other.Accepted).Select(c => c.MessageId).Order());
    }

    [Fact]
    public async Task A_provider_that_hangs_holds_up_nobody_elses_messages()
    {
        var (one, other) = (new FakeProvider("hangs for t1"), new FakeProvider("other"));
        one.Answer = handover => handover.Content.Text.StartsWith("t1", StringComparison.Ordinal)
            ? new TaskCompletionSource<SendResult>().Task
            : Task.FromResult(new SendResult(SendOutcome.Accepted));
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, one);
        // More than there are places, all before the others, and the clock hardly moves: not one of them can end.
        await fixture.QueueAsync(3 * Dispatcher.Capacity, "t1");
        await Attack.UntilAsync(() => Task.FromResult(one.Calls.Count == 64));
        var ids = await fixture.QueueAsync(500, "t2");
        await fixture.PassUntilAsync(TimeSpan.FromMilliseconds(5), async () => await fixture.CountAsync("sent") == 500);
        Assert.Equal(ids.Order(), one.Accepted.Select(c => c.MessageId).Order());
        Assert.All(one.Accepted, c => Assert.StartsWith("t2 ", c.Content.Text, StringComparison.Ordinal));
        one.Always(SendOutcome.Accepted);
        fixture.Advance(RetryPlan.TryTimeout);
    }

    [Fact]
    public async Task When_a_provider_hangs_its_messages_go_by_another_and_none_has_more_than_two_copies()
    {
        var (hangs, up) = (new FakeProvider("hangs"), new FakeProvider("up"));
        hangs.Hang();
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, hangs, up);
        var ids = await fixture.QueueAsync(300);
        await fixture.PassUntilAsync(TimeSpan.FromMilliseconds(100), async () => await fixture.CountAsync("sent") == 300);
        Assert.Equal(ids.Order(), up.Accepted.Select(c => c.MessageId).Order());
        Assert.All(hangs.Calls.CountBy(c => c.MessageId), c => Assert.Equal(1, c.Value));
        // Each possible second copy is counted.
        Assert.Equal(hangs.Calls.Count, await fixture.Server.PeekAsync<long>("SELECT CAST(SUM(unknown_tries) AS BIGINT) FROM outbox"));
        Assert.Equal(hangs.Calls.Count, (await fixture.StatsAsync("hangs")).Unknown);
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task After_two_unknown_handovers_there_is_no_third_until_a_receipt_tells(Engine engine)
    {
        var (one, two, three) = (new FakeProvider("one"), new FakeProvider("two"), new FakeProvider("three"));
        one.Always(SendOutcome.Unknown, "No answer.");
        two.Always(SendOutcome.Unknown, "No answer.");
        await using var fixture = await DispatchFixture.StartAsync(engine, one, two, three);
        var id = (await fixture.QueueAsync(1))[0];
        var message = await fixture.UntilAsync(id, "failed");
        Assert.Equal((2, 2), (message.Tries, message.UnknownTries));
        Assert.Contains("two copies", message.Fault, StringComparison.Ordinal);
        Assert.Equal(["queued", "sending", "queued", "sending", "failed"], message.StatusHistory.Select(h => h.Status));
        fixture.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(three.Calls);

        Assert.Equal(ReceiptVerdict.Applied, await fixture.Receipts.AcceptAsync("t1", "one", "one", id, [new Receipt(null, ReceiptStatus.Delivered)]));
        message = await fixture.ReadAsync(id);
        Assert.Equal(("delivered", "one"), (message.Status, message.ProviderId));
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_try_cut_short_by_a_crash_is_made_again_and_counted_as_unknown(Engine engine)
    {
        var provider = new FakeProvider("one");
        await using var fixture = await DispatchFixture.StartAsync(engine, provider);
        var id = (await fixture.QueueAsync(1))[0];
        await fixture.UntilAsync(id, "sent");
        // As it would be had the process died during the call.
        var now = fixture.Server.Clock.GetUtcNow();
        await fixture.Server.TamperAsync(
            "UPDATE outbox SET status = 'sending', body = @body, next_try_at = @lease",
            new { body = fixture.Outbox.SealBody("t1", id, new MessageContent("+447400000001", null, "again", null)), lease = now.Add(Courier.Lease).ToUnixTimeMilliseconds() });
        fixture.Advance(Courier.Lease - TimeSpan.FromMilliseconds(1));
        Assert.Equal("sending", (await fixture.ReadAsync(id)).Status);
        fixture.Advance(TimeSpan.FromMilliseconds(1));
        var message = await fixture.UntilAsync(id, "sent");
        Assert.Equal((2, 1), (message.Tries, message.UnknownTries));
        Assert.Equal(2, provider.Calls.Count);
        Assert.Equal((2, 1), ((await fixture.StatsAsync("one")).Accepted, (await fixture.StatsAsync("one")).Unknown));
    }

    [Fact]
    public async Task A_message_that_was_taken_but_not_tried_when_the_process_died_has_no_unknown_try()
    {
        var provider = new FakeProvider("one");
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, provider);
        provider.Hang();
        var ids = await fixture.QueueAsync(65);
        await Attack.UntilAsync(() => Task.FromResult(provider.Calls.Count == 64));
        var waiting = ids.Except(provider.Calls.Select(c => c.MessageId)).Single();
        var message = await fixture.ReadAsync(waiting);
        Assert.Equal(("queued", 0L), (message.Status, message.Tries));
        provider.Always(SendOutcome.Accepted);
        await fixture.PassUntilAsync(TimeSpan.FromMilliseconds(250), async () => await fixture.CountAsync("sent") == 65);
        Assert.Equal((1, 0), ((await fixture.ReadAsync(waiting)).Tries, (await fixture.ReadAsync(waiting)).UnknownTries));
    }

    [Fact]
    public async Task A_message_that_is_refused_for_good_goes_to_no_other_provider()
    {
        var (one, other) = (new FakeProvider("one"), new FakeProvider("other"));
        one.Answer = _ => Task.FromResult(new SendResult(SendOutcome.Refused, "The number is not in service.") { ProviderCode = "21211", ProviderText = "Invalid 'To'" });
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, one, other);
        var message = await fixture.UntilAsync((await fixture.QueueAsync(1))[0], "failed");
        Assert.Empty(other.Calls);
        Assert.Equal("The number is not in service.", message.Fault);
        Assert.Equal(("21211", "Invalid 'To'", "one"), (message.StatusHistory[^1].Code, message.StatusHistory[^1].Text, message.StatusHistory[^1].Provider));
        Assert.Equal(1, (await fixture.StatsAsync("one")).Refused);
    }

    [Fact]
    public async Task A_provider_with_wrong_credentials_is_passed_over()
    {
        var (one, other) = (new FakeProvider("one"), new FakeProvider("other"));
        one.Always(SendOutcome.Misconfigured, "The credentials are wrong.");
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, one, other);
        var message = await fixture.UntilAsync((await fixture.QueueAsync(1))[0], "sent");
        Assert.Equal(("other", 2, null), (message.ProviderId, message.Tries, message.Fault));
        // Nobody notices otherwise, as long as the other brings everything; but one line is enough.
        await fixture.UntilAsync((await fixture.QueueAsync(1))[0], "sent");
        Assert.Single(fixture.Server.Logs.Lines, line => line.Contains("Provider one (one) of tenant t1 does not take messages as it is set up: The credentials are wrong.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failed_message_waits_as_long_as_it_should_and_then_begins_with_the_other_provider()
    {
        var (one, other) = (new FakeProvider("one"), new FakeProvider("other"));
        one.Always(SendOutcome.TryLater, "Busy.");
        other.Always(SendOutcome.TryLater, "Busy, too.");
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, one, other);
        var id = (await fixture.QueueAsync(1))[0];
        var message = await fixture.UntilAsync(id, m => m is { Status: "queued", Tries: 2 });
        Assert.Equal("Busy, too.", message.Fault);
        var due = await fixture.Server.PeekAsync<long>("SELECT next_try_at FROM outbox") - fixture.Server.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.InRange(due, 2000, 2500);
        fixture.Advance(TimeSpan.FromMilliseconds(due - 1));
        Assert.Equal(2, (await fixture.ReadAsync(id)).Tries);
        one.Always(SendOutcome.Accepted);
        other.Always(SendOutcome.Accepted);
        fixture.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("one", (await fixture.UntilAsync(id, "sent")).ProviderId);
    }

    [Fact]
    public async Task A_provider_that_asks_for_a_rest_gets_it()
    {
        var provider = new FakeProvider("one");
        provider.Always(SendOutcome.TryLater, "Too many.", TimeSpan.FromSeconds(60));
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, provider);
        var first = (await fixture.QueueAsync(1))[0];
        await fixture.UntilAsync(first, m => m is { Status: "queued", Tries: 1 });
        provider.Always(SendOutcome.Accepted);
        var second = (await fixture.QueueAsync(1))[0];
        // Neither the first's backoff nor the second's arrival breaks it.
        for (var i = 0; i < 59; i++)
            fixture.Advance(TimeSpan.FromSeconds(1));
        await Attack.UntilAsync(async () => await fixture.Server.PeekAsync<long>("SELECT MIN(next_try_at) FROM outbox WHERE status = 'queued'") > fixture.Server.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.Single(provider.Calls);
        await fixture.PassUntilAsync(TimeSpan.FromMilliseconds(500), async () => await fixture.CountAsync("sent") == 2);
        Assert.Equal((2, 1), ((await fixture.ReadAsync(first)).Tries, (await fixture.ReadAsync(second)).Tries));
    }

    [Fact]
    public async Task A_message_whose_code_dies_is_dropped_and_says_so()
    {
        var provider = new FakeProvider("one");
        provider.Always(SendOutcome.TryLater, "Down.");
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, provider);
        var id = (await fixture.QueueAsync(1))[0];
        LoggedMessage message;
        do
            message = await fixture.NextTryAsync(id);
        while (message.Status != "expired");
        Assert.Equal("Down.", message.Fault);
        // The last try was made when there was little life left.
        Assert.InRange(fixture.Server.Clock.GetUtcNow().ToUnixTimeMilliseconds(), message.ExpiresAt - 1500, message.ExpiresAt);
        Assert.Equal("expired", message.StatusHistory[^1].Status);
        Assert.Null(await fixture.Server.PeekAsync<string>("SELECT body FROM outbox"));
        var calls = provider.Calls.Count;
        // 1, 2, 4, 8, 16, 30 s …, then halves of what is left.
        Assert.InRange(calls, 12, 26);
        provider.Always(SendOutcome.Accepted);
        fixture.Advance(TimeSpan.FromMinutes(1));
        await fixture.UntilAsync((await fixture.QueueAsync(1))[0], "sent");
        Assert.Equal(calls + 1, provider.Calls.Count);
    }

    [Fact]
    public async Task A_message_without_a_provider_waits_for_one_to_be_configured_until_its_code_dies()
    {
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite);
        var id = (await fixture.QueueAsync(1))[0];
        await fixture.UntilAsync(id, m => m.Fault is not null);
        Assert.Equal("queued", (await fixture.ReadAsync(id)).Status);
        fixture.Advance(DispatchFixture.Life);
        Assert.Equal(0, (await fixture.UntilAsync(id, "expired")).Tries);
    }

    [Fact]
    public async Task What_waits_when_the_server_stops_is_sent_by_the_next_one()
    {
        var provider = new FakeProvider("one");
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, provider);
        var release = new TaskCompletionSource<SendResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        provider.Answer = _ => release.Task;
        var ids = await fixture.QueueAsync(200);
        await Attack.UntilAsync(() => Task.FromResult(provider.Calls.Count == 64));
        var restart = fixture.Server.RestartAsync();
        release.SetResult(new SendResult(SendOutcome.Accepted));
        await restart;
        await Attack.UntilAsync(async () => await fixture.CountAsync("sent") == 200);
        Assert.Equal(ids.Order(), provider.Calls.Select(c => c.MessageId).Order());
        Assert.Equal(0, await fixture.Server.PeekAsync<long>("SELECT CAST(SUM(unknown_tries) AS BIGINT) FROM outbox"));
    }

    [Fact]
    public async Task Two_nodes_share_the_work_and_send_nothing_twice()
    {
        var provider = new FakeProvider("one");
        await using var fixture = await DispatchFixture.StartAsync(Engine.Postgres, provider);
        await using var other = await fixture.Server.AnotherNodeAsync();
        var ids = new List<string>();
        for (var i = 0; i < 10; i++)
            ids.AddRange(await fixture.QueueAsync(50));
        await fixture.PassUntilAsync(TimeSpan.FromMilliseconds(50), async () => await fixture.CountAsync("sent") == 500);
        Assert.Equal(ids.Order(), provider.Calls.Select(c => c.MessageId).Order());
        Assert.Equal(500, (await fixture.StatsAsync("one")).Accepted);
    }

    [Fact]
    public async Task A_tenants_trouble_is_its_own()
    {
        var provider = new FakeProvider("shared");
        provider.Answer = handover => Task.FromResult(new SendResult(handover.Content.Text.StartsWith("t1 ", StringComparison.Ordinal) ? SendOutcome.TryLater : SendOutcome.Accepted));
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, provider);
        var ids = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            await fixture.QueueAsync(5, "t1");
            ids.AddRange(await fixture.QueueAsync(5, "t2"));
        }
        await Attack.UntilAsync(async () => await fixture.CountAsync("sent") == 100);
        Assert.Equal(ids.Order(), provider.Accepted.Select(c => c.MessageId).Order());
        Assert.Equal((100, 0), ((await fixture.StatsAsync("shared", "t2")).Accepted, (await fixture.StatsAsync("shared", "t2")).Failed));
        Assert.Equal(0, (await fixture.StatsAsync("shared", "t1")).Accepted);
        Assert.Equal(ReceiptVerdict.NoMessage, await fixture.Receipts.AcceptAsync("t1", "shared", "shared", ids[0], [new Receipt(null, ReceiptStatus.Delivered)]));
        Assert.Equal("sent", (await fixture.ReadAsync(ids[0], "t2")).Status);
        Assert.Empty((await fixture.Server.Database.ReadAsync(db => new MessageLogStore(db).ReadAsync("t1", new MessageLogQuery { Status = "sent" }, 1000))).Messages);
    }
}
