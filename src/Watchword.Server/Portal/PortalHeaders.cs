namespace Watchword.Server.Portal;

/// <summary>What the browser is told of every answer of the portal: nothing from elsewhere, no frames, no referrer, no copy kept.</summary>
internal static class PortalHeaders
{
    /// <summary>Styles may be inline: the components set them by attribute. Scripts may not.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    public static void Set(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Pages and what they hold; files with a fingerprint in their name say otherwise themselves.
        headers.CacheControl = "no-cache, no-store";
        headers.Pragma = "no-cache";
    }
}
