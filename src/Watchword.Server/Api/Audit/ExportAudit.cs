using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Server.Administration;

namespace Watchword.Server.Api.Audit;

/// <summary><c>GET /cis/v1/audit/export</c>: the same entries, all of them, as a file.</summary>
internal static class ExportAudit
{
    public static async Task<Results<PushStreamHttpResult, ApiError>> HandleAsync(
        Caller caller, AuditExport export, [AsParameters] AuditFilter filter, [FromQuery(Name = "format")] string? format, CancellationToken cancellation)
    {
        var faults = new List<string>();
        var query = filter.ToQuery(faults);
        if (format is not (null or "jsonl" or "csv"))
            faults.Add("format must be jsonl or csv.");
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);
        return await export.FileAsync(caller.Author, query, format == "csv" ? AuditFormat.Csv : AuditFormat.JsonLines, cancellation);
    }
}
