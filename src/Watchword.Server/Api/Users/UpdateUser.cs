using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Watchword.Core.Audit;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Users;

/// <summary>
/// <c>PUT /cis/v1/users/{id}</c>: fields that are absent stay, objects and arrays are replaced, null clears. A new number is a new binding
/// (NIST SP 800-63B-4 §3.1.3.3): it is not verified, open codes die and sessions end.
/// </summary>
internal static class UpdateUser
{
    public static async Task<Results<Ok<Result<UserJson>>, ApiError>> HandleAsync(
        string id, JsonElement body, Caller caller, Database database, TimeProvider time, IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json)
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
        var faults = new List<string>();
        var input = UserInput.Canonical(request, faults);
        UserStatus? status = null;
        if (request.Status is { } text)
        {
            if (Enum.TryParse<UserStatus>(text, out var parsed) && Enum.IsDefined(parsed) && parsed.ToString() == text)
                status = parsed;
            else
                faults.Add("status must be Active or Disabled.");
        }
        if (faults.Count > 0)
            return ApiErrors.InvalidInput(faults);

        var now = time.GetUtcNow();
        try
        {
            var (member, refusal) = await database.WriteAsync(db => ChangeAsync(db, id, input, status, name => body.TryGetProperty(name, out _), caller, now));
            return refusal is not null ? refusal : TypedResults.Ok(new Result<UserJson>(UserJson.Of(member!)));
        }
        catch (Exception failure) when (Database.IsDuplicateKey(failure))
        {
            return ApiErrors.Conflict("identifier_taken", "Another user has this phone number, email, username or external_user_id.");
        }
    }

    private static async ValueTask<(Member? Member, ApiError? Refusal)> ChangeAsync(
        SqlSession db, string id, UserRequest input, UserStatus? status, Func<string, bool> has, Caller caller, DateTimeOffset now)
    {
        var users = new UserStore(db);
        await users.HoldAsync(caller.TenantId, id);
        if (await users.FindAsync(caller.TenantId, caller.Application?.AppId, IdentifierType.UserId, id) is not { } found)
            return (null, ApiErrors.UserNotFound);
        var (user, membership) = found;
        if (status is { } wanted && wanted != user.Status && caller.Application is not null)
            return (null, ApiErrors.Forbidden("Only a management client may change a user's status."));
        if (status == UserStatus.Pending && user.Status != UserStatus.Pending)
            return (null, ApiErrors.InvalidInput("status must be Active or Disabled."));
        var phone = has("phone_number") ? input.PhoneNumber : user.PhoneNumber;
        var email = has("email") ? input.Email : user.Email;
        if (phone is null && email is null)
            return (null, ApiErrors.InvalidInput("A user needs an email or a phone_number."));

        var profile = user.Profile;
        var changed = user with
        {
            Status = status ?? user.Status,
            UpdatedAt = now,
            PhoneNumber = phone,
            PhoneVerifiedAt = phone == user.PhoneNumber ? user.PhoneVerifiedAt : null,
            Email = email,
            EmailVerifiedAt = email == user.Email ? user.EmailVerifiedAt : null,
            ExternalAccountId = has("external_account_id") ? input.ExternalAccountId : user.ExternalAccountId,
            Profile = new UserProfile
            {
                Name = has("name") ? input.Name : profile.Name,
                Birthday = has("birthday") ? input.Birthday : profile.Birthday,
                Address = has("address") ? input.Address : profile.Address,
                Picture = has("picture") ? input.Picture : profile.Picture,
                Language = has("language") ? input.Language : profile.Language,
                SecondaryEmails = has("secondary_emails") ? input.SecondaryEmails : profile.SecondaryEmails,
                SecondaryPhoneNumbers = has("secondary_phone_numbers") ? input.SecondaryPhoneNumbers : profile.SecondaryPhoneNumbers,
                CustomData = has("custom_data") ? input.CustomData : profile.CustomData,
            },
        };
        var kept = membership;
        if (membership is not null && (has("username") || has("external_user_id") || has("custom_app_data")))
        {
            membership = membership with
            {
                Username = has("username") ? input.Username : membership.Username,
                ExternalUserId = has("external_user_id") ? input.ExternalUserId : membership.ExternalUserId,
                CustomAppData = has("custom_app_data") ? input.CustomAppData : membership.CustomAppData,
            };
        }
        var fields = new FieldChanges(Comparable(found), Comparable(new Member(changed, membership)));
        if (!fields.Any)
            return (found, null);
        await users.ReplaceAsync(changed);
        if (membership is not null && !ReferenceEquals(membership, kept))
            await users.ReplaceMembershipAsync(caller.TenantId, id, membership);
        await NoteAsync(db, caller, user, changed.Status, fields, now);
        if (phone != user.PhoneNumber || email != user.Email || (changed.Status == UserStatus.Disabled && user.Status != UserStatus.Disabled))
            await CutOffAsync(db, caller.TenantId, id, now);
        return (new Member(changed, membership), null);
    }

    private static JsonElement Comparable(Member member) => StoredJson.Element(UserJson.Of(member with { User = member.User with { UpdatedAt = default } }));

    /// <summary>Of a user's fields the log gets the names only, even of numbers: they are all personal.</summary>
    private static async ValueTask NoteAsync(SqlSession db, Caller caller, User user, UserStatus status, FieldChanges fields, DateTimeOffset now)
    {
        var (events, app) = (new EventStore(db), caller.Application?.AppId ?? "");
        var changed = fields.Names.Select(n => n.Split('.')[0]).Distinct(StringComparer.Ordinal).Where(n => n != "status").ToList();
        if (changed.Count > 0)
            await events.AddAsync(caller.Author, AuditAction.UserUpdated, now, app, user.UserId, detail: StoredJson.Write(new { changed }));
        if (status != user.Status)
            await events.AddAsync(caller.Author, status == UserStatus.Disabled ? AuditAction.UserDisabled : AuditAction.UserEnabled, now, app, user.UserId);
    }

    /// <summary>What was opened under the old binding, in any application, closes.</summary>
    private static async ValueTask CutOffAsync(SqlSession db, string tenant, string user, DateTimeOffset now)
    {
        foreach (var app in await new UserStore(db).AppIdsAsync(tenant, user))
            await new ChallengeStore(db).KillAsync(tenant, app, user, now);
        await new SessionStore(db).EndAllAsync(tenant, user, app: null, now);
    }
}
