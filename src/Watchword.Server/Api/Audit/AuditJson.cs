using Watchword.Server.Administration;
using Watchword.Server.Events;

namespace Watchword.Server.Api.Audit;

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
