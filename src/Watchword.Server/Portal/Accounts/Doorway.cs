using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Accounts;

/// <summary>Leads somebody from one step of signing in to the next, by the cookies.</summary>
internal sealed class Doorway(Database database, PortalSessions sessions, SignIn signIn, DeviceCookie devices)
{
    /// <summary>The password was right, or an invitation was taken up: on to the second factor, or to setting one up.</summary>
    public static async Task<string> PasswordWasRightAsync(HttpContext http, Administrator who, string? then)
    {
        var stage = who.HasSecondFactor ? Stage.SecondFactor : Stage.Enrolment;
        await http.SignInAsync(PortalIdentity.PendingScheme, PortalIdentity.Pending(who, stage), new AuthenticationProperties { IsPersistent = false });
        return (stage == Stage.SecondFactor ? "second-factor" : "enrol") + Then(then);
    }

    /// <summary>Who is between password and second factor, at this stage; null sends them back to the beginning.</summary>
    public async Task<Administrator?> PendingAsync(HttpContext http, Stage stage)
    {
        if (await PortalIdentity.PendingAsync(http) is not { } pending || pending.Stage != stage)
            return null;
        return await database.ReadAsync(async db =>
        {
            var who = await new AdministratorStore(db).FindAsync(pending.TenantId, pending.AdministratorId);
            // A cookie from before the first factor was set up must not set up another; one that led in, or is from before a new password, leads nowhere.
            return who is not null && who.HasSecondFactor == (stage == Stage.SecondFactor) && who.Epoch == pending.Epoch
                && !await new SignInStepStore(db).IsUsedAsync(pending.TenantId, pending.Id) ? who : null;
        });
    }

    /// <summary>Both were right: in. Not when this way in was used already, or ended by another password or a sign-out everywhere.</summary>
    public async Task<bool> EnterAsync(HttpContext http, Administrator who, string factor)
    {
        if (await PortalIdentity.PendingAsync(http) is not { } pending)
            return false;
        // One that was forgotten does not become known again: whoever has a copy of its cookie is a stranger from then on.
        var device = await signIn.DeviceAsync(who, http) ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        var session = await sessions.BeginAsync(
            who, pending, factor, http.Connection.RemoteIpAddress, http.Request.Headers.UserAgent.ToString(), device, PortalIdentity.SessionOf(http.User));
        await http.SignOutAsync(PortalIdentity.PendingScheme);
        if (session is null)
            return false;
        devices.Write(http, who, device);
        await http.SignInAsync(PortalIdentity.Scheme, PortalIdentity.SignedIn(session), new AuthenticationProperties { IsPersistent = false });
        return true;
    }

    /// <summary>Too many passwords wait to be checked: in a moment, then.</summary>
    public static string Busy(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        http.Response.Headers.RetryAfter = "10";
        return "Too many people, or one machine, try passwords at this moment. Try again in ten seconds.";
    }

    /// <summary>Who answers for what somebody does before they are in.</summary>
    public static Author AuthorOf(HttpContext http, Administrator who) =>
        Author.Administrator(who.TenantId, who.AdministratorId, PortalSessions.AddressText(http.Connection.RemoteIpAddress));

    /// <summary>Where to go once in: a page of the portal and nowhere else (CWE-601).</summary>
    public static string Target(HttpContext http, string? then)
    {
        var root = http.Request.PathBase.Value + "/";
        return then is not null && then.StartsWith(root, StringComparison.Ordinal) && !then.Contains('\\', StringComparison.Ordinal) && !then.Contains("//", StringComparison.Ordinal)
            && then.All(c => !char.IsControl(c)) ? then : root;
    }

    private static string Then(string? then) => string.IsNullOrEmpty(then) ? "" : "?then=" + Uri.EscapeDataString(then);
}
