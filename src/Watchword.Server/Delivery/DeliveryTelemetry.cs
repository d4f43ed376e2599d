using System.Diagnostics;
using System.Diagnostics.Metrics;
using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>What delivery logs, counts and traces. No number, no text, no code.</summary>
internal static partial class DeliveryTelemetry
{
    public const string Name = "Watchword.Delivery";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Latency =
        Meter.CreateHistogram<double>("watchword.provider.duration", "s", "Time a provider took to answer one try.");

    public static void Tried(string provider, SendOutcome outcome, TimeSpan took) =>
        Latency.Record(took.TotalSeconds, new("provider", provider), new("outcome", outcome.ToString()));

    /// <summary>Watches the queue's length and the age of its oldest message.</summary>
    public static void WatchOutbox(Database database, TimeProvider time)
    {
        Meter.CreateObservableGauge("watchword.outbox.depth", () => Depth(database).Messages, "{message}", "Messages queued or being sent.");
        Meter.CreateObservableGauge(
            "watchword.outbox.age",
            () => Depth(database).OldestCreatedAt is { } oldest ? (time.GetUtcNow() - oldest.At()).TotalSeconds : 0,
            "s",
            "Age of the oldest message queued or being sent.");
    }

    [LoggerMessage(1, LogLevel.Debug, "Message {MessageId} of application {AppId} by {Channel} is {Status} after {Tries} tries")]
    public static partial void MessageFinished(ILogger log, string messageId, string appId, OtpChannel channel, string status, int tries);

    [LoggerMessage(2, LogLevel.Error, "Dispatching failed; it goes on in a second")]
    public static partial void DispatchFailed(ILogger log, Exception failure);

    private static OutboxDepth Depth(Database database) =>
        database.ReadAsync(db => new OutboxStore(db).DepthAsync()).GetAwaiter().GetResult();

    [LoggerMessage(10, LogLevel.Error, "Provider {ProviderId} ({Kind}) of tenant {TenantId} cannot be used: its kind is unknown here, its secrets cannot be opened with this master key, or a setting is wrong. Write its settings again")]
    public static partial void ProviderUnusable(ILogger log, string providerId, string kind, string tenantId);
}
