using Watchword.Core.Otp;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>How a provider does at this moment.</summary>
internal enum ProviderState
{
    /// <summary>It gets messages.</summary>
    Ok,

    /// <summary>It failed again and again or asked for a pause, and gets none for a while.</summary>
    Resting,

    /// <summary>Its rest is over; one message tries it out.</summary>
    Probing,

    /// <summary>Switched off.</summary>
    Off,

    /// <summary>Its settings cannot be used.</summary>
    Unusable,
}

/// <summary>A provider and how it does, as this node sees it.</summary>
internal sealed record ProviderNow(ProviderView Provider, ProviderState State, DateTimeOffset? RestsUntil)
{
    public static ProviderNow Of(ProviderView view, LaneState lane)
    {
        var state = !view.Usable ? ProviderState.Unusable
            : !view.Stored.Enabled ? ProviderState.Off
            : lane.RestsUntil is not null ? ProviderState.Resting
            : lane.CircuitClosed ? ProviderState.Ok : ProviderState.Probing;
        return new ProviderNow(view, state, state == ProviderState.Resting ? lane.RestsUntil : null);
    }
}

/// <summary>How a tenant's providers do.</summary>
/// <param name="View">What is set.</param>
/// <param name="Now">Every provider, in its order.</param>
/// <param name="Figures">Over time, by provider and region; those of providers that are gone are among them.</param>
internal sealed record DeliveryHealth(DeliveryView View, IReadOnlyList<ProviderNow> Now, IReadOnlyList<ProviderStats> Figures);

/// <summary>Which way a message would go.</summary>
/// <param name="Channel">How it would travel.</param>
/// <param name="Region">Where to, <c>ZZ</c> for email and numbers of no region.</param>
/// <param name="Route">Which of the routes takes it, from 0; -1: none.</param>
/// <param name="Stops">Who would be asked, in this order; empty: nobody carries it.</param>
internal sealed record RouteTrial(OtpChannel Channel, string Region, int Route, IReadOnlyList<RouteTrialStop> Stops);

/// <summary>A provider on that way.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sender">What the phone would show; null: the provider's own.</param>
/// <param name="Note">Why it is not what the route says; null when it is.</param>
internal sealed record RouteTrialStop(string Name, string? Sender, string? Note)
{
    public static RouteTrialStop Of(Leg leg, string region)
    {
        var (sender, note) = RetryPlan.SenderOf(asked: null, leg.Sender, region);
        return new RouteTrialStop(leg.Provider.Sender.Name, sender, note);
    }
}
