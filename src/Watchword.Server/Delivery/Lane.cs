using System.Runtime.CompilerServices;

namespace Watchword.Server.Delivery;

/// <summary>Whether a message may go to a provider now; if not, when there is likely to be room.</summary>
internal readonly record struct Pass(bool Granted, TimeSpan Wait = default);

/// <summary>
/// The way to one provider: so many messages at once, so many a second, none while it asked for a rest or its circuit is open. Who finds
/// it full waits in the order of age, for as long as they care to.
/// </summary>
internal sealed class Lane : IDisposable
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan WhileProbing = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenComplaints = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly int _most;
    private readonly double? _perSecond;
    private readonly ITimer _timer;
    private readonly StrongBox<int> _allWaiting;
    private PriorityQueue<Waiter, long> _waiting = new();
    private int _running;
    private bool _probing;
    private double _tokens;
    private long _filledAt;
    private DateTimeOffset _closedUntil = DateTimeOffset.MinValue;
    private DateTimeOffset _quietUntil = DateTimeOffset.MinValue;

    /// <param name="provider">Where it leads.</param>
    /// <param name="time">For rates, rests and patience.</param>
    /// <param name="allWaiting">How many wait in all lanes.</param>
    public Lane(OpenProvider provider, TimeProvider time, StrongBox<int> allWaiting)
    {
        _allWaiting = allWaiting;
        (_time, _most, _perSecond) = (time, Math.Max(1, provider.MaxConcurrency), provider.MaxPerSecond);
        (_tokens, _filledAt) = (1, time.GetTimestamp());
        _timer = time.CreateTimer(_ => Tick(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Revision = provider.Revision;
        Circuit = new Circuit(provider, this, time);
    }

    /// <summary>The settings it was made for.</summary>
    public long Revision { get; }

    /// <summary>What every call goes through.</summary>
    public Circuit Circuit { get; }

    /// <summary>Until when nobody is let in; null: now is not such a time.</summary>
    public DateTimeOffset? RestsUntil
    {
        get
        {
            lock (_gate)
                return _closedUntil > _time.GetUtcNow() ? _closedUntil : null;
        }
    }

    /// <summary>Asks for a place. Who is granted one leaves again by <see cref="Leave"/>.</summary>
    /// <param name="age">When the message was taken in; the oldest goes first.</param>
    /// <param name="room">How many may wait here.</param>
    /// <param name="patience">How long to wait.</param>
    public ValueTask<Pass> EnterAsync(DateTimeOffset age, int room, TimeSpan patience)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (Closed(now) is { } wait)
                return new(new Pass(false, wait));
            if (_waiting.Count == 0 && TryTake())
                return new(new Pass(true));
            if (_waiting.Count >= room)
                return new(new Pass(false, Estimate()));
            var waiter = new Waiter(now + patience);
            _waiting.Enqueue(waiter, age.ToUnixTimeMilliseconds());
            Interlocked.Increment(ref _allWaiting.Value);
            Schedule(now);
            return new(waiter.Done.Task);
        }
    }

    /// <summary>Gives the place to the next.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            _running--;
            Admit(_time.GetUtcNow());
        }
    }

    /// <summary>Lets nobody in for a while; who waits is sent away, to try elsewhere.</summary>
    public void Rest(TimeSpan span)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var until = now + (span < LongestRest ? span : LongestRest);
            if (until > _closedUntil)
                _closedUntil = until;
            SendAway(_ => true, _closedUntil - now);
        }
    }

    /// <summary>Whether the operator is to be told of a fault in the settings: now and then, however many messages meet it.</summary>
    public bool MayComplain()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (now < _quietUntil)
                return false;
            _quietUntil = now + BetweenComplaints;
            return true;
        }
    }

    /// <summary>One at a time, and nobody waits, until the one has shown that the provider is back.</summary>
    public void Probe(bool probing)
    {
        lock (_gate)
            _probing = probing;
    }

    public void Dispose() => _timer.Dispose();

    private TimeSpan? Closed(DateTimeOffset now)
    {
        if (now < _closedUntil)
            return _closedUntil - now;
        return _probing && _running > 0 ? WhileProbing : null;
    }

    private bool TryTake()
    {
        if (_running >= (_probing ? 1 : _most))
            return false;
        if (_perSecond is { } rate)
        {
            Fill(rate);
            if (_tokens < 1)
                return false;
            _tokens--;
        }
        _running++;
        return true;
    }

    /// <summary>A tenth of a second's worth may be caught up on, because timers are late by as much at high rates.</summary>
    private void Fill(double rate)
    {
        var now = _time.GetTimestamp();
        // The grain of dust makes up for what is lost in rounding: after exactly 1/rate seconds there is one.
        _tokens = Math.Min(Math.Max(1, rate / 10), _tokens + (_time.GetElapsedTime(_filledAt, now).TotalSeconds * rate) + 1e-9);
        _filledAt = now;
    }

    private void Admit(DateTimeOffset now)
    {
        if (Closed(now) is null)
        {
            while (_waiting.Count > 0 && TryTake())
            {
                _waiting.Dequeue().Done.SetResult(new Pass(true));
                Interlocked.Decrement(ref _allWaiting.Value);
            }
        }
        Schedule(now);
    }

    private void Tick()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            Admit(now);
            SendAway(waiter => waiter.Until <= now, Estimate());
            Schedule(now);
        }
    }

    private void SendAway(Func<Waiter, bool> who, TimeSpan wait)
    {
        if (!_waiting.UnorderedItems.Any(w => who(w.Element)))
            return;
        var staying = new PriorityQueue<Waiter, long>();
        foreach (var (waiter, age) in _waiting.UnorderedItems)
        {
            if (who(waiter))
                waiter.Done.SetResult(new Pass(false, wait));
            else
                staying.Enqueue(waiter, age);
        }
        Interlocked.Add(ref _allWaiting.Value, staying.Count - _waiting.Count);
        _waiting = staying;
    }

    /// <summary>The timer is set for the next token, or for the first whose patience ends.</summary>
    private void Schedule(DateTimeOffset now)
    {
        if (_waiting.Count == 0)
            return;
        var due = _waiting.UnorderedItems.Min(w => w.Element.Until) - now;
        if (_perSecond is { } rate && _running < _most)
            due = TimeSpan.FromSeconds(Math.Min(due.TotalSeconds, Math.Max(0, 1 - _tokens) / rate));
        _timer.Change(due < ShortestTick ? ShortestTick : due, Timeout.InfiniteTimeSpan);
    }

    private TimeSpan Estimate() =>
        _perSecond is { } rate ? TimeSpan.FromSeconds(_waiting.Count / rate) : TimeSpan.FromSeconds(1);

    private sealed record Waiter(DateTimeOffset Until)
    {
        public TaskCompletionSource<Pass> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
