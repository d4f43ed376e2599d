using Watchword.Core.Messages;
using Watchword.Core.Otp;

namespace Watchword.Server.Portal.Pages.Delivery;

/// <summary>A provider on a route while somebody writes it.</summary>
public sealed class StopDraft
{
    public string ProviderId { get; set; } = "";
    public string? Sender { get; set; }
}

/// <summary>A route while somebody writes it.</summary>
public sealed class RouteDraft
{
    public string? Name { get; set; }

    /// <summary>Regions and calling codes; empty: everywhere.</summary>
    public List<string> Match { get; } = [];

    /// <summary>Empty: all.</summary>
    public string AppId { get; set; } = "";
    public OtpChannel Channel { get; set; } = OtpChannel.Sms;
    public List<StopDraft> Stops { get; } = [];

    public static RouteDraft Of(MessageRoute route)
    {
        var draft = new RouteDraft { Name = route.Name, AppId = route.AppId ?? "", Channel = route.Channel };
        draft.Match.AddRange(route.Match);
        draft.Stops.AddRange(route.Providers.Select(p => new StopDraft { ProviderId = p.ProviderId, Sender = p.Sender }));
        return draft;
    }

    public MessageRoute ToRoute() => new(
        Blank(Name), Channel == OtpChannel.Email ? [] : [.. Match], AppId.Length == 0 ? null : AppId, Channel,
        [.. Stops.Where(s => s.ProviderId.Length > 0).Select(s => new RouteStop(s.ProviderId, Blank(s.Sender)))]);

    /// <summary>What it is called in lists.</summary>
    public string Title => Blank(Name) ?? Places;

    /// <summary>Where it leads, in words.</summary>
    public string Places => Channel == OtpChannel.Email ? "Email" : Match.Count == 0 ? "Everywhere" : string.Join(", ", Match.Select(PlaceOf));

    /// <summary>A region or calling code, in words.</summary>
    public static string PlaceOf(string match) => match.StartsWith('+') ? $"all of {match}" : CountryNames.Of(match);

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
