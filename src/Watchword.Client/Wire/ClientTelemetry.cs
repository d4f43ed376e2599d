using Microsoft.Extensions.Logging;

namespace Watchword.Client.Wire;

/// <summary>All that this library logs: methods, routes, outcomes. No address with values in it, no number, no code, no token.</summary>
internal static partial class ClientTelemetry
{
    [LoggerMessage(1, LogLevel.Debug, "{Method} {Route} answered {Status} in {Milliseconds} ms")]
    public static partial void Answered(ILogger log, HttpMethod method, string route, int status, int milliseconds);

    [LoggerMessage(2, LogLevel.Warning, "{Method} {Route} is tried again: {Reason}")]
    public static partial void Repeating(ILogger log, HttpMethod method, string route, string reason);
}
