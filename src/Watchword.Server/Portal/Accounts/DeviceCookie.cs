using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Portal.Accounts;

/// <summary>
/// Tells a browser in which an administrator has signed in before from all others (OWASP, "Device cookies"), so that a stranger who locks an
/// address locks it for strangers. It opens nothing by itself.
/// </summary>
internal sealed class DeviceCookie(IDataProtectionProvider protection, Issuer issuer)
{
    private readonly bool _secure = issuer.PublicUrl.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>Which of an administrator's browsers this says it is; null: none of theirs.</summary>
    public string? Read(HttpContext http, Administrator of)
    {
        try
        {
            return http.Request.Cookies[Shape().Name!] is { Length: > 0 } kept ? ProtectorOf(of).Unprotect(kept) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public void Write(HttpContext http, Administrator of, string device)
    {
        var cookie = Shape();
        cookie.MaxAge = DeviceStore.Life;
        http.Response.Cookies.Append(cookie.Name!, ProtectorOf(of).Protect(device), cookie.Build(http));
    }

    private CookieBuilder Shape()
    {
        var cookie = new CookieBuilder();
        PortalCookies.Shape(cookie, PortalCookies.NameOf("watchword-portal-device", _secure), _secure);
        return cookie;
    }

    private IDataProtector ProtectorOf(Administrator of) => protection.CreateProtector("watchword.device", AdministratorUserStore.IdOf(of));
}
