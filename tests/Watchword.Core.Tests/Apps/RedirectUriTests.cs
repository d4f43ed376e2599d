using Watchword.Core.Apps;

namespace Watchword.Core.Tests.Apps;

/// <summary>Where a browser may be sent back to, and the ranges of a client's settings.</summary>
public sealed class RedirectUriTests
{
    [Theory]
    [InlineData("https", "https://app.example/callback", true)]
    [InlineData("a query", "https://app.example/callback?a=b", true)]
    [InlineData("this machine by name", "http://localhost:5090/callback", true)]
    [InlineData("this machine by number", "http://127.0.0.1/callback", true)]
    [InlineData("this machine by IPv6", "http://[::1]:8080/callback", true)]
    [InlineData("http elsewhere", "http://app.example/callback", false)]
    [InlineData("a host that only begins like this machine", "http://localhost.evil.example/callback", false)]
    [InlineData("a host that only begins like this machine's number", "http://127.0.0.1.evil.example/", false)]
    [InlineData("a script", "javascript:alert(1)", false)]
    [InlineData("data", "data:text/html,x", false)]
    [InlineData("a file", "file:///etc/passwd", false)]
    [InlineData("a scheme of one's own", "myapp://callback", false)]
    [InlineData("a fragment", "https://app.example/callback#x", false)]
    [InlineData("an empty fragment", "https://app.example/callback#", false)]
    [InlineData("a user name", "https://app.example@evil.example/", false)]
    [InlineData("a user name and this machine", "http://localhost@evil.example/", false)]
    [InlineData("a wildcard host", "https://*.app.example/", false)]
    [InlineData("a wildcard path", "https://app.example/*", false)]
    [InlineData("relative", "/callback", false)]
    [InlineData("without a scheme", "//app.example/callback", false)]
    [InlineData("blank", " ", false)]
    [InlineData("nothing", null, false)]
    public void Only_an_exact_https_address_or_this_machine(string reason, string? uri, bool allowed) =>
        Assert.True(allowed == (RedirectUri.Fault(uri) is null), reason);

    [Theory]
    [InlineData(2000, true)]
    [InlineData(2001, false)]
    public void It_is_not_too_long(int length, bool allowed)
    {
        const string Start = "https://app.example/";
        Assert.Equal(allowed, RedirectUri.Fault(Start + new string('a', length - Start.Length)) is null);
    }

    [Theory]
    [InlineData("the defaults", 3600, 3600, 1209600, 1209600, true)]
    [InlineData("every lower bound", 60, 60, 60, 60, true)]
    [InlineData("every upper bound", 86400, 86400, 7776000, 31536000, true)]
    [InlineData("access token below", 59, 3600, 1209600, 1209600, false)]
    [InlineData("access token above", 86401, 3600, 1209600, 1209600, false)]
    [InlineData("ID token below", 3600, 59, 1209600, 1209600, false)]
    [InlineData("ID token above", 3600, 86401, 1209600, 1209600, false)]
    [InlineData("refresh token below", 3600, 3600, 59, 1209600, false)]
    [InlineData("refresh token above", 3600, 3600, 7776001, 1209600, false)]
    [InlineData("session below", 3600, 3600, 1209600, 59, false)]
    [InlineData("session above", 3600, 3600, 1209600, 31536001, false)]
    public void Lifetimes_keep_to_their_ranges(string reason, int access, int id, int refresh, int session, bool allowed) =>
        Assert.True(allowed == !new ClientSettings
        {
            AccessTokenLifetime = access,
            IdTokenLifetime = id,
            RefreshTokenLifetime = refresh,
            SessionLifetime = session,
        }.Faults().Any(), reason);
}
