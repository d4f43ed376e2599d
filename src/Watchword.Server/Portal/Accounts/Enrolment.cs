using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Accounts;

/// <summary>What an administrator changes of their own account: password, authenticator app, passkeys, recovery codes.</summary>
internal sealed class Enrolment(
    Database database, UserManager<Administrator> managers, IPasskeyHandler<Administrator> passkeys, PasskeyState challenges, SignIn signIn, PasswordBench bench, MasterKey keys, Seal seal,
    TimeProvider time)
{
    public const int RecoveryCodes = 10;

    private const string Gone = "This invitation is not open any more. Ask for another one.";

    /// <summary>Takes up an invitation: makes the administrator, or gives one back their access with nothing of the old left.</summary>
    public async Task<Change<Administrator>> JoinAsync(string? code, string? email, string? name, string? password, string? address, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var hash = Administrators.SetUpHash(keys, (code ?? "").Trim());
        if (await database.ReadAsync(db => new InvitationStore(db).OpenAsync(hash, now)) is not { } invitation)
            return Change<Administrator>.Refused(["This code is not open: it was used, is too old or was mistyped. Ask for another one."]);
        if (!Core.Users.EmailAddress.TryParse(email, out var parsed) || (invitation.Email.Length > 0 && parsed.Value != invitation.Email))
            return Change<Administrator>.Refused(["Write the email address that the code was made for."]);
        var tidy = (name ?? "").Trim();
        if (tidy.Length is 0 or > 100 || tidy.Any(char.IsControl))
            return Change<Administrator>.Refused(["Write your name: 1 to 100 characters."]);
        var known = invitation.AdministratorId.Length > 0 ? await database.ReadAsync(db => new AdministratorStore(db).FindAsync(invitation.TenantId, invitation.AdministratorId)) : null;
        var who = known ?? new Administrator
        {
            TenantId = invitation.TenantId, AdministratorId = Core.Ids.New(now), Email = parsed.Value, Name = tidy, Role = invitation.Role, CreatedAt = now,
        };
        if (await PasswordFaultAsync(who, password) is { } fault)
            return Change<Administrator>.Refused([fault]);
        who.PasswordHash = await HashAsync(who, password!, cancellation);
        var by = Author.Administrator(who.TenantId, who.AdministratorId, address);
        try
        {
            var joined = await database.WriteAsync(async db =>
            {
                var (store, events) = (new AdministratorStore(db), new EventStore(db));
                // Made by a click that was under way while its owner was removed or demoted.
                if (Author.AdministratorOf(invitation.InvitedBy) is { } inviter && !(await store.HoldOwnersAsync(invitation.TenantId)).Contains(inviter))
                    return false;
                // The first administrator is one; a second set-up code opens nothing.
                if ((invitation.InvitedBy == "system" && await store.AnyAsync())
                    || !await OneTime.Invitation.ConsumeAsync(db, new { tenant = invitation.TenantId, id = invitation.InvitationId, now = now.Ms() }))
                    return false;
                if (known is null)
                {
                    await store.AddAsync(who);
                    await new InvitationStore(db).DeleteSetUpCodesAsync();
                    await events.AddAsync(by, AuditAction.AdministratorJoined, now, target: who.AdministratorId, detail: StoredJson.Write(new { role = who.Role.ToString(), invited_by = invitation.InvitedBy }));
                    return true;
                }
                await store.SetPasswordAsync(who);
                await store.ClearFailuresAsync(who.TenantId, who.AdministratorId);
                await new DeviceStore(db).ForgetAsync(who.TenantId, who.AdministratorId);
                await new AdministratorFactorStore(db).ClearAsync(who.TenantId, who.AdministratorId);
                await new AdministratorSessionStore(db).EndAllAsync(who.TenantId, who.AdministratorId);
                await events.AddAsync(by, AuditAction.AdministratorPasswordChanged, now, target: who.AdministratorId, detail: StoredJson.Write(new { invited_by = invitation.InvitedBy }));
                return true;
            });
            return joined ? (await database.ReadAsync(db => new AdministratorStore(db).FindAsync(who.TenantId, who.AdministratorId)))! : Change<Administrator>.Refused([Gone]);
        }
        catch (Exception failure) when (Database.IsDuplicateKey(failure))
        {
            return Change<Administrator>.Refused([Gone]);
        }
    }

    /// <summary>Sets another password and ends all other sign-ins; null when it was done, otherwise what is wrong.</summary>
    /// <exception cref="BenchFullException">Too many others try passwords.</exception>
    public async Task<string?> ChangePasswordAsync(AdministratorSession session, Administrator who, string? current, string? password, HttpContext http)
    {
        if (await PasswordFaultAsync(who, password) is { } fault)
            return fault;
        if (!await signIn.KnowsPasswordAsync(who, current, http))
            return "The password that you have now was wrong, or there were too many tries. After five wrong tries, wait 15 minutes.";
        who.PasswordHash = await HashAsync(who, password!, http.RequestAborted);
        var changed = await database.WriteAsync(async db =>
        {
            var store = new AdministratorStore(db);
            if (!await store.HoldAsync(who))
                return false;
            await store.SetPasswordAsync(who);
            await new DeviceStore(db).ForgetAsync(who.TenantId, who.AdministratorId);
            await new AdministratorSessionStore(db).EndOthersAsync(who.TenantId, who.AdministratorId, session.SessionId);
            await new EventStore(db).AddAsync(PortalSessions.AuthorOf(session), AuditAction.AdministratorPasswordChanged, time.GetUtcNow(), target: who.AdministratorId);
            return true;
        });
        return changed ? null : "Your account was changed elsewhere meanwhile. Sign in again.";
    }

    /// <summary>A new key for an authenticator app, not theirs before a code confirms it.</summary>
    public static byte[] NewTotpKey() => RandomNumberGenerator.GetBytes(Totp.KeySize);

    /// <summary>Makes the key theirs when the code is of it; false for a wrong code.</summary>
    /// <param name="by">Who answers for it.</param>
    /// <param name="who">Whose it becomes.</param>
    /// <param name="key">The key.</param>
    /// <param name="code">What the app shows.</param>
    /// <param name="first">Whether it is their first factor: refused where there is one already.</param>
    public async Task<bool> ConfirmTotpAsync(Author by, Administrator who, byte[] key, string? code, bool first)
    {
        if (Totp.Verify(key, code, time.GetUtcNow(), lastStep: 0) is not { } step)
            return false;
        var kept = seal.TotpKeyOf(who.TenantId, who.AdministratorId).Protect(Convert.ToBase64String(key));
        return await ChangeFactorsAsync(
            by, who, first, "authenticator app added", async db => await new AdministratorStore(db).SetTotpAsync(who.TenantId, who.AdministratorId, kept, step));
    }

    /// <summary>Adds the passkey that the browser made, as <see cref="ConfirmTotpAsync"/> does an app; what is wrong, or null.</summary>
    public async Task<string?> AddPasskeyAsync(Author by, Administrator who, PasskeyFields made, HttpContext http, bool first)
    {
        const string Refused = "The passkey was not taken. Try again.";
        if (made.Credential is not { Length: > 0 } credential || await challenges.TakeAsync(who, made.State) is not { } challenge)
            return Refused;
        var result = await passkeys.PerformAttestationAsync(new PasskeyAttestationContext { HttpContext = http, CredentialJson = credential, AttestationState = challenge });
        if (!result.Succeeded || result.UserEntity.Id != AdministratorUserStore.IdOf(who))
            return Refused;
        var given = (made.Name ?? "").Trim();
        result.Passkey.Name = given.Length is 0 or > 60 || given.Any(char.IsControl) ? "Passkey" : given;
        return await ChangeFactorsAsync(by, who, first, "passkey added", db => AdministratorUserStore.PutAsync(db, who, result.Passkey, time.GetUtcNow())) ? null : Refused;
    }

    /// <summary>Their passkeys, to be shown.</summary>
    public async Task<List<(string Id, string Name, DateTimeOffset Created)>> PasskeysAsync(Administrator who) =>
        [.. (await managers.GetPasskeysAsync(who)).Select(p => (Base64Url.EncodeToString(p.CredentialId), p.Name ?? "Passkey", p.CreatedAt))];

    /// <summary>Takes a passkey away; refused for the last factor.</summary>
    public Task<bool> RemovePasskeyAsync(Author by, Administrator who, string credential) =>
        RemoveAsync(by, who, "passkey removed", left => left.TotpKey.Length > 0 || left.Passkeys > 1, db => new AdministratorFactorStore(db).RemovePasskeyAsync(who.TenantId, who.AdministratorId, credential));

    /// <summary>Takes the authenticator app away; refused while there is no passkey.</summary>
    public Task<bool> RemoveTotpAsync(Author by, Administrator who) =>
        RemoveAsync(by, who, "authenticator app removed", left => left is { TotpKey.Length: > 0, Passkeys: > 0 }, async db => await new AdministratorStore(db).SetTotpAsync(who.TenantId, who.AdministratorId, "", 0) == 1);

    /// <summary>New codes to write down; the ones before open nothing any more. Null when their account was given to them anew meanwhile.</summary>
    public async Task<IReadOnlyList<string>?> NewRecoveryCodesAsync(Author by, Administrator who)
    {
        var codes = Enumerable.Range(0, RecoveryCodes).Select(_ => TypedCode.New()).ToList();
        var hashes = codes.Select(c => Administrators.HashOf(keys, c)!).ToList();
        return await ChangeFactorsAsync(
            by, who, first: false, "recovery codes made", db => new AdministratorFactorStore(db).ReplaceRecoveryCodesAsync(who.TenantId, who.AdministratorId, hashes)) ? codes : null;
    }

    private async Task<string> HashAsync(Administrator who, string password, CancellationToken cancellation)
    {
        using var turn = bench.Enter();
        return await turn.HashAsync(managers, who, password, cancellation);
    }

    private async Task<string?> PasswordFaultAsync(Administrator who, string? password)
    {
        foreach (var rule in managers.PasswordValidators)
        {
            if (await rule.ValidateAsync(managers, who, password) is { Succeeded: false } refused)
                return refused.Errors.First().Description;
        }
        return null;
    }

    private Task<bool> RemoveAsync(Author by, Administrator who, string what, Func<Administrator, bool> mayGo, Func<SqlSession, ValueTask<bool>> remove) => database.WriteAsync(async db =>
    {
        var store = new AdministratorStore(db);
        // Held, so that of two factors that go at once one stays.
        if (!await store.HoldAsync(who) || await store.FindAsync(who.TenantId, who.AdministratorId) is not { } now || !mayGo(now) || !await remove(db))
            return false;
        await NoteAsync(db, by, who, what);
        return true;
    });

    private Task<bool> ChangeFactorsAsync(Author by, Administrator who, bool first, string what, Func<SqlSession, ValueTask> change) => database.WriteAsync(async db =>
    {
        var store = new AdministratorStore(db);
        if (!await store.HoldAsync(who) || (first && (await store.FindAsync(who.TenantId, who.AdministratorId))!.HasSecondFactor))
            return false;
        await change(db);
        await NoteAsync(db, by, who, what);
        return true;
    });

    private ValueTask NoteAsync(SqlSession db, Author by, Administrator who, string what) => new EventStore(db).AddAsync(
        by, AuditAction.AdministratorFactorsChanged, time.GetUtcNow(), target: who.AdministratorId, detail: StoredJson.Write(new { what }));
}
