namespace Watchword.Server.Events;

/// <summary>What the room logs and counts.</summary>
internal static partial class EventsTelemetry
{
    [LoggerMessage(1, LogLevel.Error, "Events could not be moved to the audit log; they wait")]
    public static partial void RelayFailed(ILogger log, Exception failure);

    [LoggerMessage(2, LogLevel.Information, "The audit log of tenant {TenantId} stands at {Head}")]
    public static partial void HeadMoved(ILogger log, string tenantId, NotedHead head);
}
