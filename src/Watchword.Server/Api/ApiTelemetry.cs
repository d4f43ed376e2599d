using System.Diagnostics.Metrics;
using System.Net;
using Watchword.Core.Otp;

namespace Watchword.Server.Api;

/// <summary>What the API logs and counts: ids and outcomes. No number, no code, no token.</summary>
internal static partial class ApiTelemetry
{
    public const string MeterName = "Watchword.Api";
    private const int LongestId = 64;
    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Sends = Meter.CreateCounter<long>("watchword.otp.sends", "{send}", "Calls to otp/send, by outcome.");
    private static readonly Counter<long> Verdicts = Meter.CreateCounter<long>("watchword.otp.verdicts", "{guess}", "Calls to otp/authenticate, by outcome.");
    private static readonly Counter<long> Lockouts = Meter.CreateCounter<long>("watchword.otp.lockouts", "{lock}", "Locks begun.");

    private static readonly Counter<long> RefusedClients = Meter.CreateCounter<long>("watchword.clients.refused", "{client}", "Clients that gave wrong credentials.");

    public static void Sent(OtpChannel channel, string outcome) => Sends.Add(1, new("channel", channel.Wire()), new("outcome", outcome));

    public static void Judged(string outcome) => Verdicts.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public static void LockedOut(ILogger log, string tenantId, string appId, string userId, DateTimeOffset until)
    {
        Lockouts.Add(1);
        LogLockedOut(log, tenantId, appId, userId, until);
    }

    public static void ClientRefused(ILogger log, string? clientId, IPAddress? address)
    {
        RefusedClients.Add(1);
        // Whoever calls wrote it: bounded, and nothing in it but what ids are made of.
        var cleaned = string.Concat((clientId ?? "").Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.').Take(LongestId));
        LogClientRefused(log, cleaned.Length == 0 ? "(none)" : cleaned, address is null ? "(unknown)" : Origins.Text(address));
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Route} failed")]
    public static partial void Failed(ILogger log, Exception failure, string method, string route);

    [LoggerMessage(2, LogLevel.Warning, "User {UserId} of tenant {TenantId} is locked out of application {AppId} until {Until}")]
    private static partial void LogLockedOut(ILogger log, string tenantId, string appId, string userId, DateTimeOffset until);

    [LoggerMessage(3, LogLevel.Warning, "A spent refresh token of session {SessionId} was used again; the session has been ended")]
    public static partial void RefreshTokenReused(ILogger log, string sessionId);

    [LoggerMessage(4, LogLevel.Warning, "A client that calls itself {ClientId}, at {Address}, gave wrong credentials")]
    private static partial void LogClientRefused(ILogger log, string clientId, string address);
}
