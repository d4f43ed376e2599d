using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Watchword.Server.Delivery;

namespace Watchword.Server.Tests.Delivery;

/// <summary>The way to one provider: places, rate, rests and the circuit, each at its edges.</summary>
public sealed class LaneTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly StrongBox<int> _waiting = new();
    private readonly List<Lane> _lanes = [];

    public void Dispose() => _lanes.ForEach(l => l.Dispose());

    [Fact]
    public async Task No_more_than_its_places_are_taken_at_once()
    {
        var lane = LaneOf(places: 2);
        Assert.True((await EnterAsync(lane)).Granted);
        Assert.True((await EnterAsync(lane)).Granted);
        var third = EnterAsync(lane);
        Assert.False(third.IsCompleted);
        Assert.Equal(1, _waiting.Value);
        lane.Leave();
        Assert.True((await third).Granted);
        Assert.Equal(0, _waiting.Value);
    }

    [Fact]
    public async Task The_oldest_message_goes_first()
    {
        var lane = LaneOf(places: 1);
        await EnterAsync(lane);
        var (young, old) = (EnterAsync(lane, age: 1), EnterAsync(lane, age: 5));
        lane.Leave();
        Assert.True((await old).Granted);
        Assert.False(young.IsCompleted);
    }

    [Fact]
    public async Task Who_finds_no_room_to_wait_is_sent_on_at_once()
    {
        var lane = LaneOf(places: 1);
        await EnterAsync(lane);
        var waiting = EnterAsync(lane, room: 1);
        Assert.False((await EnterAsync(lane, room: 1)).Granted);
        Assert.False(waiting.IsCompleted);
    }

    [Fact]
    public async Task Patience_ends_when_it_ends()
    {
        var lane = LaneOf(places: 1);
        await EnterAsync(lane);
        var waiting = EnterAsync(lane);
        _clock.Advance(Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(waiting.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(10));
        Assert.False((await waiting).Granted);
        Assert.Equal(0, _waiting.Value);
        lane.Leave();
        Assert.True((await EnterAsync(lane)).Granted);
    }

    [Fact]
    public async Task A_rate_is_kept_to_the_message()
    {
        var lane = LaneOf(places: 10, perSecond: 2);
        Assert.True((await EnterAsync(lane)).Granted);
        var (second, third) = (EnterAsync(lane), EnterAsync(lane));
        _clock.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(second.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(11));
        Assert.True((await second).Granted);
        Assert.False(third.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.True((await third).Granted);
        // Idle time is not saved up.
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await EnterAsync(lane)).Granted);
        Assert.False(EnterAsync(lane).IsCompleted);
    }

    [Fact]
    public async Task A_rest_turns_away_who_comes_and_who_waits_until_it_is_over()
    {
        var lane = LaneOf(places: 1);
        await EnterAsync(lane);
        var waiting = EnterAsync(lane);
        lane.Rest(TimeSpan.FromSeconds(7));
        Assert.Equal(new Pass(false, TimeSpan.FromSeconds(7)), await waiting);
        lane.Leave();
        _clock.Advance(TimeSpan.FromSeconds(7) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(new Pass(false, TimeSpan.FromMilliseconds(1)), await EnterAsync(lane));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True((await EnterAsync(lane)).Granted);
    }

    [Fact]
    public async Task A_provider_cannot_ask_for_more_than_five_minutes()
    {
        var lane = LaneOf(places: 1);
        lane.Rest(TimeSpan.FromDays(1));
        Assert.Equal(TimeSpan.FromMinutes(5), (await EnterAsync(lane)).Wait);
    }

    [Theory]
    [InlineData("ten calls, three of four failed", 10, 8, true)]
    [InlineData("nine calls are too few", 9, 9, false)]
    [InlineData("ten calls, seven failed", 10, 7, false)]
    [InlineData("half of many", 100, 50, false)]
    public async Task A_circuit_opens_at_its_edges(string reason, int calls, int failures, bool opens)
    {
        var lane = LaneOf(places: 1);
        for (var i = 0; i < calls; i++)
            await CallAsync(lane, i < calls - failures ? SendOutcome.Accepted : SendOutcome.TryLater);
        Assert.True(opens != lane.Circuit.IsClosed, reason);
        Assert.True(opens != (await EnterAsync(lane)).Granted, reason);
    }

    [Theory]
    [InlineData("Refused")]
    [InlineData("Accepted")]
    [InlineData("Misconfigured")]
    public async Task What_is_the_messages_fault_opens_no_circuit(string outcome)
    {
        var lane = LaneOf(places: 1);
        for (var i = 0; i < 100; i++)
            Assert.True(await CallAsync(lane, Enum.Parse<SendOutcome>(outcome)));
        Assert.True(lane.Circuit.IsClosed);
    }

    [Theory]
    [InlineData("TryLater")]
    [InlineData("Unknown")]
    public async Task After_a_rest_one_call_decides_and_rests_grow(string outcome)
    {
        var failure = Enum.Parse<SendOutcome>(outcome);
        var lane = LaneOf(places: 5);
        while (lane.Circuit.IsClosed)
            await CallAsync(lane, failure);
        foreach (var seconds in (int[])[5, 10, 20, 30, 30])
        {
            _clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.False(await CallAsync(lane, SendOutcome.Accepted));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(await CallAsync(lane, failure));
        }
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True((await EnterAsync(lane)).Granted);
        // While the one is on its way nobody else may, and nobody waits for it.
        Assert.False((await EnterAsync(lane)).Granted);
        await lane.Circuit.RunAsync((_, _) => new(new Attempt(true, new SendResult(SendOutcome.Accepted))), 0);
        lane.Leave();
        Assert.True(lane.Circuit.IsClosed);
        for (var i = 0; i < 5; i++)
            Assert.True((await EnterAsync(lane)).Granted);
    }

    [Fact]
    public async Task Tenants_have_lanes_of_their_own_and_new_settings_a_new_one()
    {
        using var lanes = new Lanes(_clock, NullLogger<Lanes>.Instance);
        var provider = new OpenProvider("p", 1, new FakeProvider("p"), 1, null, null, null);
        var one = lanes.Of("t1", provider);
        Assert.Same(one, lanes.Of("t1", provider));
        var other = lanes.Of("t2", provider);
        Assert.NotSame(one, other);
        while (one.Circuit.IsClosed)
            await CallAsync(one, SendOutcome.Unknown);
        Assert.False(lanes.StateOf("t1", "p", revision: 1).CircuitClosed);
        Assert.Equal(_clock.GetUtcNow() + Circuit.Break(0), lanes.StateOf("t1", "p", revision: 1).RestsUntil);
        // What was learned about old settings says nothing of new ones.
        Assert.Equal(new LaneState(true, null), lanes.StateOf("t1", "p", revision: 2));
        Assert.Equal(new LaneState(true, null), lanes.StateOf("t2", "p", revision: 1));
        Assert.True((await EnterAsync(other)).Granted);
        Assert.True((await EnterAsync(lanes.Of("t1", provider with { Revision = 2 }))).Granted);
        Assert.Equal(new LaneState(true, null), lanes.StateOf("t1", "p", revision: 2));
    }

    [Fact]
    public void Who_set_out_under_old_settings_does_not_bring_the_old_lane_back()
    {
        using var lanes = new Lanes(_clock, NullLogger<Lanes>.Instance);
        var provider = new OpenProvider("p", 1, new FakeProvider("p"), 1, null, null, null);
        lanes.Of("t", provider);
        var renewed = lanes.Of("t", provider with { Revision = 2 });
        Assert.Same(renewed, lanes.Of("t", provider));
        Assert.Same(renewed, lanes.Of("t", provider with { Revision = 2 }));
    }

    [Fact]
    public async Task Who_waits_in_a_lane_of_old_settings_is_sent_to_the_new_one()
    {
        using var lanes = new Lanes(_clock, NullLogger<Lanes>.Instance);
        var provider = new OpenProvider("p", 1, new FakeProvider("p"), 1, null, null, null);
        await EnterAsync(lanes.Of("t", provider));
        var waiting = EnterAsync(lanes.Of("t", provider));
        lanes.Of("t", provider with { Revision = 2 });
        Assert.Equal(new Pass(false, TimeSpan.Zero), await waiting);
        Assert.Equal(0, lanes.Waiting);
    }

    private static async Task<bool> CallAsync(Lane lane, SendOutcome outcome)
    {
        if (!(await EnterAsync(lane)).Granted)
            return false;
        var attempt = await lane.Circuit.RunAsync((_, _) => new(new Attempt(true, new SendResult(outcome))), 0);
        lane.Leave();
        return attempt is not null;
    }

    private static Task<Pass> EnterAsync(Lane lane, int age = 0, int room = 100) =>
        lane.EnterAsync(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero).AddSeconds(-age), room, Patience).AsTask();

    private Lane LaneOf(int places, double? perSecond = null)
    {
        var lane = new Lane(new OpenProvider("p", 0, new FakeProvider("p"), places, perSecond, null, null), _clock, _waiting);
        _lanes.Add(lane);
        return lane;
    }
}
