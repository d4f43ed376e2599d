using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Users;

/// <summary>
/// <c>POST /cis/v1/users</c>. A user that the tenant has and the application has not is only added to the application: nothing else of
/// it changes, since one application must not overwrite what another knows.
/// </summary>
internal static class CreateUser
{
    public static async Task<Results<Created<Result<UserJson>>, ApiError>> HandleAsync(UserRequest request, Caller caller, Database database, TimeProvider time)
    {
        var faults = new List<string>();
        var input = UserInput.Canonical(request, faults);
        if (input.Email is null && input.PhoneNumber is null)
            faults.Add("An email or a phone_number is required.");
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);

        var now = time.GetUtcNow();
        var member = new Member(
            new User
            {
                TenantId = caller.TenantId,
                UserId = Ids.New(now),
                Status = UserStatus.Pending,
                CreatedAt = now,
                UpdatedAt = now,
                PhoneNumber = input.PhoneNumber,
                Email = input.Email,
                ExternalAccountId = input.ExternalAccountId,
                Profile = new UserProfile
                {
                    Name = input.Name,
                    Birthday = input.Birthday,
                    Address = input.Address,
                    Picture = input.Picture,
                    Language = input.Language,
                    SecondaryEmails = input.SecondaryEmails,
                    SecondaryPhoneNumbers = input.SecondaryPhoneNumbers,
                    CustomData = input.CustomData,
                },
            },
            caller.Application is null ? null : new Membership
            {
                AppId = caller.Application.AppId,
                Username = input.Username,
                ExternalUserId = input.ExternalUserId,
                CustomAppData = input.CustomAppData,
            });
        try
        {
            var added = await database.WriteAsync(db => AddAsync(db, member, caller.Author, now));
            return added.Refusal is { } refusal
                ? refusal
                : TypedResults.Created($"/cis/v1/users/{added.Member!.User.UserId}", new Result<UserJson>(UserJson.Of(added.Member)));
        }
        catch (Exception failure) when (Database.IsDuplicateKey(failure))
        {
            return Taken;
        }
    }

    private static async ValueTask<(Member? Member, ApiError? Refusal)> AddAsync(SqlSession db, Member wanted, Author by, DateTimeOffset now)
    {
        var users = new UserStore(db);
        var (user, membership) = wanted;
        var byPhone = user.PhoneNumber is null ? null : await users.FindAsync(user.TenantId, null, IdentifierType.PhoneNumber, user.PhoneNumber);
        var byEmail = user.Email is null ? null : await users.FindAsync(user.TenantId, null, IdentifierType.Email, user.Email);
        if (byPhone is not null && byEmail is not null && byPhone.User.UserId != byEmail.User.UserId)
            return (null, ApiErrors.Conflict("identifier_conflict", "The phone number and the email address belong to two different users."));
        var existing = (byPhone ?? byEmail)?.User;
        if (existing is null)
            await users.AddAsync(user);
        else if (membership is null || (await users.AppIdsAsync(user.TenantId, existing.UserId)).Contains(membership.AppId))
            return (null, ApiErrors.Conflict("user_already_exists", "This user exists already."));
        var action = existing is null ? AuditAction.UserCreated : AuditAction.UserLinked;
        existing ??= user;
        if (membership is not null)
            await users.AddMembershipAsync(user.TenantId, existing.UserId, membership, now);
        await new EventStore(db).AddAsync(by, action, now, membership?.AppId ?? "", existing.UserId);
        return (new Member(existing, membership), null);
    }

    private static ApiError Taken { get; } = ApiErrors.Conflict("identifier_taken", "Another user has this phone number, email, username or external_user_id.");
}
