using System.Diagnostics.Metrics;
using Watchword.Core.Otp;

namespace Watchword.Server.Api;

/// <summary>What the API logs and counts: ids and outcomes. No number, no code, no token.</summary>
internal static partial class ApiTelemetry
{
    public const string MeterName = "Watchword.Api";
    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Sends = Meter.CreateCounter<long>("watchword.otp.sends", "{send}", "Calls to otp/send, by outcome.");
    private static readonly Counter<long> Verdicts = Meter.CreateCounter<long>("watchword.otp.verdicts", "{guess}", "Calls to otp/authenticate, by outcome.");
    private static readonly Counter<long> Lockouts = Meter.CreateCounter<long>("watchword.otp.lockouts", "{lock}", "Locks begun.");

    public static void Sent(OtpChannel channel, string outcome) => Sends.Add(1, new("channel", channel.Wire()), new("outcome", outcome));

    public static void Judged(string outcome) => Verdicts.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public static void LockedOut(ILogger log, string tenantId, string appId, string userId, DateTimeOffset until)
    {
        Lockouts.Add(1);
        LogLockedOut(log, tenantId, appId, userId, until);
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Route} failed")]
    public static partial void Failed(ILogger log, Exception failure, string method, string route);

    [LoggerMessage(2, LogLevel.Warning, "User {UserId} of tenant {TenantId} is locked out of application {AppId} until {Until}")]
    private static partial void LogLockedOut(ILogger log, string tenantId, string appId, string userId, DateTimeOffset until);

    [LoggerMessage(3, LogLevel.Warning, "A spent refresh token of session {SessionId} was used again; the session has been ended")]
    public static partial void RefreshTokenReused(ILogger log, string sessionId);
}
