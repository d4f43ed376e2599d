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

    /// <summary>What would become of the user, and whose id it is: the new one's, or that of the one who has these identifiers.</summary>
    public static async ValueTask<(NewUserVerdict Verdict, string UserId)> JudgeAsync(SqlSession db, Member wanted)
    {
        var users = new UserStore(db);
        var (user, membership) = wanted;
        var byPhone = user.PhoneNumber is null ? null : await users.IdOfAsync(user.TenantId, IdentifierType.PhoneNumber, user.PhoneNumber);
        var byEmail = user.Email is null ? null : await users.IdOfAsync(user.TenantId, IdentifierType.Email, user.Email);
        if (byPhone is not null && byEmail is not null && byPhone != byEmail)
            return (NewUserVerdict.TwoUsers, "");
        if ((byPhone ?? byEmail) is not { } existing)
            return (NewUserVerdict.Created, user.UserId);
        return membership is null || await users.MemberIdOfAsync(user.TenantId, membership.AppId, IdentifierType.UserId, existing) is not null
            ? (NewUserVerdict.AlreadyThere, existing)
            : (NewUserVerdict.Linked, existing);
    }

    /// <summary>Writes down a user who was judged to be created or linked. Throws where another user has the username or external user id, or was faster.</summary>
    public static async ValueTask<Member> StoreAsync(SqlSession db, Member wanted, NewUserVerdict verdict, string id, MasterKey keys, DateTimeOffset now)
    {
        var users = new UserStore(db);
        var (user, membership) = wanted;
        if (verdict == NewUserVerdict.Created)
            await users.AddAsync(user);
        else
            user = (await users.FindAsync(user.TenantId, app: null, IdentifierType.UserId, id))!.User;
        if (membership is not null)
        {
            await users.AddMembershipAsync(user.TenantId, id, membership, now);
            await InheritGuessesAsync(db, user, membership.AppId, keys);
        }
        return new Member(user, membership);
    }

    /// <summary>Adds the user in the caller's write. Throws as <see cref="StoreAsync"/> does.</summary>
    public static async ValueTask<NewUserOutcome> AddAsync(SqlSession db, Member wanted, MasterKey keys, Author by, DateTimeOffset now)
    {
        var (verdict, id) = await JudgeAsync(db, wanted);
        if (verdict is not (NewUserVerdict.Created or NewUserVerdict.Linked))
            return new(verdict);
        var member = await StoreAsync(db, wanted, verdict, id, keys, now);
        await new EventStore(db).AddAsync(
            by, verdict == NewUserVerdict.Created ? AuditAction.UserCreated : AuditAction.UserLinked, now, wanted.Membership?.AppId ?? "", id);
        return new(verdict, member);
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
