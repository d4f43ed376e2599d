using System.Globalization;
using Watchword.Core.Otp;
using Watchword.Core.Statistics;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>Of which time the dashboard tells, and in what steps.</summary>
/// <param name="Name">In an address: <c>hour</c>, <c>day</c>, <c>week</c>, <c>month</c>, <c>quarter</c> or <c>year</c>.</param>
/// <param name="Grain">How long a step is. Days are UTC's.</param>
/// <param name="Steps">How many; the last is the one that is not over yet.</param>
internal sealed record DashboardPeriod(string Name, Grain Grain, int Steps)
{
    public static readonly DashboardPeriod Hour = new("hour", Grain.Minute, 60);
    public static readonly DashboardPeriod Day = new("day", Grain.Hour, 24);
    public static readonly DashboardPeriod Week = new("week", Grain.Hour, 7 * 24);
    public static readonly DashboardPeriod Month = new("month", Grain.Day, 30);
    public static readonly DashboardPeriod Quarter = new("quarter", Grain.Day, 90);
    public static readonly DashboardPeriod Year = new("year", Grain.Day, 365);

    /// <summary>The shortest first.</summary>
    public static IReadOnlyList<DashboardPeriod> All { get; } = [Hour, Day, Week, Month, Quarter, Year];

    public static DashboardPeriod? Find(string? name) => All.FirstOrDefault(p => p.Name == name);
}

/// <summary>What became of codes and of those who tried to log in, during one step or all of them.</summary>
internal sealed record DashboardCounts
{
    private static readonly string Test = OtpChannel.Test.Wire();

    /// <summary>Logins that succeeded, those by test numbers left out.</summary>
    public long Logins { get; init; }

    /// <summary>Logins by the fixed code of a test number.</summary>
    public long TestLogins { get; init; }

    /// <summary>Authenticate calls that were refused: wrong or expired code, locked, disabled.</summary>
    public long Refused { get; init; }

    /// <summary>Locks that began.</summary>
    public long Lockouts { get; init; }

    /// <summary>Codes that were sent, on all channels. What follows is of these codes, whenever it happened.</summary>
    public long Sends { get; init; }

    /// <summary>Codes that led to a login.</summary>
    public long UsedCodes { get; init; }

    /// <summary>Messages that a provider has, and has not reported on: many never report.</summary>
    public long HandedOver { get; init; }
    public long Delivered { get; init; }
    public long Undelivered { get; init; }
    public long Failed { get; init; }
    public long Expired { get; init; }

    /// <summary>Millionths of the tenant's currency.</summary>
    public long CostMicros { get; init; }

    /// <summary>What half of those who logged in needed at most, from the code to the login; null: nobody did.</summary>
    public TimeSpan? MedianDelay { get; init; }

    /// <summary>What nineteen of twenty needed at most.</summary>
    public TimeSpan? SlowDelay { get; init; }

    /// <summary>Conversion: of the codes that were sent, the part that led to a login. Of the last minutes' codes some still will.</summary>
    public double? Conversion => Part(UsedCodes, Sends);

    /// <summary>Login success: of the authenticate calls, the part that was accepted.</summary>
    public double? LoginSuccess => Part(Logins, Logins + Refused);

    /// <summary>Of the messages whose end is known, the part that arrived; null where no provider reports.</summary>
    public double? DeliveryRate => Delivered + Undelivered == 0 ? null : Part(Delivered, Delivered + Lost);

    /// <summary>Of the messages that no longer wait, the part that a provider took.</summary>
    public double? HandoverRate => Part(HandedOver + Delivered + Undelivered, HandedOver + Delivered + Lost);

    /// <summary>Messages that did not arrive.</summary>
    public long Lost => Undelivered + Failed + Expired;

    /// <summary>Rows added up.</summary>
    public static DashboardCounts Of(IEnumerable<CodeRow> codes, IEnumerable<LoginRow> logins)
    {
        var counts = codes.Aggregate(new DashboardCounts(), (sum, row) => sum with
        {
            Sends = sum.Sends + row.Sends,
            UsedCodes = sum.UsedCodes + row.Logins,
            HandedOver = sum.HandedOver + row.Sent,
            Delivered = sum.Delivered + row.Delivered,
            Undelivered = sum.Undelivered + row.Undelivered,
            Failed = sum.Failed + row.Failed,
            Expired = sum.Expired + row.Expired,
            CostMicros = sum.CostMicros + row.Cost,
        });
        var by = logins.ToLookup(l => l.Measure, StringComparer.Ordinal);
        var delays = by[LoginCount.Delay].GroupBy(l => int.Parse(l.Label, CultureInfo.InvariantCulture)).ToDictionary(g => g.Key, Sum);
        return counts with
        {
            Logins = Sum(by[LoginCount.LoggedIn].Where(l => l.Label != Test)),
            TestLogins = Sum(by[LoginCount.LoggedIn].Where(l => l.Label == Test)),
            Refused = Sum(by[LoginCount.Refused]),
            Lockouts = Sum(by[LoginCount.Locked]),
            MedianDelay = LoginDelay.Quantile(delays, 0.5),
            SlowDelay = LoginDelay.Quantile(delays, 0.95),
        };
    }

    private static long Sum(IEnumerable<LoginRow> rows) => rows.Sum(r => r.Count);

    private static double? Part(long part, long whole) => whole == 0 ? null : Math.Min(1, (double)part / whole);
}

/// <summary>One step of the time.</summary>
/// <param name="At">Its beginning.</param>
/// <param name="Counts">What happened in it.</param>
/// <param name="SendsByChannel">Codes by <c>sms</c>, <c>email</c>, <c>direct</c>; those of which there were none are absent.</param>
internal sealed record DashboardStep(DateTimeOffset At, DashboardCounts Counts, IReadOnlyDictionary<string, long> SendsByChannel);

/// <summary>What became of SMS to one country.</summary>
/// <param name="Region">ISO 3166-1, <c>ZZ</c> for numbers of none.</param>
/// <param name="Counts">Of codes only; logins, refusals and locks are not told by country.</param>
internal sealed record DashboardRegion(string Region, DashboardCounts Counts);

/// <summary>All that the dashboard's charts show of one tenant, or of one of its applications.</summary>
internal sealed record DashboardView
{
    public required DashboardPeriod Period { get; init; }

    /// <summary>Beginning of the first step.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The first day of which anything is counted; null: nothing is. Statistics begin when a server that makes them first runs.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What happened until then is counted. Now, but in a rush: logins go before counting them.</summary>
    public required DateTimeOffset CountedUntil { get; init; }

    /// <summary>ISO 4217, of all costs.</summary>
    public required string Currency { get; init; }

    /// <summary>Oldest first, without gaps.</summary>
    public required IReadOnlyList<DashboardStep> Steps { get; init; }

    /// <summary>Over all steps.</summary>
    public required DashboardCounts Total { get; init; }

    /// <summary>Over as many steps before; null where they are not kept, or nothing was counted yet when they began.</summary>
    public DashboardCounts? Before { get; init; }

    /// <summary>Codes by channel, over all steps.</summary>
    public required IReadOnlyDictionary<string, DashboardCounts> Channels { get; init; }

    /// <summary>SMS by country, the most sends first.</summary>
    public required IReadOnlyList<DashboardRegion> Regions { get; init; }

    /// <summary>Refusals by their code, the most frequent first.</summary>
    public required IReadOnlyList<(string Code, long Count)> Refusals { get; init; }

    /// <summary>The tenant's messages that wait for a provider now, as far as the queue is looked through.</summary>
    public required long Waiting { get; init; }
}
