using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Server.Administration;
using Watchword.Server.Events;

namespace Watchword.Server.Api.Audit;

/// <summary><c>POST /cis/v1/audit/verify</c>: whether the tenant's log is as it was written. It changes nothing.</summary>
internal static class VerifyAudit
{
    public static async Task<Results<Ok<Result<AuditReportJson>>, ApiError>> HandleAsync(
        AuditVerifyRequest? request, Caller caller, AuditTrail trail, CancellationToken cancellation)
    {
        var noted = NotedHead.Parse(request?.Head);
        if (request?.Head is not null && noted is null)
            return ApiErrors.InvalidInput("head must be one that was noted earlier: its number, a colon and 64 hexadecimal digits.");
        return TypedResults.Ok(new Result<AuditReportJson>(AuditReportJson.Of(await trail.VerifyAsync(caller.TenantId, noted, progress: null, cancellation))));
    }
}
