using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
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
    Database database, UserManager<Administrator> managers, IPasskeyHandler<Administrator> passkeys, PasskeyState challenges, PasswordBench bench, MasterKey keys, Seal seal, TimeProvider time,
    ILogger<SignIn> log)
{
    /// <summary>First step. The time it takes does not tell whether the address is known.</summary>
    public async Task<(SignInVerdict Verdict, Administrator? Who)> PasswordAsync(string? email, string? password, string? address)
    {
        var who = EmailAddress.TryParse(email, out var parsed) ? await database.ReadAsync(db => new AdministratorStore(db).ByEmailAsync(parsed.Value)) : null;
        if (password is null or { Length: 0 or > PasswordRules.Longest })
            return (SignInVerdict.Refused, null);
        if (who is null || await CountAsync(who) is not { } counted)
        {
            await bench.CheckNothingAsync(managers, password);
            PortalTelemetry.SignInRefused(log, "password");
            return (SignInVerdict.Refused, null);
        }
        if (!await bench.CheckAsync(managers, who, password))
        {
            await RefusedAsync(who, "password", counted, address);
            return (SignInVerdict.Refused, null);
        }
        await database.WriteAsync(db => new AdministratorStore(db).UncountTryAsync(who.TenantId, who.AdministratorId, counted));
        return (SignInVerdict.Right, who);
    }

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

    private async Task<SignInVerdict> TryAsync(Administrator who, string factor, string? address, Func<Task<bool>> compare)
    {
        if (await CountAsync(who) is not { } counted)
            return SignInVerdict.Refused;
        if (await compare())
        {
            await database.WriteAsync(db => new AdministratorStore(db).UncountTryAsync(who.TenantId, who.AdministratorId, counted));
            return SignInVerdict.Right;
        }
        await RefusedAsync(who, factor, counted, address);
        return SignInVerdict.Refused;
    }

    private Task<long?> CountAsync(Administrator who) =>
        database.WriteAsync(db => new AdministratorStore(db).CountTryAsync(who.TenantId, who.AdministratorId, time.GetUtcNow()));

    private async Task RefusedAsync(Administrator who, string factor, long counted, string? address)
    {
        PortalTelemetry.SignInRefused(log, factor);
        var by = Author.Administrator(who.TenantId, who.AdministratorId, address);
        var now = time.GetUtcNow();
        await database.WriteAsync(async db =>
        {
            var events = new EventStore(db);
            await events.AddAsync(by, AuditAction.AdministratorSignInFailed, now, target: who.AdministratorId, outcome: "refused", detail: StoredJson.Write(new { factor }));
            if (counted == 0)
                await events.AddAsync(by, AuditAction.AdministratorLocked, now, target: who.AdministratorId, detail: StoredJson.Write(new { minutes = (long)AdministratorStore.LockDuration.TotalMinutes }));
        });
    }
}

/// <summary>
/// Where passwords are hashed: one at a time, so that whoever floods the sign-in page takes no more than a core from those who log in.
/// </summary>
internal sealed class PasswordBench(IOptions<PasswordHasherOptions> hasher) : IDisposable
{
    /// <summary>Rounds of PBKDF2 with HMAC-SHA-512 (OWASP Password Storage Cheat Sheet: 210,000 or more).</summary>
    public const int Iterations = 210_000;

    private readonly SemaphoreSlim _place = new(1);
    private readonly Administrator _nobody = new()
    {
        TenantId = "", AdministratorId = "", Email = "", Name = "", Role = AdministratorRole.Auditor, PasswordHash = HashOfNothing(hasher.Value.IterationCount),
    };

    public Task<bool> CheckAsync(UserManager<Administrator> managers, Administrator who, string password) =>
        InTurnAsync(() => managers.CheckPasswordAsync(who, password));

    /// <summary>Takes as long as a check.</summary>
    public Task CheckNothingAsync(UserManager<Administrator> managers, string password) => CheckAsync(managers, _nobody, password);

    public Task<string> HashAsync(UserManager<Administrator> managers, Administrator who, string password) =>
        InTurnAsync(() => Task.FromResult(managers.PasswordHasher.HashPassword(who, password)));

    public void Dispose() => _place.Dispose();

    /// <summary>A hash that no password has, in the format of Identity's hasher: version, PRF, rounds, size of the salt, salt, subkey.</summary>
    private static string HashOfNothing(int iterations)
    {
        var hash = new byte[13 + 16 + 32];
        RandomNumberGenerator.Fill(hash);
        hash[0] = 1;
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(1), 2);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(5), (uint)iterations);
        BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(9), 16);
        return Convert.ToBase64String(hash);
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> work)
    {
        await _place.WaitAsync();
        try
        {
            // Off the request's thread: it is a tenth of a second of pure computing.
            return await Task.Run(work);
        }
        finally
        {
            _place.Release();
        }
    }
}
