using Watchword.Server.Administration;
using Watchword.Server.Portal.Accounts;

namespace Watchword.Server.Portal.Pages.Audit;

/// <summary><c>GET audit/export</c>: what is looked for, as a file. The cookie has been held against the database, as for every request.</summary>
internal static class AuditDownload
{
    public static async Task<IResult> HandleAsync(HttpContext http, AuditExport export)
    {
        if (PortalIdentity.SessionOf(http.User) is not { } signedIn)
            return Results.StatusCode(StatusCodes.Status403Forbidden);
        var search = AuditSearch.Of(name => http.Request.Query[name]);
        var format = http.Request.Query["format"] == "csv" ? AuditFormat.Csv : AuditFormat.JsonLines;
        return await export.FileAsync(signedIn.Tenant, search.ToQuery(), format, http.RequestAborted);
    }
}
