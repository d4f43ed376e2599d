using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Core.Users;
using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Accounts;

/// <summary>What came of a password or a second factor.</summary>
internal enum SignInVerdict
{
    Right,

    /// <summary>Wrong; or nobody has this address; or locked. Nobody is told which.</summary>
    Refused,
}

/// <summary>The two steps of signing in. Each counts the try before it compares anything, and locks when the count says so.</summary>
internal sealed class SignIn(
    Database database, UserManager<Administrator> managers, IPasskeyHandler<Administrator> passkeys, PasskeyState challenges, PasswordBench bench, DeviceCookie devices, RefusalPace pace,
    MasterKey keys, Seal seal, TimeProvider time, ILogger<SignIn> log)
{
    /// <summary>First step. Neither the answer nor the time it takes tells whether the address is known.</summary>
    /// <exception cref="BenchFullException">Too many others try.</exception>
    public async Task<(SignInVerdict Verdict, Administrator? Who)> PasswordAsync(string? email, string? password, HttpContext http)
    {
        var began = time.GetTimestamp();
        var who = EmailAddress.TryParse(email, out var parsed) ? await database.ReadAsync(db => new AdministratorStore(db).ByEmailAsync(parsed.Value)) : null;
        if (await CheckPasswordAsync(who, password, http))
            return (SignInVerdict.Right, who);
        await pace.WaitAsync(time, began, http.RequestAborted);
        return (SignInVerdict.Refused, null);
    }

    /// <summary>Whether somebody who is signed in knows their password (OWASP ASVS 6.2.3). Their tries count as those at the door.</summary>
    /// <exception cref="BenchFullException">Too many others try.</exception>
    public Task<bool> KnowsPasswordAsync(Administrator who, string? password, HttpContext http) => CheckPasswordAsync(who, password, http);

    /// <summary>Second step, by an authenticator app. Each of its codes is taken once.</summary>
    public Task<SignInVerdict> TotpAsync(Administrator who, string? code, string? address) => TryAsync(who, "totp", address, async () =>
    {
        if (who.TotpKey.Length == 0)
            return false;
        var key = Convert.FromBase64String(seal.TotpKeyOf(who.TenantId, who.AdministratorId).Unprotect(who.TotpKey));
        return Totp.Verify(key, code, time.GetUtcNow(), who.TotpStep) is { } step
            && await database.WriteAsync(db => OneTime.TotpCode.ConsumeAsync(db, new { tenant = who.TenantId, id = who.AdministratorId, step }));
    });

    /// <summary>Second step, by one of the codes that were written down.</summary>
    public Task<SignInVerdict> RecoveryCodeAsync(Administrator who, string? code, string? address) => TryAsync(who, "recovery_code", address, async () =>
        Administrators.HashOf(keys, code) is { } hash
        && await database.WriteAsync(db => OneTime.RecoveryCode.ConsumeAsync(db, new { tenant = who.TenantId, id = who.AdministratorId, hash, now = time.GetUtcNow().Ms() })));

    /// <summary>Second step, by a passkey: what the browser answered to the challenge in <paramref name="state"/>.</summary>
    public Task<SignInVerdict> PasskeyAsync(Administrator who, string? credential, string? state, HttpContext http) =>
        TryAsync(who, "passkey", PortalSessions.AddressText(http.Connection.RemoteIpAddress), async () =>
        {
            if (string.IsNullOrEmpty(credential) || await challenges.TakeAsync(who, state) is not { } challenge)
                return false;
            var result = await passkeys.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = http, CredentialJson = credential, AssertionState = challenge });
            if (!result.Succeeded || AdministratorUserStore.IdOf(result.User) != AdministratorUserStore.IdOf(who))
                return false;
            await managers.AddOrUpdatePasskeyAsync(who, result.Passkey);
            return true;
        });

    /// <summary>Which of their browsers this is; null for one that is not known, whose tries count with those of all strangers.</summary>
    public async Task<string?> DeviceAsync(Administrator who, HttpContext http) =>
        devices.Read(http, who) is { } device && await database.ReadAsync(db => new DeviceStore(db).IsKnownAsync(who, device, time.GetUtcNow())) ? device : null;

    private async Task<bool> CheckPasswordAsync(Administrator? who, string? password, HttpContext http)
    {
        if (password is null or { Length: 0 or > PasswordRules.Longest })
            return false;
        using var turn = bench.Enter();
        var device = who is null ? null : await DeviceAsync(who, http);
        var tries = device is null ? SignInTries.Passwords : SignInTries.DevicePasswords;
        if (who is null || await CountAsync(tries, who, device) is not { } counted)
        {
            await turn.CheckNothingAsync(managers, password, http.RequestAborted);
            PortalTelemetry.SignInRefused(log, "password");
            return false;
        }
        if (!await turn.CheckAsync(managers, who, password, http.RequestAborted))
        {
            await RefusedAsync(who, "password", counted, PortalSessions.AddressText(http.Connection.RemoteIpAddress));
            return false;
        }
        await database.WriteAsync(db => tries.UncountAsync(db, who, device, counted));
        return true;
    }

    private async Task<SignInVerdict> TryAsync(Administrator who, string factor, string? address, Func<Task<bool>> compare)
    {
        if (await CountAsync(SignInTries.Factors, who, device: null) is not { } counted)
            return SignInVerdict.Refused;
        if (await compare())
        {
            await database.WriteAsync(db => SignInTries.Factors.UncountAsync(db, who, device: null, counted));
            return SignInVerdict.Right;
        }
        await RefusedAsync(who, factor, counted, address);
        return SignInVerdict.Refused;
    }

    private Task<long?> CountAsync(SignInTries tries, Administrator who, string? device) => database.WriteAsync(db => tries.CountAsync(db, who, device, time.GetUtcNow()));

    private async Task RefusedAsync(Administrator who, string factor, long counted, string? address)
    {
        PortalTelemetry.SignInRefused(log, factor);
        // Whoever it was, it was not shown to be the administrator.
        var by = Author.Server(who.TenantId) with { Address = address };
        var now = time.GetUtcNow();
        await database.WriteAsync(async db =>
        {
            var events = new EventStore(db);
            await events.AddAsync(by, AuditAction.AdministratorSignInFailed, now, target: who.AdministratorId, outcome: "refused", detail: StoredJson.Write(new { factor }));
            if (counted == 0)
                await events.AddAsync(by, AuditAction.AdministratorLocked, now, target: who.AdministratorId, detail: StoredJson.Write(new { factor, minutes = (long)SignInTries.LockDuration.TotalMinutes }));
        });
    }
}
