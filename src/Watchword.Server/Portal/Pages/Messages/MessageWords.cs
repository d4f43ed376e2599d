using System.Globalization;

namespace Watchword.Server.Portal.Pages.Messages;

/// <summary>Statuses and costs of messages, as people read them.</summary>
internal static class MessageWords
{
    public static IReadOnlyList<string> Statuses { get; } = ["queued", "sending", "sent", "delivered", "undelivered", "failed", "expired"];

    public static string Status(string status) => status switch
    {
        "queued" => "Waiting",
        "sending" => "Being sent",
        "sent" => "Handed over",
        "delivered" => "Delivered",
        "undelivered" => "Not delivered",
        "failed" => "Failed",
        "expired" => "Expired",
        _ => status,
    };

    /// <summary>Whether it is good, bad or still open.</summary>
    public static string Kind(string status) => status switch
    {
        "delivered" or "sent" => "good",
        "undelivered" or "failed" or "expired" => "bad",
        _ => "open",
    };

    public static string Channel(string channel) => channel switch { "sms" => "SMS", "email" => "Email", _ => channel };

    public static string Cost(long? micros, string currency) =>
        micros is { } m ? $"{(m / 1_000_000m).ToString("0.0###", CultureInfo.InvariantCulture)} {currency}" : "–";
}
