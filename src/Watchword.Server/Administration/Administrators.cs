using System.Security.Cryptography;
using System.Text;
using Watchword.Core;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>An invitation with its code in the clear: shown this once, kept as a hash.</summary>
internal sealed record NewInvitation(Invitation Invitation, string Code);

/// <summary>What owners do with administrators, from whichever door they come. Null: there is no such person or invitation in the tenant.</summary>
internal sealed class Administrators(Database database, MasterKey keys, TimeProvider time)
{
    /// <summary>How long an invitation is open.</summary>
    public static readonly TimeSpan InvitationLife = TimeSpan.FromDays(3);

    /// <summary>How long a set-up code is open; every start of an installation without administrators makes a new one.</summary>
    public static readonly TimeSpan SetUpLife = TimeSpan.FromHours(24);

    private const string LastOwner = "This is the last owner. Make somebody else an owner first.";

    public Task<IReadOnlyList<Administrator>> ListAsync(string tenant) => database.ReadAsync(db => new AdministratorStore(db).ListAsync(tenant));

    /// <summary>Who is meant by the ids of administrators: those who are, and those who were as long as the audit log may name them.</summary>
    public Task<IReadOnlyList<(string Id, string Name)>> NamesAsync(string tenant) => database.ReadAsync<IReadOnlyList<(string, string)>>(async db =>
    {
        var store = new AdministratorStore(db);
        return
        [
            .. (await store.ListAsync(tenant)).Select(a => (a.AdministratorId, a.Name)),
            .. (await store.RemovedAsync(tenant)).Select(r => (r.AdministratorId, $"{r.Name} (removed)")),
        ];
    });

    public Task<IReadOnlyList<Invitation>> InvitationsAsync(string tenant) => database.ReadAsync(db => new InvitationStore(db).ListAsync(tenant, time.GetUtcNow()));

    /// <summary>What is kept of an invitation's or a recovery code; null for what can be none.</summary>
    public static byte[]? HashOf(MasterKey keys, string? typed) =>
        TypedCode.Canonical(typed) is { } code ? HMACSHA256.HashData(keys.PortalKey, Encoding.ASCII.GetBytes(code)) : null;

    /// <summary>Opens a door for somebody, and shuts one that was opened for the same address before. Somebody who is an administrator here already gets back in by it.</summary>
    public async Task<Change<NewInvitation>> InviteAsync(Author by, string? email, AdministratorRole role)
    {
        if (!EmailAddress.TryParse(email, out var parsed))
            return Change<NewInvitation>.Refused(["Write an email address, such as ada@example.com."]);
        var (address, now) = (parsed.Value, time.GetUtcNow());
        var code = TypedCode.New();
        return await database.WriteAsync<Change<NewInvitation>>(async db =>
        {
            var known = await new AdministratorStore(db).ByEmailAsync(address);
            if (known is not null && known.TenantId != by.TenantId)
                return Change<NewInvitation>.Refused(["This address cannot be used. Take another one."]);
            var invitation = new Invitation
            {
                TenantId = by.TenantId,
                InvitationId = Ids.New(now),
                AdministratorId = known?.AdministratorId ?? "",
                Email = known?.Email ?? address,
                Role = known?.Role ?? role,
                InvitedBy = by.Actor,
                CreatedAt = now,
                ExpiresAt = now + InvitationLife,
            };
            var invitations = new InvitationStore(db);
            await invitations.DeleteForAsync(by.TenantId, invitation.Email);
            await invitations.AddAsync(invitation, HashOf(keys, code)!);
            await new EventStore(db).AddAsync(
                by, AuditAction.AdministratorInvited, now, target: known?.AdministratorId ?? invitation.InvitationId,
                detail: StoredJson.Write(new { role = invitation.Role.ToString(), resets = known is not null }));
            return new NewInvitation(invitation, code);
        });
    }

    public Task<bool> WithdrawAsync(Author by, string invitation) => database.WriteAsync(async db =>
    {
        if (!await new InvitationStore(db).DeleteAsync(by.TenantId, invitation))
            return false;
        await new EventStore(db).AddAsync(by, AuditAction.InvitationWithdrawn, time.GetUtcNow(), target: invitation);
        return true;
    });

