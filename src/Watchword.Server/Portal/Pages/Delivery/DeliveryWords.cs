using System.Globalization;
using System.Text.RegularExpressions;
using MudBlazor;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;

namespace Watchword.Server.Portal.Pages.Delivery;

/// <summary>What the pages about delivery say in place of the API's words.</summary>
internal static partial class DeliveryWords
{
    private static readonly (string Name, string Label)[] Ours =
        [("max_concurrency", "Messages at once"), ("max_per_second", "Messages a second"), ("provider_id", "Id"), ("name", "Name"), ("provider", "Kind"), ("currency", "Currency")];

    private static readonly (string Name, string Label)[] OfRoutes =
        [("match", "Countries"), ("app_id", "Application"), ("channel", "Channel"), ("providers", "Providers"), ("name", "Name")];

    private static readonly (string Name, string Label)[] OfPrices = [("price_micros", "Price"), ("region", "Country"), ("provider_id", "Provider")];

    /// <summary>What a provider's kind is called.</summary>
    public static string Title(ProviderView provider) => provider.Kind?.Title ?? provider.Stored.Kind;

    public static string State(ProviderState state) => state switch
    {
        ProviderState.Ok => "Working",
        ProviderState.Resting => "Resting after failures",
        ProviderState.Probing => "Being tried out after a rest",
        ProviderState.Off => "Switched off",
        _ => "Cannot be used: write its settings again",
    };

    public static Color Colour(ProviderState state) => state switch
    {
        ProviderState.Ok => Color.Success,
        ProviderState.Resting or ProviderState.Probing => Color.Warning,
        ProviderState.Off => Color.Default,
        _ => Color.Error,
    };

    public static string Icon(ProviderState state) => state switch
    {
        ProviderState.Ok => Icons.Material.Outlined.CheckCircle,
        ProviderState.Resting => Icons.Material.Outlined.PauseCircle,
        ProviderState.Probing => Icons.Material.Outlined.Troubleshoot,
        ProviderState.Off => Icons.Material.Outlined.PowerSettingsNew,
        _ => Icons.Material.Outlined.Error,
    };

    public static string Outcome(SendOutcome outcome, string provider) => outcome switch
    {
        SendOutcome.Accepted => $"{provider} took the message. Whether it arrives, the phone shows.",
        SendOutcome.Refused => $"{provider} refused this destination. No other provider would bring it either.",
        SendOutcome.Misconfigured => $"{provider} does not take messages as it is set up here.",
        SendOutcome.TryLater => $"{provider} did not take the message now.",
        _ => $"No readable answer came from {provider}: it may have taken the message.",
    };

    public static string Count(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Percent(double? part) => part is { } p ? p.ToString("0.0 %", CultureInfo.InvariantCulture) : "–";

    public static string Milliseconds(double? span) => span is { } ms ? string.Create(CultureInfo.InvariantCulture, $"{ms:0} ms") : "–";

    /// <summary>
    /// Faults in an administrator's words: labels in place of the wire's names, and whose fault it is only where that is not the provider that is
    /// being edited.
    /// </summary>
    /// <param name="faults">As the use case says them.</param>
    /// <param name="providers">What was tried to be kept.</param>
    /// <param name="kindOf">Finds a kind by its name.</param>
    /// <param name="own">Which of them the page is about; -1: none in particular.</param>
    /// <param name="routes">The routes' titles, where a fault may be theirs.</param>
    public static IReadOnlyList<string> Say(
        IReadOnlyList<string> faults, IReadOnlyList<ProviderInput> providers, Func<string?, IProvider?> kindOf, int own = -1, IReadOnlyList<string>? routes = null) =>
        [.. faults.Select(fault => Say(fault, providers, kindOf, own, routes ?? []))];

    private static string Say(string fault, IReadOnlyList<ProviderInput> providers, Func<string?, IProvider?> kindOf, int own, IReadOnlyList<string> routes)
    {
        if (Place().Match(fault) is not { Success: true } place)
            return Capital(Label(fault, Ours));
        var index = int.Parse(place.Groups["index"].Value, CultureInfo.InvariantCulture);
        var rest = place.Groups["rest"].Value;
        switch (place.Groups["list"].Value)
        {
            case "providers":
                var provider = index < providers.Count ? providers[index] : null;
                var kind = kindOf(provider?.Kind);
                var said = Capital(Label(rest, [.. kind?.Fields.Select(f => (f.Name, f.Label)) ?? [], .. Ours]));
                return index == own ? said : $"{provider?.Name ?? kind?.Title}: {said}";
            case "routes":
                var name = index < routes.Count ? $"Route {index + 1} ({routes[index]})" : $"Route {index + 1}";
                if (Stop().Match(rest) is { Success: true } stop)
                    rest = $"{(stop.Groups["field"].Value == "sender" ? "sender name" : "provider")} {int.Parse(stop.Groups["index"].Value, CultureInfo.InvariantCulture) + 1} {stop.Groups["rest"].Value}";
                return $"{name}: {Capital(Label(rest, OfRoutes))}";
            default:
                if (rest.StartsWith("price_micros ", StringComparison.Ordinal))
                    rest = "price_micros must be 0 to 1000 of the currency for one segment.";
                return $"Price {index + 1}: {Capital(Label(rest, OfPrices))}";
        }
    }

    /// <summary>Labels in place of names. A name that is a word of the language counts only where a fault names a field.</summary>
    private static string Label(string text, IReadOnlyList<(string Name, string Label)> labels)
    {
        foreach (var (name, label) in labels)
        {
            var where = name.Contains('_', StringComparison.Ordinal) ? "" : @"(?<=^|Check |because |;\s)";
            text = Regex.Replace(text, $@"{where}(?<![\w.]){name}(?!\w)", label, RegexOptions.None, TimeSpan.FromSeconds(1));
        }
        return text;
    }

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    [GeneratedRegex(@"\A(?<list>providers|routes|prices)\[(?<index>\d+)\](?:\.|: | )(?<rest>.*)\z", RegexOptions.Singleline)]
    private static partial Regex Place();

    [GeneratedRegex(@"\Aproviders\[(?<index>\d+)\]\.(?<field>sender|provider_id) (?<rest>.*)\z", RegexOptions.Singleline)]
    private static partial Regex Stop();
}
