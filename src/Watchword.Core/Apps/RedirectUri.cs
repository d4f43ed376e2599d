namespace Watchword.Core.Apps;

/// <summary>The rule for addresses that a browser may be sent back to.</summary>
public static class RedirectUri
{
    /// <summary>What is wrong with it, or null: absolute, https unless on this machine, no fragment (RFC 6749 §3.1.2), no user name.</summary>
    public static string? Fault(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Length > 2000 || !Uri.TryCreate(text, UriKind.Absolute, out var uri))
            return "must be an absolute URI, for example https://app.example.com/callback";
        if (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            return "must use https (http is allowed for localhost only)";
        if (text.Contains('#', StringComparison.Ordinal))
            return "must not have a fragment (#…)";
        if (uri.UserInfo.Length > 0)
            return "must not hold a user name or password";
        return text.Contains('*', StringComparison.Ordinal) ? "must not hold a wildcard" : null;
    }
}
