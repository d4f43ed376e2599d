using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MudBlazor.Services;
using Watchword.Core.Administrators;
using Watchword.Server.Administration.UserImport;
using Watchword.Server.Administration.Users;
using Watchword.Server.Portal.Accounts;
using Watchword.Server.Portal.Pages.Audit;
using Watchword.Server.Portal.Shell;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Portal;

/// <summary>The second front door, for administrators: Blazor pages at <c>/admin</c> over the same use cases as the Management API.</summary>
internal static class PortalRoom
{
    /// <summary>Where everything of the portal is.</summary>
    public const string Path = "/admin";

    /// <summary>Limits how often one address may try to sign in. What protects an account is its own count; this spares the processor.</summary>
    public const string TriesPolicy = "portal-tries";

    private const int TriesPerMinute = 30;

    /// <summary>Longest form, bytes. Files come by the circuit, which has limits of its own.</summary>
    private const int LongestForm = 64 * 1024;

    public static void Add(IServiceCollection services, PortalOptions options, Issuer issuer, FirstAdministrator? first = null)
    {
        services.AddSingleton(options);
        services.AddSingleton(first ?? new FirstAdministrator(null, null));
        services.TryAddSingleton(new OperatorConsole(Console.Error));
        services.AddHostedService<FirstVisit>();
        services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
        {
            circuits.DisconnectedCircuitRetentionPeriod = TimeSpan.FromMinutes(2);
            circuits.DisconnectedCircuitMaxRetained = 20;
        });
        // Where they cover neither what a page can do nor what it says of what is not saved.
        services.AddMudServices(components => components.SnackbarConfiguration.PositionClass = MudBlazor.Defaults.Classes.Position.BottomLeft);
        services.AddCascadingAuthenticationState();
        services.AddHttpContextAccessor();
        services.AddSingleton<PortalSessions>();
        services.AddSingleton<PasswordBench>();
        services.AddSingleton<DeviceCookie>();
        services.TryAddSingleton(new RefusalPace(RefusalPace.Usual));
        services.AddScoped<Desk>();
        services.AddScoped<SignIn>();
        services.AddScoped<Enrolment>();
        services.AddScoped<Doorway>();
        services.AddScoped<PasskeyState>();
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.AddPolicy(TriesPolicy, TriesOf);
        });
        // Before Identity's own, which asks for capitals and signs.
        services.AddScoped<IPasswordValidator<Administrator>, PasswordRules>();
        services.AddIdentityCore<Administrator>().AddUserStore<AdministratorUserStore>();
        services.Configure<PasswordHasherOptions>(hasher => hasher.IterationCount = PasswordBench.Iterations);
        services.AddScoped<IPasskeyHandler<Administrator>, PasskeyHandler<Administrator>>();
        var address = new Uri(issuer.PublicUrl);
        services.Configure<IdentityPasskeyOptions>(passkeys =>
        {
            passkeys.ServerDomain = address.Host;
            // The browser's address has to be the public one; the Host header has no say.
            passkeys.ValidateOrigin = context => ValueTask.FromResult(
                !context.CrossOrigin && context.Origin == address.GetLeftPart(UriPartial.Authority));
        });
        PortalCookies.Add(services, issuer);
    }

    /// <summary>
    /// Everything below <see cref="Path"/>, a pipeline of its own: the API's requests pay nothing for it, and neither room is reachable through
    /// the other's address.
    /// </summary>
    public static void Map(WebApplication app)
    {
        var address = new Uri(app.Services.GetRequiredService<Issuer>().PublicUrl);
        // Or ASP.NET, which sees that somebody uses these, would put them before everybody.
        var properties = ((IApplicationBuilder)app).Properties;
        properties["__AuthenticationMiddlewareSet"] = properties["__AuthorizationMiddlewareSet"] = true;
        app.Map(Path, portal =>
        {
            // Routes of this branch only; without this, it would share the routes of the whole application.
            portal.Properties.Remove("__GlobalEndpointRouteBuilder");
            portal.Use(async (context, next) =>
            {
                PortalHeaders.Set(context.Response.Headers);
                if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit && !context.Request.Path.StartsWithSegments("/_blazor", StringComparison.Ordinal))
                    limit.MaxRequestBodySize = LongestForm;
                // As the browser sees it: TLS, and a path in front, may end before this server.
                context.Request.Scheme = address.Scheme;
                context.Request.PathBase = address.AbsolutePath.TrimEnd('/') + Path;
                context.Response.OnStarting(() => StayHereAsync(context));
                await next(context);
                if (context.Response is { HasStarted: false, StatusCode: >= StatusCodes.Status400BadRequest, ContentLength: null or 0 } refused)
                    await ProblemPage.WriteAsync(context, refused.StatusCode);
            });
            portal.UseExceptionHandler(failed => failed.Run(context => ProblemPage.WriteAsync(context, StatusCodes.Status500InternalServerError)));
            portal.UseRouting();
            portal.UseRateLimiter();
            portal.UseAuthentication();
            portal.Use((context, next) => MayConnect(context, address) ? next(context) : ProblemPage.WriteAsync(context, StatusCodes.Status403Forbidden));
            portal.UseAuthorization();
            portal.UseAntiforgery();
            portal.UseEndpoints(MapPages);
        });
    }

    /// <summary>
    /// Whether a circuit may be opened or used: by somebody who is signed in, from a page of the portal itself. Cookies alone do not show the latter:
    /// browsers send them along on WebSockets that a sibling of this site opens, and a page's markers are good for every circuit (CWE-1385).
    /// </summary>
    private static bool MayConnect(HttpContext context, Uri address)
    {
        if (!context.Request.Path.StartsWithSegments("/_blazor", StringComparison.OrdinalIgnoreCase))
            return true;
        if (context.User.Identity is not { IsAuthenticated: true })
            return false;
        // A browser names the origin on everything but plain reads of its own pages. By which host it came here, it cannot be made to lie about either.
        return context.Request.Headers.Origin.ToString() is { Length: > 0 } origin
            ? origin == address.GetLeftPart(UriPartial.Authority) || origin == $"{context.Request.Scheme}://{context.Request.Host}"
            : HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Upgrade.Count == 0;
    }

    /// <summary>Redirects name a path alone, for the portal leads nowhere else: where this server is, is no business of the Host header.</summary>
    private static Task StayHereAsync(HttpContext context)
    {
        if (Uri.TryCreate(context.Response.Headers.Location, UriKind.Absolute, out var target) && target.Scheme is "http" or "https")
            context.Response.Headers.Location = target.PathAndQuery + target.Fragment;
        return Task.CompletedTask;
    }

    private static void MapPages(IEndpointRouteBuilder pages)
    {
        const string Manifest = "watchword.staticwebassets.endpoints.json";
        var undescribed = new ExcludeFromDescriptionAttribute();
        pages.MapStaticAssets(Manifest).Add(file => file.Metadata.Add(undescribed));
        pages.MapPost("/sign-out", SignOutAsync).WithMetadata(undescribed);
        pages.MapGet("/users/{id}/export", ExportUserAsync).RequireAuthorization(nameof(Permission.HandleUserData)).WithMetadata(undescribed);
        pages.MapGet("/users/imports/{id}/report", ReportImportAsync).RequireAuthorization(nameof(Permission.HandleUserData)).WithMetadata(undescribed);
        pages.MapGet("/audit/export", AuditDownload.HandleAsync).RequireAuthorization(nameof(Permission.ReadAudit)).WithMetadata(undescribed);
        pages.MapRazorComponents<App>().WithStaticAssets(Manifest).WithMetadata(undescribed).AddInteractiveServerRenderMode(server =>
        {
            // We send our own policy; and secrets and a guesser's text must not meet in one compressed frame.
            server.ContentSecurityFrameAncestorsPolicy = null;
            server.DisableWebSocketCompression = true;
        });
    }

    private static RateLimitPartition<string> TriesOf(HttpContext http) => HttpMethods.IsPost(http.Request.Method)
        ? RateLimitPartition.GetFixedWindowLimiter(
            PortalSessions.NetworkText(http.Connection.RemoteIpAddress),
            _ => new FixedWindowRateLimiterOptions { PermitLimit = TriesPerMinute, Window = TimeSpan.FromMinutes(1) })
        : RateLimitPartition.GetNoLimiter("");

    /// <summary>All that is kept of a user, as a file.</summary>
    private static async Task<IResult> ExportUserAsync(string id, HttpContext http, PortalSessions sessions, UserExport export)
    {
        if (PortalIdentity.SessionOf(http.User) is not { } named || await sessions.FindAsync(named.Tenant, named.Session, isActivity: true) is not { } session)
            return Results.Unauthorized();
        if (await export.ReadAsync(PortalSessions.AuthorOf(session), id, http.RequestAborted) is not { } all)
            return Results.NotFound();
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"user-{all.User.UserId}.json\"";
        return Results.Json(all);
    }

    /// <summary>The lines that an import refused, as a file for a spreadsheet.</summary>
    private static async Task<IResult> ReportImportAsync(string id, HttpContext http, UserImports imports)
    {
        if (PortalIdentity.SessionOf(http.User) is not { } signedIn)
            return Results.Unauthorized();
        using var report = new MemoryStream();
        return await imports.WriteReportAsync(signedIn.Tenant, id, report)
            ? Results.File(report.ToArray(), "text/csv; charset=utf-8", "refused-lines.csv")
            : Results.NotFound();
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, PortalSessions sessions, Microsoft.AspNetCore.Antiforgery.IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(http))
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        if (PortalIdentity.SessionOf(http.User) is { } named && await sessions.FindAsync(named.Tenant, named.Session, isActivity: false) is { } session)
            await sessions.EndAsync(session);
        await http.SignOutAsync(PortalIdentity.Scheme);
        return Results.LocalRedirect("~/sign-in?out=true");
    }
}
