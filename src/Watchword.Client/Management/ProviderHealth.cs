using System.Text.Json.Serialization;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>What a provider said of a test message.</summary>
[JsonConverter(typeof(TolerantEnumConverter<TestMessageOutcome>))]
public enum TestMessageOutcome
{
    /// <summary>Nothing that could be read; also what this library does not know yet.</summary>
    Unknown,

    /// <summary>Taken.</summary>
    Accepted,

    /// <summary>Refused, because of the destination.</summary>
    Refused,

    /// <summary>Refused, because of the settings.</summary>
    Misconfigured,

    /// <summary>Not now.</summary>
    TryLater,
}

/// <summary>The outcome of a test message.</summary>
/// <param name="Outcome">What the provider said.</param>
/// <param name="ProviderId">Whom it was handed to.</param>
/// <param name="Reason">Why, in the server's words.</param>
/// <param name="ProviderCode">The provider's own error code.</param>
/// <param name="ProviderText">The provider's own words, without numbers and secrets.</param>
public sealed record TestMessageResult(TestMessageOutcome Outcome, string? ProviderId, string? Reason, string? ProviderCode, string? ProviderText);

/// <summary>A test message.</summary>
internal sealed record TestMessageBody(string? ProviderId, string To, string? Sender)
{
    public override string ToString() => nameof(TestMessageBody);
}

/// <summary>How a provider has done in a region.</summary>
/// <param name="ProviderId">Which.</param>
/// <param name="Name">Its name; null once it is gone.</param>
/// <param name="Region">Where (ISO 3166-1); <c>ZZ</c> for email and numbers of no region.</param>
/// <param name="Accepted">Messages it took.</param>
/// <param name="Refused">Messages it refused because of the destination.</param>
/// <param name="Failed">Tries that failed on its side or its settings'.</param>
/// <param name="Unknown">Tries without an answer that could be read.</param>
/// <param name="Delivered">Messages it reported as delivered.</param>
/// <param name="Undelivered">Messages it reported as not to be delivered.</param>
/// <param name="AcceptRate">Of the tries that did not fail because of the destination, the part that it took.</param>
/// <param name="DeliveryRate">Of the messages it reported on, the part that arrived.</param>
/// <param name="MeanLatencyMs">Mean time of a try.</param>
public sealed record ProviderHealth(
    string ProviderId, string? Name, string Region, long Accepted, long Refused, long Failed, long Unknown, long Delivered, long Undelivered,
    double? AcceptRate, double? DeliveryRate, double? MeanLatencyMs);

/// <summary>How things stand with a provider.</summary>
[JsonConverter(typeof(TolerantEnumConverter<ProviderCondition>))]
public enum ProviderCondition
{
    /// <summary>Something this library does not know yet.</summary>
    Unknown,

    /// <summary>It works.</summary>
    Ok,

    /// <summary>It failed again and again or asked for a pause, and gets no messages.</summary>
    Resting,

    /// <summary>One message tries it out.</summary>
    Probing,

    /// <summary>It is switched off.</summary>
    Off,

    /// <summary>Its settings have to be written again.</summary>
    Unusable,
}

/// <summary>How things stand with a provider now, as the node sees it that answered.</summary>
/// <param name="ProviderId">Which.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">How it is.</param>
/// <param name="RestsUntil">When a rest ends.</param>
public sealed record ProviderState(string ProviderId, string Name, ProviderCondition State, DateTimeOffset? RestsUntil);

/// <summary>How providers do.</summary>
/// <param name="Result">Over time: by provider and region.</param>
/// <param name="Now">At this moment: every provider.</param>
public sealed record DeliveryHealth(IReadOnlyList<ProviderHealth> Result, IReadOnlyList<ProviderState> Now);
