using Watchword.Server.Administration.Users;

namespace Watchword.Server.Api.Users;

/// <summary>Refusals of more than one call about users.</summary>
internal static class UserRefusals
{
    public static ApiError Taken { get; } = ApiErrors.Conflict("identifier_taken", "Another user has this phone number, email, username or external_user_id.");

    public static ApiError Faulty(IReadOnlyList<FieldFault> faults) => ApiErrors.InvalidInput([.. faults.Select(f => f.Sentence)]);
}
