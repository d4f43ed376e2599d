using Watchword.Core.Audit;
using Watchword.Core.Users;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Administration.Users;

/// <summary>
/// What is done with users, from whichever door it comes: for an application with its own users, without one (null) with the tenant's. False:
/// there is no such user there.
/// </summary>
internal sealed class UserAdministration(Database database, MasterKey keys, TimeProvider time)
{
    public async Task<NewUserOutcome> CreateAsync(Author by, string? app, UserDraft draft)
    {
        var (now, faults) = (time.GetUtcNow(), new List<FieldFault>());
        if (NewUser.Read(draft, by.TenantId, app, now, faults) is not { } wanted)
            return new(NewUserVerdict.Faulty, Faults: faults);
        try
        {
            return await database.WriteAsync(db => NewUser.AddAsync(db, wanted, keys, by, now));
        }
        catch (Exception failure) when (Database.IsDuplicateKey(failure))
        {
            return new(NewUserVerdict.Taken);
        }
    }

    /// <summary>Changes the fields that are named (<see cref="UserField"/>), and the status where the draft says one.</summary>
    public async Task<ChangedUserOutcome> ChangeAsync(Author by, string? app, string user, UserDraft draft, Func<string, bool> fields)
    {
        var faults = new List<FieldFault>();
        if (ChangedUser.Read(draft, fields, faults) is not { } change)
            return new(ChangedUserVerdict.Faulty, Faults: faults);
        var now = time.GetUtcNow();
        try
        {
            return await database.WriteAsync(db => change.ApplyAsync(db, by, app, user, now));
        }
        catch (Exception failure) when (Database.IsDuplicateKey(failure))
        {
            return new(ChangedUserVerdict.Taken);
        }
    }

    /// <summary>Bars a user from the tenant; codes and sessions end.</summary>
    public Task<ChangedUserOutcome> DisableAsync(Author by, string user) => SetStatusAsync(by, user, UserStatus.Disabled);

    public Task<ChangedUserOutcome> EnableAsync(Author by, string user) => SetStatusAsync(by, user, UserStatus.Active);

    /// <summary>Takes a user out of an application.</summary>
    public async Task<bool> RemoveFromApplicationAsync(Author by, string app, string user)
    {
        var now = time.GetUtcNow();
        return await database.WriteAsync(async db =>
        {
            if (!await new UserStore(db).RemoveFromApplicationAsync(by.TenantId, app, user))
                return false;
            await new EventStore(db).AddAsync(by, AuditAction.UserRemoved, now, app, user);
            return true;
        });
    }

    /// <summary>Erases a user from the tenant, with all that is personal.</summary>
    public async Task<bool> DeleteAsync(Author by, string user)
    {
        var now = time.GetUtcNow();
        return await database.WriteAsync(async db =>
        {
            if (!await new UserStore(db).DeleteAsync(by.TenantId, user))
                return false;
            await new EventStore(db).AddAsync(by, AuditAction.UserDeleted, now, user: user);
            return true;
        });
    }

    /// <summary>Ends locks and forgets wrong guesses, in one application or in all.</summary>
    public async Task<bool> UnlockAsync(Author by, string? app, string user)
    {
        var now = time.GetUtcNow();
        return await database.WriteAsync(async db =>
        {
            if (await new UserStore(db).FindAsync(by.TenantId, app, IdentifierType.UserId, user) is null)
                return false;
            if (await new ChallengeStore(db).UnlockAsync(by.TenantId, user, app, now))
                await new EventStore(db).AddAsync(by, AuditAction.UserUnlocked, now, app ?? "", user);
            return true;
        });
    }

    /// <summary>Ends all of a user's sessions, in one application or in all.</summary>
    public async Task<bool> EndSessionsAsync(Author by, string? app, string user)
    {
        var now = time.GetUtcNow();
        return await database.WriteAsync(async db =>
        {
            if (await new UserStore(db).FindAsync(by.TenantId, app, IdentifierType.UserId, user) is null)
                return false;
            await SessionEnd.AllAsync(db, user, app, by, now);
            return true;
        });
    }

    private Task<ChangedUserOutcome> SetStatusAsync(Author by, string user, UserStatus status) =>
        ChangeAsync(by, app: null, user, new UserDraft { Status = status.ToString() }, _ => false);
}
