using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Watchword.Server.Tests.Interop;

namespace Watchword.Browser.Tests.Sample;

/// <summary>The sample as it would be served for real.</summary>
public sealed class HttpsTests(AcmeFixture acme) : IClassFixture<AcmeFixture>
{
    [Fact]
    public async Task Over_https_every_cookie_is_bound_to_the_host()
    {
        using var certificate = Certificate();
        var (site, url) = await acme.SiteAsync(
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate)),
            ("Acme:PublicUrl", $"https://localhost:{Loopback.FreePort()}"));
        await using var _ = site;
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, seen, _, _) => seen!.GetCertHashString() == certificate.GetCertHashString();
        using var visitor = new Visitor(url, handler);

        var number = AcmeFixture.NewNumber();
        var asked = await visitor.SendFormAsync("/signup", "/signup", ("name", "Alice"), ("number", number));
        var entered = await visitor.SendFormAsync("/code", "/code", ("code", await acme.CodeAsync(number)));
        Assert.Equal("/account", entered.Headers.Location?.OriginalString);
        var set = asked.Headers.GetValues("Set-Cookie").Concat(entered.Headers.GetValues("Set-Cookie")).ToList();
        Assert.Contains(set, c => c.StartsWith("__Host-acme=", StringComparison.Ordinal));
        Assert.Contains(set, c => c.StartsWith("__Host-acme.code=", StringComparison.Ordinal));
        Assert.All(set, cookie =>
        {
            Assert.StartsWith("__Host-", cookie, StringComparison.Ordinal);
            Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("; httponly", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("; path=/", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("domain=", cookie, StringComparison.OrdinalIgnoreCase);
        });
        Assert.Contains("Hello, Alice", await (await visitor.GetAsync("/account")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/login")]
    [InlineData("/account")]
    [InlineData("/nowhere")]
    [InlineData("/site.js")]
    public async Task Every_answer_has_the_strict_headers(string path)
    {
        using var visitor = new Visitor(acme.Url);
        var answer = await visitor.GetAsync(path);
        var policy = string.Join("", answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", string.Join("", answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal(path != "/site.js", answer.Headers.CacheControl?.NoStore);
        Assert.False(answer.Headers.Contains("Server"));
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
