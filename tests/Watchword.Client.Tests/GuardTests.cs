using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Watchword.Client.AspNetCore;
using Watchword.Client.Otp;
using Watchword.Client.Sessions;
using Watchword.Client.Users;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Interop;

namespace Watchword.Client.Tests;

/// <summary>APIs that let in users by their tokens, and proofs of what a code approved.</summary>
public sealed class GuardTests
{
    private const string Audience = "https://api.example";

    [Theory]
    [InlineData("ES256")]
    [InlineData("RS256")]
    public async Task One_line_lets_in_users_with_a_token_for_this_API_and_nobody_else(string algorithm)
    {
        await using var server = await Loopback.ServerAsync();
        await using var stranger = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync(settings: new { signing_algorithm = algorithm });
        var watchword = ClientOf(server, app);
        var (user, tokens) = await LoginAsync(watchword, Audience);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var api = await ApiAsync(server, app, clock);
        using var http = new HttpClient { BaseAddress = new Uri(api.Urls.First()) };

        Assert.Equal((HttpStatusCode.OK, user), await WhoAsync(http, "/who", tokens.AccessToken));
        var elsewhere = ClientOf(stranger, await stranger.ApplicationAsync());
        foreach (var wrong in new[]
        {
            null,
            "nonsense",
            tokens.IdToken,
            tokens.RefreshToken,
            await TokenOfClientAsync(app),
            (await LoginAsync(watchword, "https://other.example")).Tokens.AccessToken,
            (await LoginAsync(watchword, null)).Tokens.AccessToken,
            (await LoginAsync(elsewhere, Audience)).Tokens.AccessToken,
            Unsigned(tokens.AccessToken),
        })
            Assert.Equal(HttpStatusCode.Unauthorized, (await WhoAsync(http, "/who", wrong)).Status);

        clock.Advance(TimeSpan.FromSeconds(3600 + 20));
        Assert.Equal(HttpStatusCode.OK, (await WhoAsync(http, "/who", tokens.AccessToken)).Status);
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(HttpStatusCode.Unauthorized, (await WhoAsync(http, "/who", tokens.AccessToken)).Status);
    }

    [Fact]
    public async Task Events_of_the_applications_own_let_in_no_client()
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        var (user, tokens) = await LoginAsync(ClientOf(server, app), Audience);
        await using var api = await ApiAsync(server, app, TimeProvider.System, configure: o => o.Events = new JwtBearerEvents());
        using var http = new HttpClient { BaseAddress = new Uri(api.Urls.First()) };
        Assert.Equal((HttpStatusCode.OK, user), await WhoAsync(http, "/who", tokens.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, (await WhoAsync(http, "/who", await TokenOfClientAsync(app))).Status);
    }

    [Fact]
    public async Task A_sensitive_endpoint_is_closed_as_soon_as_the_session_ends()
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        var watchword = ClientOf(server, app);
        var (user, tokens) = await LoginAsync(watchword, Audience);
        await using var api = await ApiAsync(server, app, TimeProvider.System);
        using var http = new HttpClient { BaseAddress = new Uri(api.Urls.First()) };
        Assert.Equal((HttpStatusCode.OK, user), await WhoAsync(http, "/live", tokens.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, (await WhoAsync(http, "/live", null)).Status);
        await watchword.Sessions.LogoutAsync(tokens.SessionId!);
        Assert.Equal(HttpStatusCode.OK, (await WhoAsync(http, "/who", tokens.AccessToken)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await WhoAsync(http, "/live", tokens.AccessToken)).Status);

        var (_, others) = await LoginAsync(watchword, Audience);
        Assert.Equal(HttpStatusCode.OK, (await WhoAsync(http, "/live", others.AccessToken)).Status);
        await using var alone = await ApiAsync(server, app, TimeProvider.System, introspection: "http://127.0.0.1:1");
        using var cut = new HttpClient { BaseAddress = new Uri(alone.Urls.First()) };
        Assert.Equal(HttpStatusCode.OK, (await WhoAsync(cut, "/who", others.AccessToken)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await WhoAsync(cut, "/live", others.AccessToken)).Status);
    }

    [Fact]
    public async Task An_ID_token_proves_who_logged_in_and_what_was_approved_and_nothing_else()
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        var watchword = ClientOf(server, app);
        var approval = new JsonObject { ["amount"] = "10.00", ["payee"] = "Bob", ["count"] = 1 };
        var (user, tokens) = await LoginAsync(watchword, Audience, approval);
        var (_, others) = await LoginAsync(watchword, Audience);
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var http = new HttpClient();
        var validator = new IdTokenValidator(http, server.Url, app.ClientId, clock);

