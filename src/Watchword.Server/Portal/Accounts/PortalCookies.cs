using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.Extensions.Options;
using Watchword.Core.Administrators;
using Watchword.Server.Tokens;

namespace Watchword.Server.Portal.Accounts;

/// <summary>Needs a permission. On a page: the server answers 403 to whoever has not got it.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class NeedsAttribute(Permission permission) : AuthorizeAttribute(permission.ToString());

/// <summary>
/// The portal's cookies: who is signed in, and who is on the way. HttpOnly, SameSite=Strict, and with https bound to this host
/// (<c>__Host-</c>, RFC 6265bis §4.1.3.2). What they say is checked against the database at every request.
/// </summary>
internal static class PortalCookies
{
    public static void Add(IServiceCollection services, Issuer issuer)
    {
        var secure = issuer.PublicUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        services.AddAuthentication(PortalIdentity.Scheme)
            .AddCookie(PortalIdentity.Scheme, cookie =>
            {
                Shape(cookie.Cookie, NameOf("watchword-portal", secure), secure);
                cookie.LoginPath = "/sign-in";
                cookie.ReturnUrlParameter = "then";
                // The session's row says when it ends; the cookie only must not end before.
                cookie.ExpireTimeSpan = PortalSessions.Longest;
                cookie.SlidingExpiration = false;
                cookie.Events.OnValidatePrincipal = ValidateAsync;
                cookie.Events.OnRedirectToAccessDenied = context =>
                {
                    context.Response.StatusCode = StatusCodes.Status403Forbidden;
                    return Task.CompletedTask;
                };
            })
            .AddCookie(PortalIdentity.PendingScheme, cookie =>
            {
                Shape(cookie.Cookie, NameOf("watchword-portal-pending", secure), secure);
                cookie.ExpireTimeSpan = PortalIdentity.PendingLife;
                cookie.SlidingExpiration = false;
            });
        services.AddSingleton<IAuthorizationPolicyProvider, PortalPolicies>();
        services.AddAuthorization(options =>
        {
            foreach (var permission in Enum.GetValues<Permission>())
            {
                options.AddPolicy(permission.ToString(), policy => policy
                    .AddAuthenticationSchemes(PortalIdentity.Scheme)
                    .RequireAuthenticatedUser()
                    .RequireRole(Enum.GetValues<AdministratorRole>().Where(role => role.May(permission)).Select(role => role.ToString())));
            }
        });
        services.AddAntiforgery(antiforgery =>
        {
            Shape(antiforgery.Cookie, NameOf("watchword-portal-form", secure), secure);
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
    }

    internal static string NameOf(string name, bool secure) => secure ? "__Host-" + name : name;

    internal static void Shape(CookieBuilder cookie, string name, bool secure)
    {
        cookie.Name = name;
        cookie.Path = "/";
        cookie.HttpOnly = true;
        cookie.IsEssential = true;
        cookie.SameSite = SameSiteMode.Strict;
        // By the public address, not by the connection: TLS may end before this server.
        cookie.SecurePolicy = secure ? CookieSecurePolicy.Always : CookieSecurePolicy.None;
    }

    /// <summary>The cookie is worth what the database says of its session now: role and name are taken from there.</summary>
    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        // Only going to a page is a sign of somebody there: a connection that is kept up, by polling too, is not.
        var isActivity = context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<ComponentTypeMetadata>() is not null;
        var sessions = context.HttpContext.RequestServices.GetRequiredService<PortalSessions>();
        if (PortalIdentity.SessionOf(context.Principal) is { } named
            && await sessions.FindAsync(named.Tenant, named.Session, isActivity) is { } session)
        {
            context.ReplacePrincipal(PortalIdentity.SignedIn(session));
            return;
        }
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(PortalIdentity.Scheme);
    }
}

/// <summary>
/// The policies, not cached: the cache looks at all endpoints there are while the pipeline is still being put together, and then every group of the
/// API that joins has all of them made anew, half a second in sum at each start.
/// </summary>
internal sealed class PortalPolicies(IOptions<AuthorizationOptions> options) : DefaultAuthorizationPolicyProvider(options)
{
    public override bool AllowsCachingPolicies => false;
}
