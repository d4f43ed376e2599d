using System.Diagnostics.Metrics;

namespace Watchword.Server.Portal;

/// <summary>What the portal logs and counts. Never an address of a person, a code or a password.</summary>
internal static partial class PortalTelemetry
{
    public const string MeterName = "Watchword.Portal";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Refused = Meter.CreateCounter<long>("watchword.portal.sign_in.refused", description: "Refused sign-ins to the portal, by factor");

    public static void SignInRefused(ILogger log, string factor)
    {
        Refused.Add(1, new KeyValuePair<string, object?>("factor", factor));
        LogRefused(log, factor);
    }

    [LoggerMessage(1, LogLevel.Warning, "A sign-in to the portal was refused: {Factor}")]
    private static partial void LogRefused(ILogger log, string factor);

    [LoggerMessage(2, LogLevel.Error, "A page of the portal failed")]
    public static partial void PageFailed(ILogger log, Exception failure);
}
