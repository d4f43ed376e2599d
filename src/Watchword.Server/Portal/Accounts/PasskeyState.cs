using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Accounts;

/// <summary>What the browser answers to a challenge, as a form brings it.</summary>
public sealed class PasskeyFields
{
    /// <summary>The credential, JSON (WebAuthn §5.1).</summary>
    public string? Credential { get; set; }

    /// <summary>Which challenge it answers, sealed.</summary>
    public string? State { get; set; }
    public string? Name { get; set; }
}

/// <summary>
/// Challenges for passkeys. What a challenge was goes along in the form, sealed, for one administrator and five minutes, so that any node can
/// check the answer; it is answered once.
/// </summary>
internal sealed class PasskeyState(IPasskeyHandler<Administrator> passkeys, IDataProtectionProvider protection, Database database, TimeProvider time)
{
    private const int IdLength = 32;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    /// <summary>Asks for one of the passkeys that somebody has.</summary>
    public async Task<(string Options, string State)> RequestAsync(Administrator who, HttpContext http)
    {
        var asked = await passkeys.MakeRequestOptionsAsync(who, http);
        return (asked.RequestOptionsJson, Close(who, asked.AssertionState!));
    }

    /// <summary>Asks for a new passkey.</summary>
    public async Task<(string Options, string State)> CreationAsync(Administrator who, HttpContext http)
    {
        var asked = await passkeys.MakeCreationOptionsAsync(
            new PasskeyUserEntity { Id = AdministratorUserStore.IdOf(who), Name = who.Email, DisplayName = who.Name }, http);
        return (asked.CreationOptionsJson, Close(who, asked.AttestationState!));
    }

    /// <summary>The challenge that a form brought along, which is used up with this; null when it is none of theirs, too old or was answered already.</summary>
    public async Task<string?> TakeAsync(Administrator who, string? state) =>
        Open(who, state) is { Length: > IdLength } opened
        && await database.WriteAsync(db => OneTime.SignInStep.ConsumeAsync(db, new { tenant = who.TenantId, id = opened[..IdLength], expires = (time.GetUtcNow() + Life).Ms() }))
            ? opened[IdLength..]
            : null;

    private string? Open(Administrator who, string? state)
    {
        try
        {
            return state is null ? null : ProtectorOf(who).Unprotect(state);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private string Close(Administrator who, string state) => ProtectorOf(who).Protect(RandomNumberGenerator.GetHexString(IdLength, lowercase: true) + state, Life);

    private ITimeLimitedDataProtector ProtectorOf(Administrator who) =>
        protection.CreateProtector("watchword.passkey-state", AdministratorUserStore.IdOf(who)).ToTimeLimitedDataProtector();
}
