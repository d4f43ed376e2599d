using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Management;

/// <summary>A test message: to whom, and by whom if not as a code would go.</summary>
/// <param name="ProviderId">Who is to send it; absent: as a code to that destination would go.</param>
/// <param name="To">A phone number in international form, or an email address, of your own.</param>
/// <param name="Sender">A name or number to show; absent: the route's or the provider's.</param>
internal sealed record TestMessageRequest(string? ProviderId, string? To, string? Sender);

/// <summary>What the provider said of it.</summary>
/// <param name="Outcome"><c>accepted</c>, <c>refused</c>, <c>misconfigured</c>, <c>try_later</c> or <c>unknown</c>.</param>
/// <param name="ProviderId">Whom it was handed to.</param>
/// <param name="Reason">Why, in our words.</param>
/// <param name="ProviderCode">The provider's own error code.</param>
/// <param name="ProviderText">The provider's own words, without numbers and secrets.</param>
internal sealed record TestMessageJson(string Outcome, string ProviderId, string? Reason, string? ProviderCode, string? ProviderText);

/// <summary>How a provider has done in a region.</summary>
/// <param name="ProviderId">Which.</param>
/// <param name="Name">Its name; absent once it is gone.</param>
/// <param name="Region">Where (ISO 3166-1), <c>ZZ</c> for email and numbers of no region.</param>
/// <param name="Accepted">Messages it took.</param>
/// <param name="Refused">Messages it refused because of the destination.</param>
/// <param name="Failed">Tries that failed on its side or its settings'.</param>
/// <param name="Unknown">Tries without an answer that could be read.</param>
/// <param name="Delivered">Messages it reported as delivered.</param>
/// <param name="Undelivered">Messages it reported as not to be delivered.</param>
/// <param name="AcceptRate">Of the tries that did not fail because of the destination, the part that it took.</param>
/// <param name="DeliveryRate">Of the messages it reported on, the part that arrived; absent without reports.</param>
/// <param name="MeanLatencyMs">Mean time of a try.</param>
internal sealed record ProviderHealthJson(
    string ProviderId, string? Name, string Region, long Accepted, long Refused, long Failed, long Unknown, long Delivered, long Undelivered,
    double? AcceptRate, double? DeliveryRate, double? MeanLatencyMs)
{
    public static ProviderHealthJson Of(ProviderStats s, string? name) => new(
        s.ProviderId, name, s.Region, s.Accepted, s.Refused, s.Failed, s.Unknown, s.Delivered, s.Undelivered, s.AcceptRate, s.DeliveryRate, s.MeanLatencyMs);
}

/// <summary>How things stand with a provider now, as the node sees it that answers.</summary>
/// <param name="ProviderId">Which.</param>
/// <param name="Name">Its name.</param>
/// <param name="State"><c>ok</c>; <c>resting</c>: it failed again and again or asked for a pause, and gets no messages; <c>probing</c>: one message tries it out; <c>off</c>: switched off; <c>unusable</c>: write its settings again.</param>
/// <param name="RestsUntil">When a rest ends.</param>
internal sealed record ProviderStateJson(string ProviderId, string Name, string State, DateTimeOffset? RestsUntil)
{
    public static ProviderStateJson Of(ProviderNow now) =>
        new(now.Provider.Stored.ProviderId, now.Provider.Stored.Name, now.State.ToString().ToLowerInvariant(), now.RestsUntil);
}

/// <summary>How providers do.</summary>
/// <param name="Result">Over time: by provider and region.</param>
/// <param name="Now">At this moment: every provider.</param>
internal sealed record ProviderHealthResponse(IReadOnlyList<ProviderHealthJson> Result, IReadOnlyList<ProviderStateJson> Now);

/// <summary><c>/cis/v1/tenantsmsproviders/test</c> and <c>/health</c>: whether providers work, tried out and counted.</summary>
internal static class DeliveryTrial
{
    private const int LongestWindow = 720;

    public static async Task<Results<Ok<Result<TestMessageJson>>, ApiError>> SendAsync(
        TestMessageRequest request, Caller caller, TestMessages tests, CancellationToken cancellation)
    {
        var report = await tests.SendAsync(caller.Author, request.ProviderId, request.To, request.Sender, cancellation);
        if (report.Faults.Count > 0)
            return ApiErrors.InvalidInput(report.Faults);
        if (report.Unknown)
            return new ApiError(404, "not_found", "There is no provider by this id that can be used. GET /cis/v1/tenantsmsproviders shows them.");
        if (report.RetryAfter is { } seconds)
            return new ApiError(429, "too_many_test_messages", $"At most {TestMessages.PerMinute} test messages a minute. Try again in {seconds} s.") { RetryAfter = seconds };
        var result = report.Result;
        return TypedResults.Ok(new Result<TestMessageJson>(new(Wire(result.Outcome), report.ProviderId, result.Reason, result.ProviderCode, result.ProviderText)));
    }

    public static async Task<Results<Ok<ProviderHealthResponse>, ApiError>> HealthAsync(
        [FromQuery(Name = "hours")] int? hours, Caller caller, DeliveryAdministration administration)
    {
        if (hours is < 1 or > LongestWindow)
            return ApiErrors.InvalidInput($"hours must be 1 to {LongestWindow}.");
        var health = await administration.HealthAsync(caller.TenantId, hours ?? 24);
        var names = health.Now.ToDictionary(p => p.Provider.Stored.ProviderId, p => p.Provider.Stored.Name, StringComparer.Ordinal);
        return TypedResults.Ok(new ProviderHealthResponse(
            [.. health.Figures.Select(h => ProviderHealthJson.Of(h, names.GetValueOrDefault(h.ProviderId)))],
            [.. health.Now.Select(ProviderStateJson.Of)]));
    }

    private static string Wire(SendOutcome outcome) => outcome switch
    {
        SendOutcome.Accepted => "accepted",
        SendOutcome.Refused => "refused",
        SendOutcome.Misconfigured => "misconfigured",
        SendOutcome.TryLater => "try_later",
        _ => "unknown",
    };
}
