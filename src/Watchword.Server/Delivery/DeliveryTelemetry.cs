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

    private static readonly Counter<long> Failovers =
        Meter.CreateCounter<long>("watchword.delivery.failovers", "{message}", "Messages that went on to another provider at once.");

    private static readonly Counter<long> Finished =
        Meter.CreateCounter<long>("watchword.delivery.finished", "{message}", "Messages that are sent, failed or expired.");

    private static readonly Counter<long> Lost =
        Meter.CreateCounter<long>("watchword.delivery.lost_tries", "{try}", "Tries whose process ended before they did: each may have been taken, and is made again.");

    private static readonly Counter<long> Circuits =
        Meter.CreateCounter<long>("watchword.provider.circuit", "{turn}", "Circuits that opened or closed.");

    /// <summary>How long each try took is also how many there were.</summary>
    public static void Tried(string provider, SendOutcome outcome, TimeSpan took) =>
        Latency.Record(took.TotalSeconds, new("provider", provider), new("outcome", outcome.ToString()));

    public static void FailedOver(string provider) => Failovers.Add(1, new KeyValuePair<string, object?>("provider", provider));

    public static void CircuitTurned(string provider, string state) => Circuits.Add(1, new("provider", provider), new("state", state));

    public static void TriesLost(int count) => Lost.Add(count);

    public static void MessageIs(ILogger log, OutboxMessage message, string status, int tries)
    {
        Finished.Add(1, new KeyValuePair<string, object?>("status", status));
        MessageFinished(log, message.MessageId, message.AppId, message.Channel, status, tries);
    }

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
    private static partial void MessageFinished(ILogger log, string messageId, string appId, OtpChannel channel, string status, int tries);

    [LoggerMessage(2, LogLevel.Error, "Dispatching failed; it goes on in a second")]
    public static partial void DispatchFailed(ILogger log, Exception failure);

    [LoggerMessage(3, LogLevel.Error, "Message {MessageId} could not be handled ({Failure}); it is tried again when its lease ends")]
    public static partial void CarryingFailed(ILogger log, string messageId, string failure);

    [LoggerMessage(4, LogLevel.Error, "Provider {Provider} broke ({Failure}); whether it took the message is unknown")]
    public static partial void SenderBroke(ILogger log, string provider, string failure);

    [LoggerMessage(5, LogLevel.Warning, "What became of message {MessageId} could not be written ({Failure}); it is written again in a second")]
    public static partial void WritingFailed(ILogger log, string messageId, string failure);

    private static OutboxDepth Depth(Database database) =>
        database.ReadAsync(db => new OutboxStore(db).DepthAsync()).GetAwaiter().GetResult();

    [LoggerMessage(10, LogLevel.Error, "Provider {ProviderId} ({Kind}) of tenant {TenantId} cannot be used: its kind is unknown here, its secrets cannot be opened with this master key, or a setting is wrong. Write its settings again")]
    public static partial void ProviderUnusable(ILogger log, string providerId, string kind, string tenantId);

    [LoggerMessage(11, LogLevel.Warning, "Provider {ProviderId} ({Provider}) of tenant {TenantId} does not take messages as it is set up: {Reason} Said at most every five minutes")]
    public static partial void ProviderMisconfigured(ILogger log, string providerId, string provider, string tenantId, string? reason);

    [LoggerMessage(12, LogLevel.Warning, "Provider {ProviderId} ({Provider}) of tenant {TenantId} failed again and again and rests for {Seconds} s; messages go by the others or wait")]
    public static partial void ProviderRests(ILogger log, string providerId, string provider, string tenantId, double seconds);

    [LoggerMessage(13, LogLevel.Information, "Provider {ProviderId} ({Provider}) of tenant {TenantId} is back")]
    public static partial void ProviderIsBack(ILogger log, string providerId, string provider, string tenantId);
}
