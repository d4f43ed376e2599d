using System.Diagnostics.Metrics;

namespace Watchword.Server.Storage;

/// <summary>What storage counts.</summary>
internal static class StorageTelemetry
{
    public const string MeterName = "Watchword.Storage";
    private static readonly Meter Meter = new(MeterName);

    /// <summary>Writes answered by one commit.</summary>
    public static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("watchword.storage.batch_size", "{write}", "Writes that share one commit.");
}
