using Watchword.Core.Otp;
using Watchword.Core.Users;

namespace Watchword.Core.Messages;

/// <summary>A provider on a route.</summary>
/// <param name="ProviderId">The provider.</param>
/// <param name="Sender">The name or number it shows there, where the caller asked for none; null: the provider's own.</param>
public sealed record RouteStop(string ProviderId, string? Sender);

/// <summary>Which providers bring the messages to some countries, best first.</summary>
/// <param name="Name">For people.</param>
/// <param name="Match">Regions (<c>GB</c>, ISO 3166-1) and calling codes (<c>+44</c>, ITU-T E.164); empty: everywhere.</param>
/// <param name="AppId">The application it is for; null: all of the tenant's.</param>
/// <param name="Channel">SMS or email; email knows no countries.</param>
/// <param name="Providers">Tried in this order.</param>
public sealed record MessageRoute(string? Name, IReadOnlyList<string> Match, string? AppId, OtpChannel Channel, IReadOnlyList<RouteStop> Providers)
{
    /// <summary>Routes a tenant may have.</summary>
    public const int MostRoutes = 200;

    /// <summary>Providers a route may name.</summary>
    public const int MostProviders = 10;

    private const int MostMatches = 300;
    private const int MostTitled = 5;
    private const int LongestName = 100;

    /// <summary>What a message's record calls it: its name, or where it leads.</summary>
    public string Title =>
        Name ?? (Match.Count == 0 ? "everywhere" : string.Join(", ", Match.Take(MostTitled)) + (Match.Count > MostTitled ? ", …" : ""));

    /// <summary>Whether a message goes this way.</summary>
    /// <param name="channel">How it travels.</param>
    /// <param name="app">The application it is for.</param>
    /// <param name="region">The number's region, <c>ZZ</c> when it has none.</param>
    /// <param name="number">E.164, or null for email.</param>
    public bool Takes(OtpChannel channel, string app, string region, string? number) =>
        channel == Channel && (AppId is null || AppId == app) && (Match.Count == 0 || Match.Any(m => Matches(m, region, number)));

    /// <summary>What is wrong with it, a sentence each, to be put behind its name.</summary>
    public IEnumerable<string> Faults()
    {
        if (Name is not null && (Name.Length is 0 or > LongestName || Name.Any(char.IsControl)))
            yield return $"name must be 1 to {LongestName} characters without control characters.";
        if (Match.Count > MostMatches)
            yield return $"match may hold at most {MostMatches} entries.";
        else if (Channel == OtpChannel.Email && Match.Count > 0)
            yield return "match must be empty for channel email, which knows no countries.";
        else
        {
            foreach (var entry in Match.Where(m => !Countries.IsRegion(m) && !Countries.IsCallingCode(m)).Distinct())
                yield return $"match must hold regions such as GB and calling codes such as +44; {Shown(entry)} is neither.";
        }
        if (Channel is OtpChannel.Direct or OtpChannel.Test)
            yield return "channel must be sms or email.";
        if (Providers.Count is 0 or > MostProviders)
            yield return $"providers must name 1 to {MostProviders} providers, best first.";
        if (Providers.Select(p => p.ProviderId).Distinct().Count() < Providers.Count)
            yield return "providers names the same provider twice.";
        for (var i = 0; i < Providers.Count; i++)
        {
            if (Providers[i].Sender is { } sender && SenderFault(sender) is { } fault)
                yield return $"providers[{i}].sender {fault}";
        }
    }

    private string? SenderFault(string sender)
    {
        if (Channel == OtpChannel.Email)
            return EmailAddress.TryParse(sender, out _) ? null : "must be an email address.";
        var number = sender.StartsWith('+') ? sender[1..] : sender;
        if (number.Length is > 0 and <= 15 && number.All(char.IsAsciiDigit))
            return null;
        return SenderId.Faults(sender).Count == 0
            ? null
            : $"must be a name of 1 to {SenderId.MaxLength} letters and digits, or a number of up to 15 digits such as +447700900123.";
    }

    // Calling codes are prefix-free (ITU-T E.164 §6.2.1), so a number that begins with one has it.
    private static bool Matches(string entry, string region, string? number) =>
        entry[0] == '+' ? number?.StartsWith(entry, StringComparison.Ordinal) == true : entry == region;

    private static string Shown(string entry) =>
        entry.Length is > 0 and <= 20 && entry.All(c => c is > ' ' and <= '~') ? $"'{entry}'" : "an entry";
}

/// <summary>What one SMS segment costs.</summary>
/// <param name="ProviderId">With this provider; null: with any.</param>
/// <param name="Region">To this region (ISO 3166-1); null: to any.</param>
/// <param name="Micros">Millionths of the tenant's currency.</param>
public sealed record SegmentPrice(string? ProviderId, string? Region, long Micros)
{
    /// <summary>Prices a tenant may have.</summary>
    public const int MostPrices = 1000;

    private const long HighestMicros = 1_000_000_000;

    /// <summary>What is wrong with it, a sentence each, to be put behind its name.</summary>
    public IEnumerable<string> Faults()
    {
        if (Region is not null && !Countries.IsRegion(Region))
            yield return "region must be a region such as GB, or be left out for all.";
        if (Micros is < 0 or > HighestMicros)
            yield return $"price_micros must be 0 to {HighestMicros}: millionths of the currency for one segment.";
    }

    /// <summary>
    /// The price that fits best, or null: of this provider in this region, else of this provider, else of this region, else of everything.
    /// </summary>
    public static long? For(IReadOnlyList<SegmentPrice> prices, string providerId, string region) =>
        prices.Where(p => (p.ProviderId is null || p.ProviderId == providerId) && (p.Region is null || p.Region == region))
            .MaxBy(p => (p.ProviderId is null ? 0 : 2) + (p.Region is null ? 0 : 1))?.Micros;

    /// <summary>Whether this may be a currency's code (ISO 4217): three capital letters.</summary>
    public static bool IsCurrency(string? code) => code is { Length: 3 } && code.All(char.IsAsciiLetterUpper);
}
