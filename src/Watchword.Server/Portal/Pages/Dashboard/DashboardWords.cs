using System.Globalization;
using MudBlazor;
using Watchword.Core.Administrators;
using Watchword.Core.Statistics;
using Watchword.Server.Administration;

namespace Watchword.Server.Portal.Pages.Dashboard;

/// <summary>The dashboard's numbers and places, as people read them.</summary>
internal static class DashboardWords
{
    private const int MostLabels = 8;
    private static readonly CultureInfo English = CultureInfo.InvariantCulture;

    public static string NameOf(DashboardPeriod period) => period.Name switch
    {
        "hour" => "Hour",
        "day" => "24 hours",
        "week" => "7 days",
        "month" => "30 days",
        "quarter" => "90 days",
        _ => "Year",
    };

    public static string Whole(long number) => number.ToString("N0", English);

    public static string Percent(double? part) => part is { } p ? (p * 100).ToString("0.#", English) + "%" : "–";

    public static string Money(long micros, string currency) => micros == 0 ? "–" : $"{(micros / 1_000_000m).ToString("N2", English)} {currency}";

    public static string Delay(TimeSpan? delay) => delay switch
    {
        null => "–",
        { TotalSeconds: < 90 } d => $"{d.TotalSeconds.ToString("0.#", English)} s",
        { } d => $"{d.TotalMinutes.ToString("0.#", English)} min",
    };

    /// <summary>How a count compares with the time before; null where there is nothing to compare with.</summary>
    public static string? Change(long now, long? before) => before switch
    {
        null => null,
        0 => now == 0 ? null : "none before",
        { } b => Signed(Math.Round((now - b) * 100.0 / b), "%"),
    };

    public static string? Points(double? now, double? before) => now is { } n && before is { } b ? Signed(Math.Round((n - b) * 100), "points") : null;

    public static string Share(long part, long most) => (most == 0 ? 0 : part * 100.0 / most).ToString("0.#", English) + "%";

    public static string Channel(string channel) => channel switch { "sms" => "SMS", "email" => "Email", "direct" => "Direct", _ => channel };

    public static string ByChannel(IReadOnlyDictionary<string, DashboardCounts> channels) =>
        channels.Count == 0 ? "No codes were sent." : string.Join(", ", channels.Select(c => $"{Channel(c.Key)} {Whole(c.Value.Sends)}")) + ".";

    public static string Refusal(string code) => code switch
    {
        "auth_invalid_credentials" => "Wrong code",
        "auth_otp_passcode_expired" => "Right code, too late",
        "auth_locked" => "Locked out",
        "user_not_active" => "User disabled",
        _ => code,
    };

    /// <summary>How far the lines across a chart are apart: 1, 2 or 5, with noughts, and five of them at most.</summary>
    public static int Ticks(double highest)
    {
        for (var power = 1; ; power *= 10)
        {
            foreach (var step in new[] { power, 2 * power, 5 * power })
            {
                if (highest <= 5.0 * step || step > int.MaxValue / 20)
                    return step;
            }
        }
    }

    /// <summary>One label a step, most of them empty, so that they do not run into each other.</summary>
    public static string[] Labels(DashboardView view)
    {
        var every = Math.Max(1, view.Steps.Count / MostLabels);
        var format = view.Period.Grain == Grain.Day ? "d MMM" : view.Period == DashboardPeriod.Week ? "ddd HH:mm" : "HH:mm";
        return [.. view.Steps.Select((step, i) => i % every == 0 ? step.At.UtcDateTime.ToString(format, English) : "")];
    }

    public static string IconOf(AttentionSeverity severity) => severity switch
    {
        AttentionSeverity.Problem => Icons.Material.Outlined.ErrorOutline,
        AttentionSeverity.Warning => Icons.Material.Outlined.WarningAmber,
        _ => Icons.Material.Outlined.Info,
    };

    public static string? AddressOf(AttentionItem item) => item.Place switch
    {
        AttentionPlace.Providers or AttentionPlace.Routes => "delivery",
        AttentionPlace.Messages => "messages",
        AttentionPlace.Users => "users",
        AttentionPlace.Application => $"applications/{item.Id}",
        AttentionPlace.Policy => $"applications/{item.Id}/passcodes",
        AttentionPlace.Clients => $"applications/{item.Id}/clients",
        AttentionPlace.Webhooks => "webhooks",
        AttentionPlace.SigningKeys => "signing-keys",
        AttentionPlace.Audit => "audit",
        AttentionPlace.Administrators => "administrators",
        _ => null,
    };

    public static string LinkOf(AttentionItem item) => item.Place switch
    {
        AttentionPlace.Providers => "SMS providers",
        AttentionPlace.Routes => "Routes",
        AttentionPlace.Application => "The application",
        AttentionPlace.Policy => "Its passcodes",
        AttentionPlace.Clients => "Its clients",
        AttentionPlace.SigningKeys => "Signing keys",
        AttentionPlace.Audit => "Audit log",
        var place => place.ToString(),
    };

    public static Permission NeedsOf(AttentionItem item) => item.Place switch
    {
        AttentionPlace.Messages => Permission.ReadMessages,
        AttentionPlace.Users => Permission.ReadUsers,
        AttentionPlace.Audit => Permission.ReadAudit,
        AttentionPlace.Administrators => Permission.ReadAdministrators,
        _ => Permission.ReadSettings,
    };

    private static string? Signed(double change, string unit) =>
        double.IsNaN(change) || change == 0 ? "as before" : $"{(change > 0 ? "+" : "−")}{Math.Abs(change).ToString("N0", English)} {unit}";
}
