using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Server.Administration;

namespace Watchword.Server.Api.Audit;

/// <summary><c>GET /cis/v1/audit</c>: what was done in the tenant, and by whom, newest first. It holds all that was done before the call.</summary>
internal static class ReadAudit
{
    private const int LongestPage = 500;
    private const int UsualPage = 50;

    public static async Task<Results<Ok<AuditListResponse>, ApiError>> ListAsync(
        Caller caller, AuditTrail trail, [AsParameters] AuditFilter filter, [FromQuery(Name = "page_limit")] int? pageLimit, CancellationToken cancellation)
    {
        var faults = new List<string>();
        var query = filter.ToQuery(faults);
        if (pageLimit is < 1 or > LongestPage)
            faults.Add($"page_limit must be 1 to {LongestPage}.");
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);
        var page = await trail.ReadAsync(caller.TenantId, query, pageLimit ?? UsualPage, cancellation);
        return TypedResults.Ok(new AuditListResponse([.. page.Entries.Select(AuditEntryJson.Of)], page.NextBefore?.ToString(CultureInfo.InvariantCulture)));
    }

    public static async Task<Results<Ok<Result<AuditEntryJson>>, ApiError>> BySequenceAsync(string sequence, Caller caller, AuditTrail trail) =>
        long.TryParse(sequence, out var number) && await trail.FindAsync(caller.TenantId, number) is { } found
            ? TypedResults.Ok(new Result<AuditEntryJson>(AuditEntryJson.Of(found)))
            : ApiErrors.NotFound("Entry");
}
