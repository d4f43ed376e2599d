using Microsoft.Extensions.Time.Testing;

namespace Watchword.Server.Tests.Harness;

/// <summary>
/// A clock that tests move. As on a machine that slept, what repeats is called once for all the time it missed; the base class would call it for
/// every period, a million times for a month of seconds.
/// </summary>
internal sealed class TestClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer(this, callback, state, dueTime, period);

    private ITimer CreateBaseTimer(TimerCallback callback) => base.CreateTimer(callback, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    private sealed class Timer : ITimer
    {
        private readonly ITimer _once;
        private TimeSpan _period;

        public Timer(TestClock clock, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _once = clock.CreateBaseTimer(_ =>
            {
                if (_period > TimeSpan.Zero)
                    _once?.Change(_period, Timeout.InfiniteTimeSpan);
                callback(state);
            });
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            return _once.Change(dueTime, Timeout.InfiniteTimeSpan);
        }

        public void Dispose() => _once.Dispose();

        public ValueTask DisposeAsync() => _once.DisposeAsync();
    }
}
