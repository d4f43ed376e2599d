using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Watchword.Server.Tests.Harness;

namespace Watchword.Client.Tests;

/// <summary>How the library is set up, and how a client proves who it is.</summary>
public sealed class SettingsTests(SharedServers servers)
{
    [Fact]
    public async Task An_application_that_is_set_up_wrong_does_not_start_and_tells_every_fault()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Watchword:ServerUrl"] = "http://login.example.com",
            ["Watchword:Timeout"] = "soon",
            ["Watchword:MaxRetries"] = "99",
        });
        builder.Services.AddWatchword(builder.Configuration.GetSection("Watchword"));
        using var host = builder.Build();
        var faults = (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync())).Failures.ToList();
        Assert.Equal(5, faults.Count);
        foreach (var name in new[] { "ServerUrl", "Timeout", "MaxRetries", "ClientId", "ClientSecret" })
            Assert.Contains(faults, f => f.StartsWith($"Watchword: {name} ", StringComparison.Ordinal));
        Assert.Throws<ArgumentException>(() => new WatchwordClient(new HttpClient(), new WatchwordOptions()));
    }

    [Fact]
    public async Task Two_clients_live_side_by_side_in_one_application()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        var tenant = await servers.TenantAsync(Engine.Sqlite);
        var tap = new Passed();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Watchword:ServerUrl"] = app.Server.Url,
            ["Watchword:ClientId"] = app.ClientId,
            ["Watchword:ClientSecret"] = app.ClientSecret,
        }).Build();
        var services = new ServiceCollection();
        services.AddWatchword(configuration.GetSection("Watchword")).AddHttpMessageHandler(() => tap);
        services.AddWatchword("management", o => (o.ServerUrl, o.ClientId, o.ClientSecret) = (new Uri(app.Server.Url), tenant.ClientId, tenant.ClientSecret));
        await using var provider = services.BuildServiceProvider();

        Assert.Equal(0, await provider.GetRequiredService<WatchwordClient>().Users.CountAsync());
        Assert.Equal(2, tap.Requests);
        Assert.Empty(await provider.GetRequiredKeyedService<WatchwordClient>("management").Management.Applications.ListAsync());
        Assert.Same(provider.GetRequiredService<WatchwordClient>(), provider.GetRequiredService<WatchwordClient>());
    }

    [Theory]
    [InlineData("ES256")]
    [InlineData("RS256")]
    public void A_private_key_proves_a_client_by_a_token_for_this_server_and_one_minute(string algorithm)
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        var credential = algorithm == "ES256" ? ClientCredential.FromPrivateKey("backend", ec, "key-1") : ClientCredential.FromPrivateKey("backend", rsa, "key-1");
        var now = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
        List<KeyValuePair<string, string>> form = [];
        Assert.Null(credential.Prove(form, new Uri("https://login.example.com/cis/oidc"), now));

        var fields = form.ToDictionary(f => f.Key, f => f.Value);
        Assert.Equal(["client_assertion", "client_assertion_type", "client_id"], fields.Keys.Order());
        Assert.Equal("urn:ietf:params:oauth:client-assertion-type:jwt-bearer", fields["client_assertion_type"]);
        var parts = fields["client_assertion"].Split('.');
        var (header, claims) = (JsonElement.Parse(Base64Url.DecodeFromChars(parts[0])), JsonElement.Parse(Base64Url.DecodeFromChars(parts[1])));
        Assert.Equal($$"""{"alg":"{{algorithm}}","typ":"JWT","kid":"key-1"}""", header.GetRawText());
        Assert.Equal(["aud", "exp", "iat", "iss", "jti", "sub"], claims.EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal(("backend", "backend", "https://login.example.com/cis/oidc"), (claims.GetProperty("iss").GetString(), claims.GetProperty("sub").GetString(), claims.GetProperty("aud").GetString()));
        Assert.Equal((now.ToUnixTimeSeconds(), 60), (claims.GetProperty("iat").GetInt64(), claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64()));
        var (signed, signature) = (Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]));
        Assert.True(algorithm == "ES256"
            ? ec.VerifyData(signed, signature, HashAlgorithmName.SHA256)
            : rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        List<KeyValuePair<string, string>> again = [];
        credential.Prove(again, new Uri("https://login.example.com/cis/oidc"), now);
        Assert.NotEqual(fields["client_assertion"], again.Single(f => f.Key == "client_assertion").Value);
    }

    [Fact]
    public void Weak_keys_are_refused_and_credentials_print_no_secret()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(1024);
        Assert.Throws<ArgumentException>(() => ClientCredential.FromPrivateKey("id", ec));
        Assert.Throws<ArgumentException>(() => ClientCredential.FromPrivateKey("id", rsa));
        Assert.Equal("SharedSecret of id", ClientCredential.FromSecret("id", "hidden").ToString());
    }

    [Fact]
    public async Task A_secret_may_hold_any_character()
    {
        var seen = "";
        var tap = new Tap
        {
            Instead = (request, _) =>
            {
                seen = Encoding.UTF8.GetString(Convert.FromBase64String(request.Headers.Authorization!.Parameter!));
                return new HttpResponseMessage(System.Net.HttpStatusCode.BadRequest);
            },
        };
        var watchword = Backend.Client("https://login.example.com", "a:b", "ü %+", tap);
        await Assert.ThrowsAsync<WatchwordException>(() => watchword.Users.CountAsync());
        Assert.Equal("a%3Ab:%C3%BC%20%25%2B", seen);
    }

    private sealed class Passed : DelegatingHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
