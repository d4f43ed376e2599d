using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Client.AspNetCore;
using Watchword.Client.Management;
using Watchword.Client.Otp;
using Watchword.Client.Sessions;
using Watchword.Client.Users;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Interop;

namespace Watchword.Client.Tests;

/// <summary>The code that the documentation shows, run against a server.</summary>
public sealed class Snippets
{
    [Fact]
    public async Task The_code_in_the_documentation_works()
    {
        await using var server = await Loopback.ServerAsync();
        var app = await server.ApplicationAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration["Watchword:ServerUrl"] = server.Url;
        builder.Configuration["Watchword:ClientId"] = app.ClientId;
        builder.Configuration["Watchword:ClientSecret"] = app.ClientSecret;
        builder.Configuration["WatchwordAdmin:ServerUrl"] = server.Url;
        builder.Configuration["WatchwordAdmin:ClientId"] = TestServer.ManagementClientId;
        builder.Configuration["WatchwordAdmin:ClientSecret"] = TestServer.ManagementClientSecret;
        Register(builder);
        await using var api = builder.Build();
        Map(api);
        var watchword = api.Services.GetRequiredService<WatchwordClient>();
        var phone = Backend.NewPhone();

        Assert.Equal("Type the code we sent you.", await BeginAsync(watchword, phone));
        var code = (await server.Sender.WaitForAsync(phone)).Text.Split(' ')[6];
        Assert.IsType<string>(await FinishAsync(watchword, phone, TestApplication.WrongCode(code)));
        var tokens = Assert.IsType<UserTokens>(await FinishAsync(watchword, phone, code));
        Assert.True(await GoOnAsync(watchword, tokens));
        Assert.Equal(1, await UsersAsync(watchword, phone));
        await AdministerAsync(api.Services, app.AppId);
        await ByHandAsync(new Uri(server.Url), app);
        Assert.Equal("user_not_found", await FailAsync(watchword));

        var validator = new IdTokenValidator(new HttpClient(), server.Url, app.ClientId);
        Assert.True(await ApproveAsync(watchword, validator, phone));
    }

    private static void Register(WebApplicationBuilder builder)
    {
        // snippet: register
        builder.Services.AddWatchword(builder.Configuration.GetSection("Watchword"));
        // end

        // snippet: register-admin
        builder.Services.AddWatchword("admin", builder.Configuration.GetSection("WatchwordAdmin"));
        // end

        // snippet: guard
        builder.Services.AddAuthentication().AddWatchwordJwtBearer("https://login.example.com", audience: "https://api.example.com");
        builder.Services.AddAuthorization();
        // end
    }

    private static void Map(WebApplication app)
    {
        // snippet: endpoints
        app.MapGet("/account", (HttpContext http) => $"Hello, {http.User.Identity!.Name}").RequireAuthorization();
        app.MapPost("/account/close", () => "Closed.").RequireLiveSession();
        // end
    }

    private static async Task<string> BeginAsync(WatchwordClient watchword, string phone)
    {
        // snippet: send
        await watchword.Users.GetOrCreateAsync(new NewUser { PhoneNumber = phone });
        var sent = await watchword.Otp.SendAsync(Identifier.PhoneNumber(phone));
        return sent.Outcome switch
        {
            SendOutcome.Sent => "Type the code we sent you.",
            SendOutcome.Limited => $"You can have another code in {sent.RetryAfter!.Value.TotalSeconds} seconds.",
            _ => "We cannot send you a code now.",
        };
        // end
    }

    private static async Task<object> FinishAsync(WatchwordClient watchword, string phone, string typed)
    {
        // snippet: authenticate
        var login = await watchword.Otp.AuthenticateAsync(Identifier.PhoneNumber(phone), typed);
        if (login.Accepted)
            return login.Tokens;
        return login.Outcome switch
        {
            AuthenticateOutcome.WrongCode => "That is not the code. Try again.",
            AuthenticateOutcome.Expired => "That code is too old. Ask for a new one.",
            AuthenticateOutcome.Locked => "Too many wrong codes. Wait a while.",
            _ => "You cannot log in.",
        };
        // end
    }

