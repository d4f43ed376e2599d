using System.Threading.RateLimiting;
using Acme.Web.Login;
using Acme.Web.Payments;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Acme.Web;

/// <summary>The site, put together: an ordinary ASP.NET Core application that leaves logging in to Watchword.</summary>
internal static class AcmeSite
{
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The name is said because a test runs the site too, and pages are looked for by it.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ApplicationName = "Acme.Web" });
        configure?.Invoke(builder);
        var acme = builder.Configuration.GetSection("Acme").Get<AcmeOptions>() ?? new AcmeOptions();
        if (string.IsNullOrEmpty(builder.Configuration["urls"]))
            builder.WebHost.UseUrls("http://localhost:5090");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);

        AddWatchword(builder);
        AddLogin(builder.Services, acme);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(acme);
        builder.Services.AddSingleton<PaymentBook>();
        builder.Services.AddScoped<PaymentCodes>();
        builder.Services.AddRouting(routes => routes.LowercaseUrls = true);
        builder.Services.AddRazorPages();

        var app = builder.Build();
        app.UseMiddleware<SafeHeaders>();
        if (acme.PublicUrl.Scheme == "https")
            app.UseHsts();
        app.UseExceptionHandler("/error");
        app.UseStatusCodePagesWithReExecute("/error", "?status={0}");
        app.UseStaticFiles();
        app.UseRouting();
        app.UseRateLimiter();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapRazorPages();
        return app;
    }

    /// <summary>The client that asks for codes and checks them, and the check of what they prove. Settings: section <c>Watchword</c>.</summary>
    private static void AddWatchword(WebApplicationBuilder builder)
    {
        var watchword = builder.Configuration.GetSection("Watchword");
        builder.Services.AddWatchword(watchword);
        builder.Services.AddWatchwordIdTokens(watchword["ServerUrl"] ?? "", watchword["ClientId"] ?? "");
    }

    private static void AddLogin(IServiceCollection services, AcmeOptions acme)
    {
        var cookies = new CookieRules(acme.PublicUrl.Scheme == "https");
        services.AddSingleton(cookies);
        services.AddScoped<CodeDesk>();
        services.AddScoped<SessionCheck>();
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
        {
            cookies.Apply(options.Cookie, "acme");
            options.LoginPath = "/login";
            options.ReturnUrlParameter = "from";
            options.ExpireTimeSpan = TimeSpan.FromDays(14); // As long as the session at the server, which has the last word.
            options.EventsType = typeof(SessionCheck);
        });
        services.AddAuthorization();
        services.AddAntiforgery(options => cookies.Apply(options.Cookie, "acme.form"));
        var protection = services.AddDataProtection().SetApplicationName("acme");
        if (acme.KeyFolder is { } folder)
            protection.PersistKeysToFileSystem(new DirectoryInfo(folder));
        services.AddRateLimiter(limiter =>
        {
            limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
            limiter.AddPolicy(Limits.Forms, http => HttpMethods.IsPost(http.Request.Method)
                ? RateLimitPartition.GetFixedWindowLimiter(
                    http.Connection.RemoteIpAddress?.ToString() ?? "",
                    _ => new FixedWindowRateLimiterOptions { PermitLimit = acme.FormsPerMinute, Window = TimeSpan.FromMinutes(1) })
                : RateLimitPartition.GetNoLimiter(""));
        });
    }
}

/// <summary>Names of limits on how often something may be asked.</summary>
internal static class Limits
{
    /// <summary>Forms about numbers and codes, by address: somebody who tries number after number costs money for messages.</summary>
    public const string Forms = "forms";
}

/// <summary>How this site's cookies are set.</summary>
internal sealed record CookieRules(bool Https)
{
    /// <summary>With https, <c>__Host-</c>: no other host, subdomains included, can set a cookie of this name.</summary>
    public string Name(string name) => Https ? "__Host-" + name : name;

    public void Apply(CookieBuilder cookie, string name)
    {
        cookie.Name = Name(name);
        cookie.Path = "/";
        cookie.HttpOnly = true;
        cookie.IsEssential = true;
        cookie.SameSite = SameSiteMode.Lax;
        cookie.SecurePolicy = Https ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
    }
}