    public Task<Change<Administrator>?> ChangeRoleAsync(Author by, string id, AdministratorRole role) => database.WriteAsync<Change<Administrator>?>(async db =>
    {
        var store = new AdministratorStore(db);
        var owners = await store.HoldOwnersAsync(by.TenantId);
        if (await store.FindAsync(by.TenantId, id) is not { } before)
            return null;
        if (before.Role == role)
            return before;
        if (role != AdministratorRole.Owner && owners is [var last] && last == id)
            return Change<Administrator>.Refused([LastOwner]);
        await store.SetRoleAsync(by.TenantId, id, role);
        if (before.Role == AdministratorRole.Owner)
            await ShutDoorsOfAsync(db, by.TenantId, id);
        await new EventStore(db).AddAsync(
            by, AuditAction.AdministratorRoleChanged, time.GetUtcNow(), target: id, detail: StoredJson.Write(new { from = before.Role.ToString(), to = role.ToString() }));
        return (await store.FindAsync(by.TenantId, id))!;
    });

    /// <summary>Removes somebody; where they are signed in, they are not any more.</summary>
    public Task<Change<bool>?> RemoveAsync(Author by, string id) => database.WriteAsync<Change<bool>?>(async db =>
    {
        var store = new AdministratorStore(db);
        if (await store.HoldOwnersAsync(by.TenantId) is [var last] && last == id)
            return Change<bool>.Refused([LastOwner]);
        if (!await store.DeleteAsync(by.TenantId, id, time.GetUtcNow()))
            return null;
        await ShutDoorsOfAsync(db, by.TenantId, id);
        await new EventStore(db).AddAsync(by, AuditAction.AdministratorRemoved, time.GetUtcNow(), target: id);
        return true;
    });

    /// <summary>Lets somebody try again who typed too much that was wrong.</summary>
    public Task<bool> UnlockAsync(Author by, string id) => ChangeAsync(by, id, AuditAction.AdministratorUnlocked, async db =>
    {
        await new DeviceStore(db).UnlockAsync(by.TenantId, id);
        return await new AdministratorStore(db).ClearFailuresAsync(by.TenantId, id);
    });

    /// <summary>Signs somebody out of every browser, and whoever has entered their password there must enter it again.</summary>
    public Task<bool> SignOutEverywhereAsync(Author by, string id) => ChangeAsync(by, id, AuditAction.AdministratorSignedOutEverywhere, async db =>
    {
        await new AdministratorStore(db).BeginEpochAsync(by.TenantId, id);
        await new DeviceStore(db).ForgetAsync(by.TenantId, id);
        return await new AdministratorSessionStore(db).EndAllAsync(by.TenantId, id);
    });

    /// <summary>Whether there is any, in whichever tenant.</summary>
    public Task<bool> AnyAsync() => database.ReadAsync(db => new AdministratorStore(db).AnyAsync());

    /// <summary>
    /// A code by which the first administrator, an owner, is made, in place of all before; null once there is one. With an address and a password
    /// of the operator's choice, that is the code, for that address only.
    /// </summary>
    public async Task<string?> SetUpCodeAsync(string tenant, string? email = null, string? code = null)
    {
        var now = time.GetUtcNow();
        var chosen = code ?? TypedCode.New();
        var hash = SetUpHash(keys, chosen);
        try
        {
            return await database.WriteAsync(async db =>
            {
                if (await new AdministratorStore(db).AnyAsync())
                    return null;
                var invitations = new InvitationStore(db);
                // Or a password would open the door for good that was taken out of the configuration long ago.
                await invitations.DeleteSetUpCodesAsync();
                await invitations.AddAsync(
                    new Invitation
                    {
                        TenantId = tenant,
                        InvitationId = Ids.New(now),
                        Email = email ?? "",
                        Role = AdministratorRole.Owner,
                        InvitedBy = Author.Server(tenant).Actor,
                        CreatedAt = now,
                        ExpiresAt = now + SetUpLife,
                    },
                    hash);
                return chosen;
            });
        }
        catch (Exception failure) when (code is not null && Database.IsDuplicateKey(failure))
        {
            // Another node that starts at this moment has just made it.
            return chosen;
        }
    }

    /// <summary>What is kept of a set-up code: as of an invitation, or of a password that the operator chose.</summary>
    public static byte[] SetUpHash(MasterKey keys, string typed) => HashOf(keys, typed) ?? HMACSHA256.HashData(keys.PortalKey, Encoding.UTF8.GetBytes(typed));

    /// <summary>Whoever is an owner no more must not come back by a link that they made beforehand.</summary>
    private static ValueTask<int> ShutDoorsOfAsync(SqlSession db, string tenant, string id) =>
        new InvitationStore(db).DeleteOfAsync(tenant, Author.Administrator(tenant, id, null).Actor);

    private Task<bool> ChangeAsync(Author by, string id, string action, Func<SqlSession, ValueTask<int>> change) => database.WriteAsync(async db =>
    {
        if (await new AdministratorStore(db).FindAsync(by.TenantId, id) is null)
            return false;
        await change(db);
        await new EventStore(db).AddAsync(by, action, time.GetUtcNow(), target: id);
        return true;
    });
}
