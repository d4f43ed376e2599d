namespace Watchword.Server.Delivery;

/// <summary>Wakes the one who waits for work. Rung many times before it is heard, it is heard once.</summary>
internal sealed class Bell : IDisposable
{
    private readonly SemaphoreSlim _rung = new(0, 1);

    public void Ring()
    {
        if (_rung.CurrentCount == 0)
        {
            try
            {
                _rung.Release();
            }
            catch (SemaphoreFullException)
            {
                // Someone else rang in between.
            }
        }
    }

    /// <summary>Waits for it; false when the time ran out first.</summary>
    public Task<bool> WaitAsync(TimeSpan longest, CancellationToken cancellation) => _rung.WaitAsync(longest, cancellation);

    public void Dispose() => _rung.Dispose();
}
