using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Watchword.Core.Users;
using Watchword.Server.Administration.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Users;

/// <summary>Where a page stands among the others.</summary>
internal sealed record PageInfo(bool HasNextPage, bool HasPreviousPage);

/// <summary>One page of users.</summary>
internal sealed record UserListResponse(long TotalCount, PageInfo PageInfo, IReadOnlyList<UserJson> Result);

/// <summary>How many users there are.</summary>
internal sealed record UserCountJson(long UserCount);

/// <summary><c>GET /cis/v1/users…</c>: one user by any identifier, a page of them, their number.</summary>
internal static class ReadUsers
{
    private const int LongestPage = 5000;

    public static Task<Results<Ok<Result<UserJson>>, ApiError>> ByIdAsync(string id, Caller caller, Database database) =>
        FindAsync(caller, database, IdentifierType.UserId, id);

    public static Task<Results<Ok<Result<UserJson>>, ApiError>> ByPhoneNumberAsync(string phone, Caller caller, Database database) =>
        PhoneNumber.TryParse(phone, out var number)
            ? FindAsync(caller, database, IdentifierType.PhoneNumber, number.E164)
            : Task.FromResult<Results<Ok<Result<UserJson>>, ApiError>>(ApiErrors.InvalidInput("The phone number must be in international form (E.164), with its + written %2B."));

    public static Task<Results<Ok<Result<UserJson>>, ApiError>> ByEmailAsync(string email, Caller caller, Database database) =>
        EmailAddress.TryParse(email, out var address)
            ? FindAsync(caller, database, IdentifierType.Email, address.Value)
            : Task.FromResult<Results<Ok<Result<UserJson>>, ApiError>>(ApiErrors.InvalidInput("The email address is not one."));

    public static Task<Results<Ok<Result<UserJson>>, ApiError>> ByUsernameAsync(string name, Caller caller, Database database) =>
        FindAsync(caller, database, IdentifierType.Username, UserStore.KeyOf(name)!);

    public static Task<Results<Ok<Result<UserJson>>, ApiError>> ByExternalUserIdAsync(string id, Caller caller, Database database) =>
        FindAsync(caller, database, IdentifierType.ExternalUserId, id);

    public static async Task<Ok<Result<UserCountJson>>> CountAsync(Caller caller, Database database) =>
        TypedResults.Ok(new Result<UserCountJson>(new(await database.ReadAsync(db => new UserStore(db).CountAsync(caller.TenantId, caller.Application?.AppId)))));

    public static async Task<Results<Ok<UserListResponse>, ApiError>> ListAsync(
        Caller caller,
        Database database,
        [FromQuery(Name = "search")] string? search,
        [FromQuery(Name = "search_prefix")] string? searchPrefix,
        [FromQuery(Name = "page_offset")] int? pageOffset,
        [FromQuery(Name = "page_limit")] int? pageLimit,
        [FromQuery(Name = "sort_field")] string? sortField,
        [FromQuery(Name = "sort_order")] string? sortOrder)
    {
        var faults = new List<string>();
        ScimFilter? filter = null;
        if (!string.IsNullOrWhiteSpace(search) && !ScimFilter.TryParse(search, out filter, out var fault))
            faults.Add($"search: {fault}");
        if (searchPrefix is not null && (searchPrefix.Length > 256 || searchPrefix.Any(c => char.IsControl(c) || char.IsSurrogate(c))))
            faults.Add("search_prefix must be at most 256 characters without control characters.");
        if (pageOffset is < 0)
            faults.Add("page_offset must be 0 or more.");
        if (pageLimit is < 1 or > LongestPage)
            faults.Add($"page_limit must be 1 to {LongestPage}.");
        if (sortOrder is not (null or "asc" or "desc" or "ASC" or "DESC"))
            faults.Add("sort_order must be asc or desc.");
        var query = new UserQuery(filter, searchPrefix, pageOffset ?? 0, pageLimit ?? 100, sortField, sortOrder is "desc" or "DESC");
        faults.AddRange(query.Faults());
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);

        var page = await database.ReadAsync(db => new UserStore(db).SearchAsync(caller.TenantId, caller.Application?.AppId, query));
        return TypedResults.Ok(new UserListResponse(
            page.Total,
            new PageInfo(query.Offset + page.Members.Count < page.Total, query.Offset > 0 && page.Total > 0),
            [.. page.Members.Select(UserJson.Of)]));
    }

    private static async Task<Results<Ok<Result<UserJson>>, ApiError>> FindAsync(Caller caller, Database database, IdentifierType type, string value)
    {
        if (value.Length > 256 || value.Any(char.IsControl))
            return ApiErrors.UserNotFound;
        var found = await database.ReadAsync(db => new UserStore(db).FindAsync(caller.TenantId, caller.Application?.AppId, type, value));
        return found is null ? ApiErrors.UserNotFound : TypedResults.Ok(new Result<UserJson>(UserJson.Of(found)));
    }
}
