using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Watchword.Client;
using Watchword.Client.AspNetCore;
using Watchword.Client.Sessions;

namespace Acme.Web.Login;

/// <summary>
/// Opens a browser's session and keeps it true. The cookie is this site's; behind it stands a session at Watchword, whose id and access token the
/// cookie holds sealed. Every so often the server is asked whether that session is still on. When the access token has run out, the session gets a
/// new one and the user notices nothing: a silent login.
/// </summary>
internal sealed partial class SessionCheck(WatchwordClient watchword, AcmeOptions acme, TimeProvider time, ILogger<SessionCheck> log) : CookieAuthenticationEvents
{
    private const string SessionId = "session_id", AccessToken = "access_token", TokenEnds = "token_ends", CheckedAt = "checked_at";

    /// <summary>How long a session that could not be checked is believed: the server may be restarting.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The session's secret id, for joining a second login to it and for ending it.</summary>
    public static async Task<string?> SessionIdAsync(HttpContext http) => (await http.AuthenticateAsync()).Properties?.GetTokenValue(SessionId);

    /// <summary>Sets the cookie after a login, or after another in the same session.</summary>
    public async Task SignInAsync(HttpContext http, IdToken user, UserTokens tokens, string? name)
    {
        var identity = new ClaimsIdentity(CookieAuthenticationDefaults.AuthenticationScheme, "name", "role");
        identity.AddClaim(new Claim("sub", user.UserId));
        identity.AddClaim(new Claim("sid", user.SessionId ?? ""));
        identity.AddClaim(new Claim("name", name ?? ""));
        var properties = new AuthenticationProperties { IsPersistent = true };
        Keep(properties, tokens, tokens.SessionId!);
        await http.SignInAsync(new ClaimsPrincipal(identity), properties);
    }

    public override async Task ValidatePrincipal(CookieValidatePrincipalContext context)
    {
        var properties = context.Properties;
        var now = time.GetUtcNow();
        if (properties.GetTokenValue(SessionId) is not { } session || Instant(properties, CheckedAt) is not { } checkedAt || Instant(properties, TokenEnds) is not { } ends)
        {
            context.RejectPrincipal();
            return;
        }
        if (now - checkedAt < acme.CheckSessionEvery)
            return;
        try
        {
            if (now < ends && (await watchword.Tokens.IntrospectAsync(properties.GetTokenValue(AccessToken)!)).Active)
                properties.UpdateTokenValue(CheckedAt, Text(now));
            else if (await watchword.Sessions.AuthenticateAsync(session) is { Accepted: true } renewed)
                Keep(properties, renewed.Tokens, session);
            else
                await EndAsync(context);
            context.ShouldRenew = true;
        }
        catch (WatchwordException fault)
        {
            NotChecked(log, fault.ErrorCode);
            if (now - checkedAt > Patience)
                context.RejectPrincipal(); // The cookie stays: once the server answers, the user is back.
        }
    }

    /// <summary>Logged out elsewhere, expired, disabled, or locked by wrong guesses: whichever it is, a login by code comes next.</summary>
    private static async Task EndAsync(CookieValidatePrincipalContext context)
    {
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync();
    }

    private void Keep(AuthenticationProperties properties, UserTokens tokens, string session)
    {
        var now = time.GetUtcNow();
        properties.StoreTokens(
        [
            new() { Name = SessionId, Value = session },
            new() { Name = AccessToken, Value = tokens.AccessToken },
            new() { Name = TokenEnds, Value = Text(now.AddSeconds(tokens.ExpiresIn - 30)) },
            new() { Name = CheckedAt, Value = Text(now) },
        ]);
    }

    private static string Text(DateTimeOffset time) => time.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset? Instant(AuthenticationProperties properties, string name) =>
        long.TryParse(properties.GetTokenValue(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;

    [LoggerMessage(1, LogLevel.Warning, "A session could not be checked: {Code}")]
    private static partial void NotChecked(ILogger log, string code);
}
