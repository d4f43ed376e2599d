using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Users;

/// <summary>Takes a user out of an application, or out of the tenant.</summary>
internal static class RemoveUser
{
    /// <summary><c>DELETE /cis/v1/users/{id}/apps</c>.</summary>
    public static async Task<Results<NoContent, ApiError>> FromApplicationAsync(string id, Caller caller, Database database, TimeProvider time)
    {
        var removed = await database.WriteAsync(async db =>
        {
            if (!await new UserStore(db).RemoveFromApplicationAsync(caller.TenantId, caller.App.AppId, id))
                return false;
            await new EventStore(db).AddAsync(caller.Author, AuditAction.UserRemoved, time.GetUtcNow(), caller.App.AppId, id);
            return true;
        });
        return removed ? TypedResults.NoContent() : ApiErrors.UserNotFound;
    }

    /// <summary><c>DELETE /cis/v1/manage/users/{id}</c>.</summary>
    public static async Task<Results<NoContent, ApiError>> FromTenantAsync(string id, Caller caller, Database database, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var deleted = await database.WriteAsync(async db =>
        {
            if (!await new UserStore(db).DeleteAsync(caller.TenantId, id))
                return false;
            await new EventStore(db).AddAsync(caller.Author, AuditAction.UserDeleted, now, user: id);
            return true;
        });
        return deleted ? TypedResults.NoContent() : ApiErrors.UserNotInTenant;
    }

    /// <summary><c>POST /cis/v1/users/{id}/unlock</c>: ends locks, in one application or (without <c>app_id</c>) in all.</summary>
    public static async Task<Results<NoContent, ApiError>> UnlockAsync(
        string id, [FromQuery(Name = "app_id")] string? appId, Caller caller, Database database, TimeProvider time)
    {
        var found = await database.WriteAsync(async db =>
        {
            if (await new UserStore(db).FindAsync(caller.TenantId, appId, IdentifierType.UserId, id) is null)
                return false;
            var now = time.GetUtcNow();
            if (await new ChallengeStore(db).UnlockAsync(caller.TenantId, id, appId, now))
                await new EventStore(db).AddAsync(caller.Author, AuditAction.UserUnlocked, now, appId ?? "", id);
            return true;
        });
        return found ? TypedResults.NoContent() : ApiErrors.UserNotFound;
    }
}
