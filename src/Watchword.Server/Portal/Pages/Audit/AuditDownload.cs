using Watchword.Server.Administration;
using Watchword.Server.Portal.Accounts;

namespace Watchword.Server.Portal.Pages.Audit;

/// <summary><c>GET audit/export</c>: what is looked for, as a file.</summary>
internal static class AuditDownload
{
    public static async Task<IResult> HandleAsync(HttpContext http, PortalSessions sessions, AuditExport export)
    {
        if (PortalIdentity.SessionOf(http.User) is not { } named || await sessions.FindAsync(named.Tenant, named.Session, isActivity: true) is not { } session)
            return Results.Unauthorized();
        var search = AuditSearch.Of(name => http.Request.Query[name]);
        var format = http.Request.Query["format"] == "csv" ? AuditFormat.Csv : AuditFormat.JsonLines;
        return await export.FileAsync(PortalSessions.AuthorOf(session), search.ToQuery(), format, http.RequestAborted);
    }
}
