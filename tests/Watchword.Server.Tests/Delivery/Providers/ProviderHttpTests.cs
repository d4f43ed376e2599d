using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>What holds for every provider that is spoken to over HTTP.</summary>
public sealed class ProviderHttpTests
{
    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_ends_the_matter_before_anything_is_sent()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var heard = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var tls = new SslStream(client.GetStream());
            try
            {
                await tls.AuthenticateAsServerAsync(certificate);
                return await tls.ReadAsync(new byte[1]);
            }
            catch (Exception failure) when (failure is IOException or AuthenticationException)
            {
                return 0;
            }
        });

        using var http = new ProviderHttp(TimeProvider.System, LoopbackGateway.Networks);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        var answer = await http.AskAsync(request, CancellationToken.None);
        Assert.Equal(SendOutcome.TryLater, answer.Fault?.Outcome);
        Assert.Contains("certificate", answer.Fault?.Reason, StringComparison.Ordinal);
        Assert.Equal(0, await heard.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_no_is_a_no_even_when_its_reasons_are_lost()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var served = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var stream = client.GetStream();
            await stream.ReadExactlyAsync(new byte[16]);
            await stream.WriteAsync("HTTP/1.1 403 No\r\nContent-Length: 500\r\n\r\n{"u8.ToArray());
        });
        using var http = new ProviderHttp(TimeProvider.System, LoopbackGateway.Networks);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        var answer = await http.AskAsync(request, CancellationToken.None);
        Assert.Equal((null, 403, SendOutcome.Misconfigured), (answer.Fault, answer.Status, answer.ByStatus().Outcome));
        await served;
    }

    [Theory]
    [InlineData("https://login.example.com/r/1?key=2", "https://api.example.com", true)]
    [InlineData("https://login.example.com/r/1?key=2", "http://127.0.0.1:5000", true)]
    [InlineData("http://localhost:5080/r/1?key=2", "http://127.0.0.1:5000", true)]
    [InlineData("http://localhost:5080/r/1?key=2", "https://api.example.com", false)]
    [InlineData(null, "https://api.example.com", false)]
    public void Receipts_are_asked_for_where_the_provider_can_reach_us(string? receipts, string provider, bool asked)
    {
        var handover = new Handover("1", new MessageContent("+447400123456", null, "", null), receipts is null ? null : new Uri(receipts));
        Assert.Equal(asked ? receipts : null, ProviderAddress.ReceiptUrl(handover, provider));
    }

    [Fact]
    public void Every_kind_is_found_by_its_name_and_described_by_a_page_of_ours()
    {
        using var http = new ProviderHttp(TimeProvider.System, LoopbackGateway.Networks);
        var kinds = new ProviderKinds(LoopbackGateway.Networks, http, TimeProvider.System, []);
        Assert.Equal(["CustomGateway", "Infobip", "SalesforceMarketingCloud", "Smtp", "Twilio", "Vonage"], kinds.All.Select(k => k.Kind).Order(StringComparer.Ordinal));
        Assert.All(kinds.All, kind => Assert.Same(kind, kinds.Find(kind.Kind)));
        Assert.NotNull(kinds.Find("twilio"));
        Assert.Null(kinds.Find("Twillio"));
        Assert.Null(kinds.Find(null));
        var docs = Path.Combine(Root(), "docs", "providers");
        Assert.All(kinds.All, kind =>
        {
            var page = File.ReadAllText(Path.Combine(docs, string.Concat(kind.Kind.Select((c, i) => char.IsUpper(c) && i > 0 ? "-" + c : c.ToString())).ToLowerInvariant() + ".md"));
            Assert.All(kind.Fields, field => Assert.Contains($"`{field.Name}`", page, StringComparison.Ordinal));
        });
    }

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", ".."));
}
