using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Server.Administration.Users;

namespace Watchword.Server.Api.Users;

/// <summary><c>POST /cis/v1/users</c>.</summary>
internal static class CreateUser
{
    public static async Task<Results<Created<Result<UserJson>>, ApiError>> HandleAsync(UserRequest request, Caller caller, UserAdministration users)
    {
        var outcome = await users.CreateAsync(caller.Author, caller.Application?.AppId, request.ToDraft());
        return outcome.Verdict switch
        {
            NewUserVerdict.Faulty => UserRefusals.Faulty(outcome.Faults!),
            NewUserVerdict.AlreadyThere => ApiErrors.Conflict("user_already_exists", "This user exists already."),
            NewUserVerdict.TwoUsers => ApiErrors.Conflict("identifier_conflict", "The phone number and the email address belong to two different users."),
            NewUserVerdict.Taken => UserRefusals.Taken,
            _ => TypedResults.Created($"/cis/v1/users/{outcome.Member!.User.UserId}", new Result<UserJson>(UserJson.Of(outcome.Member))),
        };
    }
}
