using Watchword.Server.Delivery.Providers;

namespace Watchword.Server.Delivery;

/// <summary>A provider as a tenant has configured it, ready to send.</summary>
/// <param name="ProviderId">Its id in the tenant.</param>
/// <param name="Revision">Changes whenever its settings do; what was learned about the old settings (open circuit, rate) is forgotten.</param>
/// <param name="Sender">What hands messages over.</param>
/// <param name="MaxConcurrency">Messages handed to it at once.</param>
/// <param name="MaxPerSecond">Messages per second; null: as many as there are.</param>
/// <param name="Kind">Null for the development inbox and tests, which nobody configures.</param>
/// <param name="Settings">Null where the kind is.</param>
internal sealed record OpenProvider(
    string ProviderId, long Revision, IMessageSender Sender, int MaxConcurrency, double? MaxPerSecond, IProvider? Kind, ProviderSettings? Settings);

/// <summary>One way a message may go.</summary>
/// <param name="Provider">Who brings it.</param>
/// <param name="Sender">The sender this route shows, where the caller asked for none; null: the provider's own.</param>
/// <param name="Route">The route's title, for the message's record; null: no route took the message.</param>
internal sealed record Leg(OpenProvider Provider, string? Sender, string? Route = null);
