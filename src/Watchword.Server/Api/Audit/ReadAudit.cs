using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Server.Events;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Audit;

/// <summary><c>GET /cis/v1/audit</c>: what was done in the tenant, and by whom, newest first. It holds all that was done before the call.</summary>
internal static class ReadAudit
{
    private const int LongestPage = 500;
    private const int UsualPage = 50;

    public static async Task<Results<Ok<AuditListResponse>, ApiError>> ListAsync(
        Caller caller, Database database, EventRelay relay, [AsParameters] AuditFilter filter, [FromQuery(Name = "page_limit")] int? pageLimit, CancellationToken cancellation)
    {
        var faults = new List<string>();
        var query = filter.ToQuery(faults);
        if (pageLimit is < 1 or > LongestPage)
            faults.Add($"page_limit must be 1 to {LongestPage}.");
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);
        await relay.RelayAllAsync(cancellation);
        var page = await database.ReadAsync(db => new AuditLogStore(db).ReadAsync(caller.TenantId, query, pageLimit ?? UsualPage));
        return TypedResults.Ok(new AuditListResponse([.. page.Entries.Select(AuditEntryJson.Of)], page.NextBefore?.ToString(CultureInfo.InvariantCulture)));
    }

    public static async Task<Results<Ok<Result<AuditEntryJson>>, ApiError>> BySequenceAsync(string sequence, Caller caller, Database database) =>
        long.TryParse(sequence, out var number) && await database.ReadAsync(db => new AuditLogStore(db).FindAsync(caller.TenantId, number)) is { } found
            ? TypedResults.Ok(new Result<AuditEntryJson>(AuditEntryJson.Of(found)))
            : ApiErrors.NotFound("Entry");
}
