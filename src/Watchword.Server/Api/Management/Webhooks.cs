using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Server.Administration;

namespace Watchword.Server.Api.Management;

/// <summary><c>/cis/v1/webhooks</c>: who of a tenant's is told what happens. Secrets go in, or come out once, and are never read back.</summary>
internal static class Webhooks
{
    public static async Task<Results<Created<Result<WebhookJson>>, ApiError>> CreateAsync(
        WebhookRequest request, Caller caller, WebhookAdministration administration, CancellationToken cancellation)
    {
        var created = await administration.CreateAsync(caller.Author, request.Input, cancellation);
        return created.Faults.Count > 0
            ? ApiErrors.InvalidInput(created.Faults)
            : TypedResults.Created($"/cis/v1/webhooks/{created.Value!.Webhook.WebhookId}", new Result<WebhookJson>(WebhookJson.Of(created.Value)));
    }

    public static async Task<Ok<Result<IReadOnlyList<WebhookJson>>>> ListAsync(Caller caller, WebhookAdministration administration) =>
        TypedResults.Ok(new Result<IReadOnlyList<WebhookJson>>([.. (await administration.ListAsync(caller.TenantId)).Select(w => WebhookJson.Of(w))]));

    public static async Task<Results<Ok<Result<WebhookJson>>, ApiError>> ReadAsync(string id, Caller caller, WebhookAdministration administration) =>
        IsId(id) && await administration.FindAsync(caller.TenantId, id) is { } webhook
            ? TypedResults.Ok(new Result<WebhookJson>(WebhookJson.Of(webhook)))
            : ApiErrors.NotFound("Webhook");

    public static async Task<Results<Ok<Result<WebhookJson>>, ApiError>> ChangeAsync(
        string id, WebhookRequest request, Caller caller, WebhookAdministration administration, CancellationToken cancellation) =>
        await administration.ChangeAsync(caller.Author, Known(id), request.Input, cancellation) switch
        {
            null => ApiErrors.NotFound("Webhook"),
            { Faults.Count: > 0 } refused => ApiErrors.InvalidInput(refused.Faults),
            { } done => TypedResults.Ok(new Result<WebhookJson>(WebhookJson.Of(done.Value!))),
        };

    public static async Task<Results<NoContent, ApiError>> DeleteAsync(string id, Caller caller, WebhookAdministration administration) =>
        IsId(id) && await administration.DeleteAsync(caller.Author, id) ? TypedResults.NoContent() : ApiErrors.NotFound("Webhook");

    /// <summary><c>POST …/rotate-secret</c>: the old secret signs too for a while, so that a backend can change over without a gap.</summary>
    public static async Task<Results<Ok<Result<WebhookJson>>, ApiError>> RotateSecretAsync(
        string id, RotateSecretRequest? request, Caller caller, WebhookAdministration administration)
    {
        var overlap = request?.OverlapSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : WebhookAdministration.DefaultOverlap;
        return await administration.RotateSecretAsync(caller.Author, Known(id), overlap) switch
        {
            null => ApiErrors.NotFound("Webhook"),
            { Faults.Count: > 0 } refused => ApiErrors.InvalidInput(refused.Faults),
            { } done => TypedResults.Ok(new Result<WebhookJson>(WebhookJson.Of(done.Value!))),
        };
    }

    public static async Task<Results<Ok<Result<WebhookTrialJson>>, ApiError>> TestAsync(string id, Caller caller, WebhookAdministration administration) =>
        IsId(id) && await administration.TestAsync(caller.Author, id) is { } trial
            ? TypedResults.Ok(new Result<WebhookTrialJson>(WebhookTrialJson.Of(trial)))
            : ApiErrors.NotFound("Webhook");

    /// <summary>Ids are ours: 32 hex digits. What is not one is nobody's.</summary>
    internal static bool IsId(string id) => id.Length == 32 && id.All(char.IsAsciiHexDigitLower);

    private static string Known(string id) => IsId(id) ? id : "";
}

/// <summary><c>/cis/v1/webhooks/{id}/deliveries</c>: what became of the events that a webhook was told, newest first.</summary>
internal static class WebhookDeliveries
{
    private const int LongestPage = 500;
    private const int UsualPage = 50;

    private static readonly string[] Statuses = ["queued", "sending", "delivered", "failed"];

    public static async Task<Results<Ok<WebhookDeliveryListResponse>, ApiError>> ListAsync(
        string id,
        Caller caller,
        WebhookAdministration administration,
        [FromQuery(Name = "status")] string? status,
        [FromQuery(Name = "page_limit")] int? pageLimit,
        [FromQuery(Name = "page_token")] string? pageToken)
    {
        var faults = new List<string>();
        if (status is not null && !Statuses.Contains(status))
            faults.Add($"status must be one of {string.Join(", ", Statuses)}.");
        if (pageLimit is < 1 or > LongestPage)
            faults.Add($"page_limit must be 1 to {LongestPage}.");
        if (pageToken is not null && !Webhooks.IsId(pageToken))
            faults.Add("page_token must be the next_page_token of the page before.");
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);
        if (!Webhooks.IsId(id) || await administration.FindAsync(caller.TenantId, id) is null)
            return ApiErrors.NotFound("Webhook");
        var limit = pageLimit ?? UsualPage;
        // One more than asked for tells whether there is a next page.
        var found = await administration.DeliveriesAsync(caller.TenantId, id, status, pageToken, limit + 1);
        return TypedResults.Ok(new WebhookDeliveryListResponse(
            [.. found.Take(limit).Select(WebhookDeliveryJson.Of)], found.Count > limit ? found[limit - 1].DeliveryId : null));
    }

    public static async Task<Results<Ok<Result<WebhookDeliveryJson>>, ApiError>> RetryAsync(
        string id, string deliveryId, Caller caller, WebhookAdministration administration)
    {
        if (!Webhooks.IsId(id) || !Webhooks.IsId(deliveryId))
            return ApiErrors.NotFound("Delivery");
        return await administration.RetryAsync(caller.Author, id, deliveryId) switch
        {
            null => ApiErrors.NotFound("Delivery"),
            { Faults: [var fault, ..] } => ApiErrors.Conflict("webhook_delivery_not_retried", fault),
            { } done => TypedResults.Ok(new Result<WebhookDeliveryJson>(WebhookDeliveryJson.Of(done.Value!))),
        };
    }
}
