using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Watchword.Server.Administration.Users;

namespace Watchword.Server.Api.Users;

/// <summary><c>PUT /cis/v1/users/{id}</c>: fields that are absent stay, objects and arrays are replaced, null clears.</summary>
internal static class UpdateUser
{
    public static async Task<Results<Ok<Result<UserJson>>, ApiError>> HandleAsync(
        string id, JsonElement body, Caller caller, UserAdministration users, IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json)
    {
        if (body.ValueKind != JsonValueKind.Object)
            return ApiErrors.InvalidInput("The body must be an object.");
        UserRequest request;
        try
        {
            request = body.Deserialize<UserRequest>(json.Value.SerializerOptions)!;
        }
        catch (JsonException fault)
        {
            throw new BadHttpRequestException("", fault);
        }
        var outcome = await users.ChangeAsync(caller.Author, caller.Application?.AppId, id, request.ToDraft(), name => body.TryGetProperty(name, out _));
        return outcome.Verdict switch
        {
            ChangedUserVerdict.Faulty => UserRefusals.Faulty(outcome.Faults!),
            ChangedUserVerdict.NotFound => ApiErrors.UserNotFound,
            ChangedUserVerdict.StatusRefused => ApiErrors.Forbidden("Only a management client may change a user's status."),
            ChangedUserVerdict.Taken => UserRefusals.Taken,
            _ => TypedResults.Ok(new Result<UserJson>(UserJson.Of(outcome.Member!))),
        };
    }
}
