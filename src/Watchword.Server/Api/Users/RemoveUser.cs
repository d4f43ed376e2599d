using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Server.Administration.Users;

namespace Watchword.Server.Api.Users;

/// <summary>Takes a user out of an application, or out of the tenant.</summary>
internal static class RemoveUser
{
    /// <summary><c>DELETE /cis/v1/users/{id}/apps</c>.</summary>
    public static async Task<Results<NoContent, ApiError>> FromApplicationAsync(string id, Caller caller, UserAdministration users) =>
        await users.RemoveFromApplicationAsync(caller.Author, caller.App.AppId, id) ? TypedResults.NoContent() : ApiErrors.UserNotFound;

    /// <summary><c>DELETE /cis/v1/manage/users/{id}</c>.</summary>
    public static async Task<Results<NoContent, ApiError>> FromTenantAsync(string id, Caller caller, UserAdministration users) =>
        await users.DeleteAsync(caller.Author, id) ? TypedResults.NoContent() : ApiErrors.UserNotInTenant;

    /// <summary><c>POST /cis/v1/users/{id}/unlock</c>: ends locks, in one application or (without <c>app_id</c>) in all.</summary>
    public static async Task<Results<NoContent, ApiError>> UnlockAsync(
        string id, [FromQuery(Name = "app_id")] string? appId, Caller caller, UserAdministration users) =>
        await users.UnlockAsync(caller.Author, appId, id) ? TypedResults.NoContent() : ApiErrors.UserNotFound;
}
