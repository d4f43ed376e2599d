using System.Text.Json;
using Watchword.Core.Audit;
using Watchword.Server.Events;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Audit;

/// <summary>An entry of the audit log.</summary>
/// <param name="Sequence">Its number: each tenant counts from 1, without a gap.</param>
/// <param name="At">When it happened.</param>
/// <param name="Action">What was done, such as <c>user.logged_in</c>.</param>
/// <param name="Actor">Who did it: <c>client:ID</c>, <c>administrator:ID</c>, <c>console</c> or <c>system</c>.</param>
/// <param name="AppId">In which application; absent when in none.</param>
/// <param name="UserId">To which user; absent when to none.</param>
/// <param name="Target">To what else: the id of a client, a session, a provider.</param>
/// <param name="Outcome"><c>ok</c>, or the code of the refusal.</param>
/// <param name="Origin">From where; absent when it is not known or was erased with its user.</param>
/// <param name="Detail">What else there is to say.</param>
internal sealed record AuditEntryJson(
    long Sequence, DateTimeOffset At, string Action, string Actor, string? AppId, string? UserId, string? Target, string Outcome, Origin? Origin, JsonElement? Detail)
{
    public static AuditEntryJson Of(LoggedEvent e) => new(
        e.Sequence, e.Instant, e.Action, e.Actor, OrNull(e.AppId), OrNull(e.UserId), OrNull(e.Target), e.Outcome,
        Read<Origin>(e.Origin), Read<JsonElement?>(e.Detail));

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    /// <summary>Nothing where somebody has tampered with the row: the others are to be read all the same, and verification tells of it.</summary>
    private static T? Read<T>(string? json)
    {
        try
        {
            return json is null ? default : StoredJson.Read<T>(json);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}

/// <summary>One page of the audit log.</summary>
/// <param name="Result">Newest first. May be short or empty though there are more: so many entries are looked at for one page.</param>
/// <param name="NextPageToken">Asks for the next page, as <c>page_token</c>; absent on the last.</param>
internal sealed record AuditListResponse(IReadOnlyList<AuditEntryJson> Result, string? NextPageToken);

/// <summary>Which head is to be looked for.</summary>
/// <param name="Head">One noted earlier, <c>SEQUENCE:MAC</c>.</param>
internal sealed record AuditVerifyRequest(string? Head);

/// <summary>Something that is not as the server left it.</summary>
/// <param name="Kind"><c>missing_entry</c>, <c>altered_entry</c>, <c>entry_after_head</c>, <c>wrong_head</c>, <c>pruned_unproved</c>, <c>origin_erased</c> or <c>noted_head_gone</c>.</param>
/// <param name="Sequence">The first entry that shows it.</param>
/// <param name="Message">For people.</param>
internal sealed record AuditFaultJson(string Kind, long Sequence, string Message);

/// <summary>What verification found.</summary>
/// <param name="Intact">Whether everything is as it was written.</param>
/// <param name="Entries">So many were checked.</param>
/// <param name="First">Number of the oldest entry that is kept.</param>
/// <param name="Head">Where the chain stands, to be noted; absent when there are no entries.</param>
/// <param name="Faults">The first of each kind.</param>
internal sealed record AuditReportJson(bool Intact, long Entries, long First, string? Head, IReadOnlyList<AuditFaultJson> Faults)
{
    public static AuditReportJson Of(AuditReport report) => new(
        report.Faults.Count == 0, report.Entries, report.First, report.Head?.ToString(), [.. report.Faults.Select(f => new AuditFaultJson(f.Kind, f.Sequence, f.Message))]);
}
