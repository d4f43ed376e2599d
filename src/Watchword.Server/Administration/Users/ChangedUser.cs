using System.Text.Json;
using Watchword.Core.Audit;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>What became of a change to a user.</summary>
internal enum ChangedUserVerdict
{
    /// <summary>It is as wanted, perhaps because it was before.</summary>
    Done,
    Faulty,
    NotFound,

    /// <summary>A user's status is the tenant's, not an application's.</summary>
    StatusRefused,

    /// <summary>Another user has one of the identifiers.</summary>
    Taken,
}

/// <summary>A user that was to be changed.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="Member">The user as it is now, where it was done.</param>
/// <param name="Faults">All there are, where the draft was faulty.</param>
internal sealed record ChangedUserOutcome(ChangedUserVerdict Verdict, Member? Member = null, IReadOnlyList<FieldFault>? Faults = null);

/// <summary>
/// A change to a user: of the draft, the named fields count, and null clears one. A new number is a new binding (NIST SP 800-63B-4
/// §3.1.3.3): it is not verified, open codes die and sessions end.
/// </summary>
internal sealed record ChangedUser(UserDraft Input, UserStatus? Status, Func<string, bool> Has)
{
    /// <summary>The change that a draft describes, in canonical spelling; null when it has faults.</summary>
    public static ChangedUser? Read(UserDraft draft, Func<string, bool> has, List<FieldFault> faults)
    {
        var input = draft.Canonical(faults);
        UserStatus? status = null;
        if (draft.Status is { } text)
        {
            if (Enum.TryParse<UserStatus>(text, out var parsed) && Enum.IsDefined(parsed) && parsed.ToString() == text)
                status = parsed;
            else
                faults.Add(new(UserField.Status, StatusFault));
        }
        return faults.Count > 0 ? null : new ChangedUser(input, status, has);
    }

    /// <summary>Makes the change in the caller's write.</summary>
    public async ValueTask<ChangedUserOutcome> ApplyAsync(SqlSession db, Author by, string? app, string id, DateTimeOffset now)
    {
        var users = new UserStore(db);
        await users.HoldAsync(by.TenantId, id);
        if (await users.FindAsync(by.TenantId, app, IdentifierType.UserId, id) is not { } found)
            return new(ChangedUserVerdict.NotFound);
        var (user, membership) = found;
        if (Status is { } wanted && wanted != user.Status && app is not null)
            return new(ChangedUserVerdict.StatusRefused);
        if (Status == UserStatus.Pending && user.Status != UserStatus.Pending)
            return new(ChangedUserVerdict.Faulty, Faults: [new(UserField.Status, StatusFault)]);
        var changed = Of(user) with { UpdatedAt = now };
        if (changed.PhoneNumber is null && changed.Email is null)
            return new(ChangedUserVerdict.Faulty, Faults: [new("", "A user needs an email or a phone_number.")]);
        var place = membership is null ? null : Of(membership);
        var fields = new FieldChanges(Comparable(found), Comparable(new Member(changed, place)));
        if (!fields.Any)
            return new(ChangedUserVerdict.Done, found);
        await users.ReplaceAsync(changed);
        if (place is not null && (Has(UserField.Username) || Has(UserField.ExternalUserId) || Has(UserField.CustomAppData)))
            await users.ReplaceMembershipAsync(by.TenantId, id, place);
        await NoteAsync(db, by, app, user, changed.Status, fields, now);
        if (changed.PhoneNumber != user.PhoneNumber || changed.Email != user.Email || (changed.Status == UserStatus.Disabled && user.Status != UserStatus.Disabled))
            await CutOffAsync(db, by.TenantId, id, now);
        return new(ChangedUserVerdict.Done, new Member(changed, place));
    }

    private const string StatusFault = "must be Active or Disabled.";

    private User Of(User user)
    {
        var profile = user.Profile;
        var phone = Has(UserField.PhoneNumber) ? Input.PhoneNumber : user.PhoneNumber;
        var email = Has(UserField.Email) ? Input.Email : user.Email;
        return user with
        {
            Status = Status ?? user.Status,
            PhoneNumber = phone,
            PhoneVerifiedAt = phone == user.PhoneNumber ? user.PhoneVerifiedAt : null,
            Email = email,
            EmailVerifiedAt = email == user.Email ? user.EmailVerifiedAt : null,
            ExternalAccountId = Has(UserField.ExternalAccountId) ? Input.ExternalAccountId : user.ExternalAccountId,
            Profile = new UserProfile
            {
                Name = Has(UserField.Name) ? Input.Name : profile.Name,
                Birthday = Has(UserField.Birthday) ? Input.Birthday : profile.Birthday,
                Address = Has(UserField.Address) ? Input.Address : profile.Address,
                Picture = Has(UserField.Picture) ? Input.Picture : profile.Picture,
                Language = Has(UserField.Language) ? Input.Language : profile.Language,
                SecondaryEmails = Has(UserField.SecondaryEmails) ? Input.SecondaryEmails : profile.SecondaryEmails,
                SecondaryPhoneNumbers = Has(UserField.SecondaryPhoneNumbers) ? Input.SecondaryPhoneNumbers : profile.SecondaryPhoneNumbers,
                CustomData = Has(UserField.CustomData) ? Input.CustomData : profile.CustomData,
            },
        };
    }

    private Membership Of(Membership membership) => membership with
    {
        Username = Has(UserField.Username) ? Input.Username : membership.Username,
        ExternalUserId = Has(UserField.ExternalUserId) ? Input.ExternalUserId : membership.ExternalUserId,
        CustomAppData = Has(UserField.CustomAppData) ? Input.CustomAppData : membership.CustomAppData,
    };

    private static JsonElement Comparable(Member member) => StoredJson.Element(UserJson.Of(member with { User = member.User with { UpdatedAt = default } }));

    /// <summary>Of a user's fields the log gets the names only, even of numbers: they are all personal.</summary>
    private static async ValueTask NoteAsync(SqlSession db, Author by, string? app, User user, UserStatus status, FieldChanges fields, DateTimeOffset now)
    {
        var events = new EventStore(db);
        var changed = fields.Names.Select(n => n.Split('.')[0]).Distinct(StringComparer.Ordinal).Where(n => n != UserField.Status).ToList();
        if (changed.Count > 0)
            await events.AddAsync(by, AuditAction.UserUpdated, now, app ?? "", user.UserId, detail: StoredJson.Write(new { changed }));
        if (status != user.Status)
            await events.AddAsync(by, status == UserStatus.Disabled ? AuditAction.UserDisabled : AuditAction.UserEnabled, now, app ?? "", user.UserId);
    }

    /// <summary>What was opened under the old binding, in any application, closes.</summary>
    private static async ValueTask CutOffAsync(SqlSession db, string tenant, string user, DateTimeOffset now)
    {
        foreach (var app in await new UserStore(db).AppIdsAsync(tenant, user))
            await new ChallengeStore(db).KillAsync(tenant, app, user, now);
        await new SessionStore(db).EndAllAsync(tenant, user, app: null, now);
    }
}
