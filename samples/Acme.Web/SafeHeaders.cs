namespace Acme.Web;

/// <summary>Headers of every answer: only files of this site run, nobody frames it, nobody keeps its pages.</summary>
internal sealed class SafeHeaders(RequestDelegate next)
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext http)
    {
        // At the very end, because the page for errors begins with none.
        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "otp-credentials=(self), camera=(), geolocation=(), microphone=()";
            if (headers.ContentType.ToString().StartsWith("text/html", StringComparison.Ordinal) || headers.ContentType.Count == 0)
                headers.CacheControl = "no-store";
            else
                headers.CacheControl = "no-cache";
            headers.Remove("Pragma");
            headers.Remove("Expires");
            return Task.CompletedTask;
        });
        return next(http);
    }
}