        var result = await validator.ValidateAsync(tokens.IdToken, new()
        {
            UserId = user,
            AccessToken = tokens.AccessToken,
            MaxAge = TimeSpan.FromMinutes(1),
            ApprovalData = new JsonObject { ["count"] = 1, ["payee"] = "Bob", ["amount"] = "10.00" },
        });
        Assert.True(result.Valid, result.Fault);
        Assert.Equal((user, "Bob"), (result.Token.UserId, (string?)result.Token.ApprovalData!["payee"]));
        Assert.InRange(clock.GetUtcNow() - result.Token.AuthTime, TimeSpan.FromSeconds(-2), TimeSpan.FromMinutes(1));

        await RefusedAsync(new() { UserId = "another" }, "another user");
        await RefusedAsync(new() { AccessToken = others.AccessToken }, "access token");
        await RefusedAsync(new() { Acr = "no-such" }, "acr");
        await RefusedAsync(new() { Amr = ["mfa"] }, "methods");
        await RefusedAsync(new() { ApprovalData = new JsonObject { ["amount"] = "10.00", ["payee"] = "Bob" } }, "something else");
        await RefusedAsync(new() { ApprovalData = new JsonObject { ["amount"] = "99.00", ["payee"] = "Bob", ["count"] = 1 } }, "something else");
        Assert.True((await validator.ValidateAsync(tokens.IdToken, new() { Acr = result.Token.Acr })).Valid);
        Assert.Contains("something else", (await validator.ValidateAsync(others.IdToken, new() { ApprovalData = approval })).Fault, StringComparison.Ordinal);
        foreach (var wrong in new[] { tokens.AccessToken, tokens.RefreshToken, "", Unsigned(tokens.IdToken) })
            Assert.False((await validator.ValidateAsync(wrong)).Valid);
        Assert.False((await new IdTokenValidator(http, server.Url, "another-client").ValidateAsync(tokens.IdToken)).Valid);

        clock.Advance(TimeSpan.FromMinutes(2));
        await RefusedAsync(new() { MaxAge = TimeSpan.FromMinutes(1) }, "too long ago");
        clock.Advance(TimeSpan.FromHours(1));
        await RefusedAsync(new(), "not a valid ID token");

        async Task RefusedAsync(IdTokenExpectation expectation, string why)
        {
            var refused = await validator.ValidateAsync(tokens.IdToken, expectation);
            Assert.False(refused.Valid);
            Assert.Null(refused.Token);
            Assert.Contains(why, refused.Fault, StringComparison.Ordinal);
        }
    }

    private static WatchwordClient ClientOf(TestServer server, TestApplication app) =>
        Backend.Client(server.Url, app.ClientId, app.ClientSecret, more: o => o.Issuer = null);

    private static async Task<(string UserId, UserTokens Tokens)> LoginAsync(WatchwordClient watchword, string? resource, JsonObject? approval = null)
    {
        var user = await watchword.Users.CreateAsync(new NewUser { PhoneNumber = Backend.NewPhone() });
        var who = Identifier.UserId(user.UserId);
        var sent = await watchword.Otp.SendAsync(new SendRequest { User = who, Channel = OtpChannel.Direct, ApprovalData = approval });
        var login = await watchword.Otp.AuthenticateAsync(new AuthenticateRequest { User = who, Passcode = sent.Code!, Resource = resource });
        return (user.UserId, login.Tokens!);
    }

    private static async Task<WebApplication> ApiAsync(TestServer server, TestApplication app, TimeProvider clock, string? introspection = null, Action<JwtBearerOptions>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(clock);
        builder.Services.AddAuthorization();
        builder.Services.AddAuthentication().AddWatchwordJwtBearer(server.Url, Audience, configure);
        builder.Services.AddWatchword(o => (o.ServerUrl, o.ClientId, o.ClientSecret, o.MaxRetries) = (new Uri(introspection ?? server.Url), app.ClientId, app.ClientSecret, 0));
        var api = builder.Build();
        api.MapGet("/who", (HttpContext http) => http.User.Identity!.Name).RequireAuthorization();
        api.MapGet("/live", (HttpContext http) => http.User.Identity!.Name).RequireLiveSession();
        await api.StartAsync();
        return api;
    }

    private static async Task<(HttpStatusCode Status, string Body)> WhoAsync(HttpClient http, string path, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The client's own token for the same API.</summary>
    private static async Task<string> TokenOfClientAsync(TestApplication app)
    {
        using var answer = await app.Server.Http.PostAsync("/oidc/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["client_id"] = app.ClientId, ["client_secret"] = app.ClientSecret, ["resource"] = Audience,
        }));
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["access_token"]!.ToString();
    }

    /// <summary>The same claims, signed by nobody.</summary>
    private static string Unsigned(string token)
    {
        var header = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[0]))!;
        header["alg"] = "none";
        return $"{System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(header.ToJsonString()))}.{token.Split('.')[1]}.";
    }
}
