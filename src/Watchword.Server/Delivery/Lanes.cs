using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Watchword.Server.Delivery;

/// <summary>The lanes of all tenants' providers. Two tenants with the same provider have a lane each; new settings begin with a new lane.</summary>
internal sealed class Lanes(TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<(string Tenant, string Provider), Lane> _lanes = new();

    private readonly StrongBox<int> _waiting = new();

    /// <summary>Messages that wait in lanes.</summary>
    public int Waiting => Volatile.Read(ref _waiting.Value);

    public Lane Of(string tenant, OpenProvider provider)
    {
        var key = (tenant, provider.ProviderId);
        while (true)
        {
            if (!_lanes.TryGetValue(key, out var lane))
            {
                var fresh = new Lane(provider, time, _waiting);
                if (_lanes.TryAdd(key, fresh))
                    return fresh;
                fresh.Dispose();
                continue;
            }
            // Who set out before a change goes by the new lane too; the old one, made again, would let twice as many in.
            if (lane.Revision >= provider.Revision)
                return lane;
            var renewed = new Lane(provider, time, _waiting);
            if (!_lanes.TryUpdate(key, renewed, lane))
            {
                renewed.Dispose();
                continue;
            }
            // Who waits in the old one asks again, in the new one. Calls under way end as they will.
            lane.Rest(TimeSpan.Zero);
            return renewed;
        }
    }

    /// <summary>Whether calls to this provider are made as usual; true of one that was not called yet.</summary>
    public bool IsHealthy(string tenant, string providerId) => !_lanes.TryGetValue((tenant, providerId), out var lane) || lane.Circuit.IsClosed;

    /// <summary>Sends away all who wait, because the server stops.</summary>
    public void Clear()
    {
        foreach (var lane in _lanes.Values)
            lane.Rest(TimeSpan.FromMinutes(1));
    }

    public void Dispose()
    {
        foreach (var lane in _lanes.Values)
            lane.Dispose();
    }
}
