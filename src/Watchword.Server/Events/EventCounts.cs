using System.Globalization;
using Watchword.Core.Audit;
using Watchword.Core.Otp;
using Watchword.Core.Statistics;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>What an event adds to the statistics: the logins and what was refused. Codes are counted where they are sent.</summary>
internal static class EventCounts
{
    private static readonly string Test = OtpChannel.Test.Wire();

    /// <summary>A code that led to a login.</summary>
    public static IEnumerable<CodeCount> OfCodes(AuditEvent happened)
    {
        // A test number's code was never sent, so it cannot lead to more or fewer logins.
        if (happened.Action == AuditAction.UserLoggedIn && Detail.Of(happened) is { Method: { } method, Region: { } region, CodeAgeMs: { } age } && method != Test)
            yield return new CodeCount(happened.TenantId, happened.AppId, happened.At.AddMilliseconds(-age), method, region) { Logins = 1 };
    }

    /// <summary>What somebody who tried to log in was answered.</summary>
    public static IEnumerable<LoginCount> OfLogins(AuditEvent happened)
    {
        switch (happened.Action)
        {
            case AuditAction.UserLoggedIn:
                var detail = Detail.Of(happened);
                yield return Count(LoginCount.LoggedIn, detail.Method ?? "");
                if (detail.CodeAgeMs is { } age && detail.Method != Test)
                    yield return Count(LoginCount.Delay, LoginDelay.Slot(TimeSpan.FromMilliseconds(age)).ToString(CultureInfo.InvariantCulture));
                break;
            case AuditAction.OtpFailed:
                yield return Count(LoginCount.Refused, happened.Outcome);
                break;
            case AuditAction.UserLocked:
                yield return Count(LoginCount.Locked, "");
                break;
        }

        LoginCount Count(string measure, string label) => new(happened.TenantId, happened.AppId, happened.At, measure, label);
    }

    /// <summary>The members of a detail that count; an event of an older server lacks some.</summary>
    private sealed record Detail(string? Method, string? Region, long? CodeAgeMs)
    {
        public static Detail Of(AuditEvent happened) => StoredJson.Read<Detail>(happened.Detail);
    }
}
