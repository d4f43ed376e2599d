using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Accounts;

/// <summary>How far somebody has come who is not signed in yet.</summary>
internal enum Stage
{
    /// <summary>The password was right; the second factor is missing.</summary>
    SecondFactor,

    /// <summary>The password was right, and there is no second factor yet: one has to be set up.</summary>
    Enrolment,
}

/// <summary>Somebody whose password was right.</summary>
/// <param name="TenantId">Their tenant.</param>
/// <param name="AdministratorId">Who.</param>
/// <param name="Stage">What is missing.</param>
/// <param name="Id">Of this way in, which leads in once.</param>
/// <param name="Epoch">Theirs when the password was right.</param>
internal sealed record PendingSignIn(string TenantId, string AdministratorId, Stage Stage, string Id, long Epoch);

/// <summary>Names in the portal's cookies, and reading them.</summary>
internal static class PortalIdentity
{
    /// <summary>Scheme of those who are signed in.</summary>
    public const string Scheme = "portal";

    /// <summary>Scheme of those between password and second factor.</summary>
    public const string PendingScheme = "portal-pending";

    /// <summary>How long one may take between password and second factor.</summary>
    public static readonly TimeSpan PendingLife = TimeSpan.FromMinutes(10);

    private const string Tenant = "tenant";
    private const string Administrator = "administrator";
    private const string Session = "session";
    private const string StageClaim = "stage";
    private const string IdClaim = "id";
    private const string EpochClaim = "epoch";

    public static ClaimsPrincipal SignedIn(AdministratorSession session) => new(new ClaimsIdentity(
        [
            new(Tenant, session.TenantId), new(Administrator, session.AdministratorId), new(Session, session.SessionId),
            new(ClaimTypes.Role, session.Role), new(ClaimTypes.Name, session.Name),
        ],
        Scheme, ClaimTypes.Name, ClaimTypes.Role));

    public static ClaimsPrincipal Pending(Administrator of, Stage stage) => new(new ClaimsIdentity(
        [
            new(Tenant, of.TenantId), new(Administrator, of.AdministratorId), new(StageClaim, stage.ToString()),
            new(IdClaim, RandomNumberGenerator.GetHexString(32, lowercase: true)), new(EpochClaim, of.Epoch.ToString(CultureInfo.InvariantCulture)),
        ],
        PendingScheme));

    public static (string Tenant, string Session)? SessionOf(ClaimsPrincipal? principal) =>
        principal?.FindFirstValue(Tenant) is { } tenant && principal.FindFirstValue(Session) is { } session ? (tenant, session) : null;

    /// <summary>Who is between password and second factor; null: nobody, or too long ago.</summary>
    public static async Task<PendingSignIn?> PendingAsync(HttpContext http) =>
        (await http.AuthenticateAsync(PendingScheme)).Principal is { } principal
        && principal.FindFirstValue(Tenant) is { } tenant && principal.FindFirstValue(Administrator) is { } administrator
        && Enum.TryParse<Stage>(principal.FindFirstValue(StageClaim), out var stage) && principal.FindFirstValue(IdClaim) is { } id
        && long.TryParse(principal.FindFirstValue(EpochClaim), CultureInfo.InvariantCulture, out var epoch)
            ? new(tenant, administrator, stage, id, epoch)
            : null;
}
