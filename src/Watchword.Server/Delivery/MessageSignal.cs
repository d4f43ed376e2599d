namespace Watchword.Server.Delivery;

/// <summary>
/// Tells pages that are open that something became of a tenant's messages. Only of what this process did: what another node did shows when the
/// page looks by itself (<see cref="MessageWatch.Longest"/>). While nobody watches, telling costs nothing.
/// </summary>
internal sealed class MessageSignal
{
    private readonly Lock _gate = new();
    private volatile MessageWatch[] _watches = [];

    /// <summary>Watches a tenant's messages until the watch is disposed.</summary>
    public MessageWatch Watch(string tenant)
    {
        var watch = new MessageWatch(tenant, this);
        lock (_gate)
            _watches = [.. _watches, watch];
        return watch;
    }

    /// <summary>Something of these tenants' messages was written.</summary>
    public void Changed(IEnumerable<string> tenants)
    {
        var watches = _watches;
        if (watches.Length == 0)
            return;
        foreach (var tenant in tenants.Distinct(StringComparer.Ordinal))
        {
            foreach (var watch in watches.Where(w => w.TenantId == tenant))
                watch.Ring();
        }
    }

    internal void End(MessageWatch watch)
    {
        lock (_gate)
            _watches = [.. _watches.Where(w => w != watch)];
    }
}

/// <summary>One page that watches.</summary>
internal sealed class MessageWatch(string tenant, MessageSignal signal) : IDisposable
{
    /// <summary>After so long a page looks again, told or not.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>So long changes are gathered: in a rush a page looks twice a second.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);

    private readonly Bell _bell = new();
    private int _told;

    public string TenantId => tenant;

    /// <summary>Comes back when it is time to look again.</summary>
    public async Task WaitAsync(CancellationToken cancellation)
    {
        await Task.Delay(Shortest, TimeProvider.System, cancellation);
        await _bell.WaitAsync(Longest - Shortest, cancellation);
    }

    /// <summary>How often it was told that something changed.</summary>
    public int Told => Volatile.Read(ref _told);

    /// <summary>Something changed.</summary>
    public void Ring()
    {
        Interlocked.Increment(ref _told);
        _bell.Ring();
    }

    public void Dispose()
    {
        signal.End(this);
        // The bell is left to the collector: somebody may be ringing it at this moment.
    }
}