    private static async Task<bool> GoOnAsync(WatchwordClient watchword, UserTokens tokens)
    {
        // snippet: refresh
        var session = await watchword.Sessions.RefreshAsync(tokens.RefreshToken);
        if (!session.Accepted)
            return false; // Log the user in again.
        tokens = session.Tokens; // Keep the new refresh token; the old one is spent.
        // end
        return (await watchword.Tokens.IntrospectAsync(tokens.AccessToken)).Active;
    }

    private static async Task<int> UsersAsync(WatchwordClient watchword, string phone)
    {
        var count = 0;
        var name = "O'Hara";
        // snippet: users
        var user = await watchword.Users.GetByPhoneNumberAsync(phone);
        await watchword.Users.UpdateAsync(user!.UserId, new UserUpdate
        {
            Name = new PersonName(FirstName: "Scarlett", LastName: name),
            Language = "fr",
            Username = null, // cleared; whatever is not named here stays
        });

        await foreach (var found in watchword.Users.ListAsync(new UserQuery { Filter = UserQuery.FilterOf($"name.last_name eq {name}") }))
            count++;
        // end
        return count;
    }

    private static async Task<bool> ApproveAsync(WatchwordClient watchword, IdTokenValidator validator, string phone)
    {
        var user = Identifier.PhoneNumber(phone);
        var typed = "";
        // snippet: approve
        var order = new JsonObject { ["amount"] = "120.00 EUR", ["payee"] = "Bob's Bikes" };
        var sent = await watchword.Otp.SendAsync(new SendRequest { User = user, Channel = OtpChannel.Direct, ApprovalData = order });
        // end
        typed = sent.Code!;
        // snippet: approved
        var login = await watchword.Otp.AuthenticateAsync(user, typed);
        if (!login.Accepted)
            return false;
        var proof = await validator.ValidateAsync(login.Tokens.IdToken, new IdTokenExpectation
        {
            ApprovalData = order, // from your own records
            AccessToken = login.Tokens.AccessToken,
            MaxAge = TimeSpan.FromMinutes(5),
        });
        return proof.Valid;
        // end
    }

    private static async Task<string> FailAsync(WatchwordClient watchword)
    {
        // snippet: errors
        try
        {
            await watchword.Users.CreateAsync(new NewUser { PhoneNumber = "twelve" });
        }
        catch (WatchwordException refused) when (refused.ErrorCode == ErrorCodes.InvalidInput)
        {
            foreach (var fault in refused.Faults)
                Console.Error.WriteLine(fault);
        }
        // end
        return (await watchword.Otp.SendAsync(Identifier.UserId("nobody"))).Outcome == SendOutcome.UserNotFound ? ErrorCodes.UserNotFound : "";
    }

    private static async Task AdministerAsync(IServiceProvider services, string appId)
    {
        // snippet: admin
        var admin = services.GetRequiredKeyedService<WatchwordClient>("admin").Management;
        await admin.LoginPreferences.ReplaceAsync(appId, new LoginPreferences(Sms: new OtpPolicy(ExpiresIn: 3), DirectOtp: new OtpPolicy()));
        await foreach (var message in admin.Messages.ListAsync(new MessageQuery { Status = MessageStatus.Failed }))
            Console.WriteLine($"{message.CreatedAt:u} {message.To}: {message.Error}");
        // end
    }

    private static async Task ByHandAsync(Uri serverUrl, TestApplication app)
    {
        var (clientId, clientSecret) = (app.ClientId, app.ClientSecret);
        using var http = new HttpClient();
        // snippet: by-hand
        var watchword = new WatchwordClient(http, new WatchwordOptions { ServerUrl = serverUrl, ClientId = clientId, ClientSecret = clientSecret });
        // end
        Assert.Equal(1, await watchword.Users.CountAsync());

        // snippet: test-double
        var fake = new WatchwordClient(new HttpClient(new Stub()), new WatchwordOptions { ServerUrl = serverUrl, ClientId = "id", ClientSecret = "secret" });
        // end
        Assert.False((await fake.Otp.AuthenticateAsync(Identifier.UserId("x"), "123456")).Accepted);
    }

    // snippet: stub
    private sealed class Stub : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(request.RequestUri!.AbsolutePath == "/oidc/token"
                ? new HttpResponseMessage { Content = new StringContent("""{"access_token":"t","expires_in":3600}""") }
                : new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = new StringContent("""{"error_code":"auth_invalid_credentials","message":"No."}""") });
    }
    // end
}
