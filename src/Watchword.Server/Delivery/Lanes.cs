using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Watchword.Server.Delivery;

/// <summary>How things stand with one provider, in this process.</summary>
/// <param name="CircuitClosed">Calls are made as usual; if not, it failed again and again, and rests or is tried out.</param>
/// <param name="RestsUntil">It gets no messages until then: its circuit is open, or it asked for a pause.</param>
internal sealed record LaneState(bool CircuitClosed, DateTimeOffset? RestsUntil);

/// <summary>The lanes of all tenants' providers. Two tenants with the same provider have a lane each; new settings begin with a new lane.</summary>
internal sealed class Lanes(TimeProvider time, ILogger<Lanes> log) : IDisposable
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
                var fresh = Make(tenant, provider);
                if (_lanes.TryAdd(key, fresh))
                    return fresh;
                fresh.Dispose();
                continue;
            }
            // Who set out before a change goes by the new lane too; the old one, made again, would let twice as many in.
            if (lane.Revision >= provider.Revision)
                return lane;
            var renewed = Make(tenant, provider);
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

    /// <summary>How this process stands to a provider now; one that was not called yet with these settings is in order.</summary>
    public LaneState StateOf(string tenant, string providerId, long revision) =>
        _lanes.TryGetValue((tenant, providerId), out var lane) && lane.Revision == revision ? new LaneState(lane.Circuit.IsClosed, lane.RestsUntil) : new LaneState(CircuitClosed: true, RestsUntil: null);

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

    private Lane Make(string tenant, OpenProvider provider)
    {
        var lane = new Lane(provider, time, _waiting);
        lane.Circuit.Turned += rest =>
        {
            if (rest is { } span)
                DeliveryTelemetry.ProviderRests(log, provider.ProviderId, provider.Sender.Name, tenant, span.TotalSeconds);
            else
                DeliveryTelemetry.ProviderIsBack(log, provider.ProviderId, provider.Sender.Name, tenant);
        };
        return lane;
    }
}
