using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Watchword.Server.Events;

/// <summary>What the room logs, counts and traces. No payload, no address of a webhook: it may hold a key.</summary>
internal static partial class EventsTelemetry
{
    public const string Name = "Watchword.Events";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Latency =
        Meter.CreateHistogram<double>("watchword.webhook.duration", "s", "Time a webhook took to answer one try.");

    /// <summary>How long each try took is also how many there were.</summary>
    public static void Tried(WebhookAnswer answer) =>
        Latency.Record(answer.Took.TotalSeconds, new KeyValuePair<string, object?>("outcome", answer.Arrived ? "delivered" : "failed"));

    [LoggerMessage(1, LogLevel.Error, "Events could not be moved to the audit log; they wait")]
    public static partial void RelayFailed(ILogger log, Exception failure);

    [LoggerMessage(2, LogLevel.Information, "The audit log of tenant {TenantId} stands at {Head}")]
    public static partial void HeadMoved(ILogger log, string tenantId, NotedHead head);

    [LoggerMessage(10, LogLevel.Error, "Webhooks could not be looked after; it goes on in a second")]
    public static partial void DispatchFailed(ILogger log, Exception failure);

    [LoggerMessage(11, LogLevel.Error, "A delivery to webhook {WebhookId} of tenant {TenantId} could not be handled ({Failure}); it is tried again when its lease ends")]
    public static partial void DeliveryBroke(ILogger log, string webhookId, string tenantId, string failure);

    [LoggerMessage(12, LogLevel.Warning, "Webhook {WebhookId} of tenant {TenantId} is switched off: {Reason}")]
    public static partial void WebhookDisabled(ILogger log, string webhookId, string tenantId, string reason);
}
