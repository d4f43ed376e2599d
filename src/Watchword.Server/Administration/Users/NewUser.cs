using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>What became of a user that was to be created.</summary>
internal enum NewUserVerdict
{
    Created,

    /// <summary>The tenant had the user, who is in the application now too.</summary>
    Linked,
    Faulty,

    /// <summary>The user is in the application, or without one in the tenant, already.</summary>
    AlreadyThere,

    /// <summary>The phone number is one user's and the email address another's.</summary>
    TwoUsers,

    /// <summary>Another user has one of the identifiers.</summary>
    Taken,
}

/// <summary>A user that was to be created.</summary>
/// <param name="Verdict">What became of it.</param>
/// <param name="Member">The user, where they were created or linked.</param>
/// <param name="Faults">All there are, where the draft was faulty.</param>
internal sealed record NewUserOutcome(NewUserVerdict Verdict, Member? Member = null, IReadOnlyList<FieldFault>? Faults = null);

/// <summary>
/// A user on the way in. One that the tenant has and the application has not is only added to the application: nothing else of it
/// changes, since one application must not overwrite what another knows.
/// </summary>
internal static class NewUser
{
    /// <summary>The user that a draft describes, in canonical spelling; null when it has faults.</summary>
    public static Member? Read(UserDraft draft, string tenant, string? app, DateTimeOffset now, List<FieldFault> faults)
    {
        var input = draft.Canonical(faults);
        if (input.Email is null && input.PhoneNumber is null)
            faults.Add(new("", "An email or a phone_number is required."));
        if (faults.Count > 0)
            return null;
        return new Member(
            new User
            {
                TenantId = tenant,
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
            app is null ? null : new Membership { AppId = app, Username = input.Username, ExternalUserId = input.ExternalUserId, CustomAppData = input.CustomAppData });
    }

    /// <summary>Adds the user in the caller's write. Throws where another user has the username or external user id, or was faster.</summary>
    public static async ValueTask<NewUserOutcome> AddAsync(SqlSession db, Member wanted, MasterKey keys, Author by, DateTimeOffset now)
    {
        var users = new UserStore(db);
        var (user, membership) = wanted;
        var byPhone = user.PhoneNumber is null ? null : await users.FindAsync(user.TenantId, null, IdentifierType.PhoneNumber, user.PhoneNumber);
        var byEmail = user.Email is null ? null : await users.FindAsync(user.TenantId, null, IdentifierType.Email, user.Email);
        if (byPhone is not null && byEmail is not null && byPhone.User.UserId != byEmail.User.UserId)
            return new(NewUserVerdict.TwoUsers);
        var existing = (byPhone ?? byEmail)?.User;
        if (existing is null)
            await users.AddAsync(user);
        else if (membership is null || (await users.AppIdsAsync(user.TenantId, existing.UserId)).Contains(membership.AppId))
            return new(NewUserVerdict.AlreadyThere);
        var verdict = existing is null ? NewUserVerdict.Created : NewUserVerdict.Linked;
        existing ??= user;
        if (membership is not null)
        {
            await users.AddMembershipAsync(user.TenantId, existing.UserId, membership, now);
            await InheritGuessesAsync(db, existing, membership.AppId, keys);
        }
        await new EventStore(db).AddAsync(
            by, verdict == NewUserVerdict.Created ? AuditAction.UserCreated : AuditAction.UserLinked, now, membership?.AppId ?? "", existing.UserId);
        return new(verdict, new Member(existing, membership));
    }

    private static async ValueTask InheritGuessesAsync(SqlSession db, User user, string app, MasterKey keys)
    {
        var challenges = new ChallengeStore(db);
        if (user.PhoneNumber is { } phone)
            await challenges.InheritAsync(user.TenantId, app, ChallengeStore.DecoyOf(keys, user.TenantId, app, IdentifierType.PhoneNumber, phone), user.UserId);
        if (user.Email is { } email)
            await challenges.InheritAsync(user.TenantId, app, ChallengeStore.DecoyOf(keys, user.TenantId, app, IdentifierType.Email, email), user.UserId);
    }
}
