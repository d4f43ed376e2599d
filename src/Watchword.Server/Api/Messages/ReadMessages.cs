using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Messages;

/// <summary>Something that happened to a message.</summary>
/// <param name="At">When.</param>
/// <param name="Status">What it was from then on.</param>
/// <param name="Provider">Who had it.</param>
/// <param name="Route">Where a try begins: the route that named this provider; absent when no route took the message.</param>
/// <param name="Reason">Why, in our words.</param>
/// <param name="ProviderCode">The provider's own error code.</param>
/// <param name="ProviderText">Why, in the provider's words, without numbers and codes.</param>
internal sealed record MessageStatusJson(DateTimeOffset At, string Status, string? Provider, string? Route, string? Reason, string? ProviderCode, string? ProviderText);

/// <summary>A message on the log: never its text, never the whole number.</summary>
/// <param name="MessageId">Its id.</param>
/// <param name="CreatedAt">When it was taken in, in unix milliseconds.</param>
/// <param name="AppId">The application that sent it.</param>
/// <param name="UserId">Whom its code is for.</param>
/// <param name="Channel"><c>sms</c> or <c>email</c>.</param>
/// <param name="To">Where to, masked.</param>
/// <param name="Region">Of the number (ISO 3166-1), <c>ZZ</c> for email and numbers of no region.</param>
/// <param name="Status"><c>queued</c>, <c>sending</c>, <c>sent</c>, <c>delivered</c>, <c>undelivered</c>, <c>failed</c>, <c>expired</c>, <c>suppressed</c> or <c>test</c>.</param>
/// <param name="StatusAt">Since when.</param>
/// <param name="Error">What was last wrong, in our words.</param>
/// <param name="ProviderId">Who was tried last.</param>
/// <param name="Provider">That provider's name at the time.</param>
/// <param name="Route">The route of the last try; absent when no route took the message.</param>
/// <param name="ProviderMessageId">The provider's id of it.</param>
/// <param name="SenderNote">What was done about the sender, where it is not the one asked for.</param>
/// <param name="Segments">SMS segments of the text.</param>
/// <param name="Tries">Tries begun.</param>
/// <param name="UnknownTries">Tries of which nobody knows whether the provider took it: each may be a copy.</param>
/// <param name="CostMicros">What it cost, all segments, in millionths of the currency; absent without a price.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="ExpiresAt">When its code dies.</param>
/// <param name="History">What became of it, oldest first.</param>
internal sealed record MessageJson(
    string MessageId,
    long CreatedAt,
    string AppId,
    string UserId,
    string Channel,
    string To,
    string Region,
    string Status,
    DateTimeOffset StatusAt,
    string? Error,
    string? ProviderId,
    string? Provider,
    string? Route,
    string? ProviderMessageId,
    string? SenderNote,
    long Segments,
    long Tries,
    long UnknownTries,
    long? CostMicros,
    string? Currency,
    DateTimeOffset ExpiresAt,
    IReadOnlyList<MessageStatusJson> History)
{
    public static MessageJson Of(LoggedMessage m, string currency) => new(
        m.MessageId, m.CreatedAt, m.AppId, m.UserId, m.Channel, m.MaskedDestination, m.Region, m.Status, m.StatusAt.At(), m.Fault, m.ProviderId, m.Provider, m.Route,
        m.ProviderMessageId, m.SenderNote, m.Segments, m.Tries, m.UnknownTries, m.Cost, m.Cost is null ? null : currency, m.ExpiresAt.At(),
        [.. m.StatusHistory.Select(h => new MessageStatusJson(h.At.At(), h.Status, h.Provider, h.Route, h.Reason, h.Code, h.Text))]);
}

/// <summary>One page of the log.</summary>
/// <param name="Result">Newest first; perhaps none, though there are more: where few match, one page looks only so far back.</param>
/// <param name="NextPageToken">Asks for the next page, as <c>page_token</c>; absent on the last.</param>
internal sealed record MessageListResponse(IReadOnlyList<MessageJson> Result, string? NextPageToken);

/// <summary><c>GET /cis/v1/messages</c>: what became of the tenant's messages, newest first.</summary>
internal static class ReadMessages
{
    private const int LongestPage = 500;
    private const int UsualPage = 50;

    private static readonly string[] Statuses = ["queued", "sending", "sent", "delivered", "undelivered", "failed", "expired", "suppressed", "test"];

    public static async Task<Results<Ok<MessageListResponse>, ApiError>> ListAsync(
        Caller caller,
        Database database,
        [FromQuery(Name = "app_id")] string? appId,
        [FromQuery(Name = "user_id")] string? userId,
        [FromQuery(Name = "status")] string? status,
        [FromQuery(Name = "provider_id")] string? providerId,
        [FromQuery(Name = "region")] string? region,
        [FromQuery(Name = "since")] string? since,
        [FromQuery(Name = "until")] string? until,
        [FromQuery(Name = "page_limit")] int? pageLimit,
        [FromQuery(Name = "page_token")] string? pageToken)
    {
        var faults = new List<string>();
        if (status is not null && !Statuses.Contains(status))
            faults.Add($"status must be one of {string.Join(", ", Statuses)}.");
        if (pageLimit is < 1 or > LongestPage)
            faults.Add($"page_limit must be 1 to {LongestPage}.");
        if (pageToken is not null && (pageToken.Length is 0 or > 64 || !pageToken.All(char.IsAsciiLetterOrDigit)))
            faults.Add("page_token must be the next_page_token of the page before.");
        QueryFilters.Check(faults, ("app_id", appId), ("user_id", userId), ("provider_id", providerId), ("region", region));
        var query = new MessageLogQuery
        {
            AppId = appId,
            UserId = userId,
            Status = status,
            ProviderId = providerId,
            Region = region,
            Since = QueryFilters.Instant("since", since, faults),
            Until = QueryFilters.Instant("until", until, faults),
            Before = pageToken,
        };
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);

        var (page, currency) = await database.ReadAsync(async db =>
            (await new MessageLogStore(db).ReadAsync(caller.TenantId, query, pageLimit ?? UsualPage), await new ProviderStore(db).CurrencyAsync(caller.TenantId)));
        return TypedResults.Ok(new MessageListResponse([.. page.Messages.Select(m => MessageJson.Of(m, currency))], page.NextBefore));
    }

    public static async Task<Results<Ok<Result<MessageJson>>, ApiError>> ByIdAsync(string id, Caller caller, Database database)
    {
        if (id.Length > 128 || id.Any(c => char.IsControl(c) || char.IsSurrogate(c)))
            return ApiErrors.NotFound("Message");
        var (found, currency) = await database.ReadAsync(async db =>
            (await new MessageLogStore(db).FindAsync(caller.TenantId, id), await new ProviderStore(db).CurrencyAsync(caller.TenantId)));
        return found is null ? ApiErrors.NotFound("Message") : TypedResults.Ok(new Result<MessageJson>(MessageJson.Of(found, currency)));
    }
}
