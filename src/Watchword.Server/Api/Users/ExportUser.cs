using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Server.Administration.Users;

namespace Watchword.Server.Api.Users;

/// <summary><c>GET /cis/v1/manage/users/{id}/export</c>: all that is kept of a user.</summary>
internal static class ExportUser
{
    public static async Task<Results<Ok<Result<ExportedUser>>, ApiError>> HandleAsync(
        string id, Caller caller, UserExport export, HttpResponse response, CancellationToken cancellation)
    {
        if (await export.ReadAsync(caller.Author, id, cancellation) is not { } read)
            return ApiErrors.UserNotInTenant;
        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new Result<ExportedUser>(read));
    }
}
