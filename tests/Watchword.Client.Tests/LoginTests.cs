using Watchword.Client.Otp;
using Watchword.Client.Sessions;
using Watchword.Client.Users;
using Watchword.Server.Tests.Harness;

namespace Watchword.Client.Tests;

/// <summary>Logging in, and everything that normally goes wrong with it.</summary>
public sealed class LoginTests(SharedServers servers)
{
    [Fact]
    public async Task A_code_by_SMS_logs_a_new_user_in()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        var watchword = app.Client();
        var phone = Backend.NewPhone();
        var user = await watchword.Users.GetOrCreateAsync(new NewUser { PhoneNumber = phone });

        var sent = await watchword.Otp.SendAsync(Identifier.PhoneNumber(phone));
        Assert.Equal((SendOutcome.Sent, null, null), (sent.Outcome, sent.Code, sent.RequestId));
        var code = (await app.Server.Sender.WaitForAsync(phone)).Text.Split(' ')[6];
        var login = await watchword.Otp.AuthenticateAsync(Identifier.PhoneNumber(phone), code);

        Assert.True(login.Accepted);
        Assert.NotNull(login.Tokens.SessionId);
        Assert.Equal(("Bearer", 3600), (login.Tokens.TokenType, login.Tokens.ExpiresIn));
        var known = await watchword.Users.GetAsync(user.UserId);
        Assert.True(known!.PhoneNumber!.PhoneNumberVerified);
        Assert.Equal((UserStatus.Pending, UserStatus.Active), (user.Status, known.Status));
        Assert.Equal("sms_otp", Assert.Single(known.Identities).AuthType);
        Assert.NotNull(known.LastAuth);
    }

    [Fact]
    public async Task A_user_logs_in_by_whatever_they_are_known_by()
    {
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client();
        var phone = Backend.NewPhone();
        var user = await watchword.Users.CreateAsync(new NewUser { PhoneNumber = phone, Email = "ada@example.com", Username = "ada" });
        foreach (var identifier in new[] { Identifier.PhoneNumber(phone), Identifier.Email("ada@example.com"), Identifier.UserId(user.UserId), Identifier.Username("ada") })
        {
            var sent = await watchword.Otp.SendAsync(identifier, OtpChannel.Direct);
            Assert.True((await watchword.Otp.AuthenticateAsync(identifier, sent.Code!)).Accepted, identifier.Type);
        }
        Assert.Throws<InvalidOperationException>(() => default(Identifier).Type);
    }

    [Fact]
    public async Task Wrong_codes_a_late_code_a_lock_and_a_disabled_user_are_outcomes()
    {
        await using var server = await TestServer.StartAsync();
        var app = await server.ApplicationAsync();
        var watchword = app.Client(time: server.Clock);
        var management = Backend.Client(server.Url, TestServer.ManagementClientId, TestServer.ManagementClientSecret, time: server.Clock);
        var user = await watchword.Users.CreateAsync(new NewUser { PhoneNumber = "+447400000001" });
        var who = Identifier.UserId(user.UserId);

        var code = (await watchword.Otp.SendAsync(who, OtpChannel.Direct)).Code!;
        Assert.Equal(AuthenticateOutcome.WrongCode, (await watchword.Otp.AuthenticateAsync(who, TestApplication.WrongCode(code))).Outcome);
        server.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(AuthenticateOutcome.Expired, (await watchword.Otp.AuthenticateAsync(who, code)).Outcome);
        code = (await watchword.Otp.SendAsync(who, OtpChannel.Direct)).Code!;
        Assert.Equal(AuthenticateOutcome.WrongCode, (await watchword.Otp.AuthenticateAsync(who, TestApplication.WrongCode(code))).Outcome);
        var locked = await watchword.Otp.AuthenticateAsync(who, code);
        Assert.Equal((AuthenticateOutcome.Locked, TimeSpan.FromMinutes(15)), (locked.Outcome, locked.RetryAfter));
        var unsent = await watchword.Otp.SendAsync(who, OtpChannel.Direct);
        Assert.Equal((SendOutcome.Locked, TimeSpan.FromMinutes(15)), (unsent.Outcome, unsent.RetryAfter));

        Assert.True(await management.Users.UnlockAsync(user.UserId));
        Assert.True((await watchword.Otp.SendAsync(who, OtpChannel.Direct)).Sent);
        await management.Users.UpdateAsync(user.UserId, new UserUpdate { Status = UserStatus.Disabled });
        Assert.Equal(SendOutcome.UserNotActive, (await watchword.Otp.SendAsync(who)).Outcome);
        Assert.Equal(AuthenticateOutcome.UserNotActive, (await watchword.Otp.AuthenticateAsync(who, code)).Outcome);
    }

    [Fact]
    public async Task A_limit_says_how_long_to_wait_and_a_user_without_a_destination_is_an_outcome()
    {
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client();
        var phone = Backend.NewPhone();
        await watchword.Users.CreateAsync(new NewUser { PhoneNumber = phone });
        await watchword.Users.CreateAsync(new NewUser { Email = "no-phone@example.com" });

        Assert.True((await watchword.Otp.SendAsync(Identifier.PhoneNumber(phone))).Sent);
        var limited = await watchword.Otp.SendAsync(Identifier.PhoneNumber(phone));
        Assert.Equal(SendOutcome.Limited, limited.Outcome);
        Assert.InRange(limited.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));
        Assert.Equal(SendOutcome.EmailAddressMissing, (await watchword.Otp.SendAsync(Identifier.PhoneNumber(phone), OtpChannel.Email)).Outcome);
        Assert.Equal(SendOutcome.PhoneNumberMissing, (await watchword.Otp.SendAsync(Identifier.Email("no-phone@example.com"))).Outcome);
        Assert.Equal(SendOutcome.UserNotFound, (await watchword.Otp.SendAsync(Identifier.UserId("nobody"))).Outcome);
        Assert.Equal(AuthenticateOutcome.WrongCode, (await watchword.Otp.AuthenticateAsync(Identifier.UserId("nobody"), "123456")).Outcome);
    }

    [Fact]
    public async Task What_is_wrong_with_the_program_is_an_exception_that_tells_every_fault()
    {
        var closed = (await servers.ApplicationAsync(Engine.Sqlite, authMethods: new { sms = new { } })).Client();
        var phone = Backend.NewPhone();
        await closed.Users.CreateAsync(new NewUser { PhoneNumber = phone });

        var channel = await Assert.ThrowsAsync<WatchwordException>(() => closed.Otp.SendAsync(Identifier.PhoneNumber(phone), OtpChannel.Direct));
        Assert.Equal((ErrorCodes.ChannelClosed, 403, "/cis/v1/auth/otp/send"), (channel.ErrorCode, (int)channel.StatusCode!, channel.Route));
        var input = await Assert.ThrowsAsync<WatchwordException>(() => closed.Users.CreateAsync(new NewUser { PhoneNumber = "1", Language = "!" }));
        Assert.Equal((ErrorCodes.InvalidInput, 2), (input.ErrorCode, input.Faults.Count));
        var kind = await Assert.ThrowsAsync<WatchwordException>(() => closed.Management.Applications.ListAsync());
        Assert.Equal(ErrorCodes.Forbidden, kind.ErrorCode);
    }

    [Fact]
    public async Task All_that_can_be_said_about_a_send_and_a_login_arrives()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        var watchword = app.Client();
        var (phone, other) = (Backend.NewPhone(), Backend.NewPhone());
        await watchword.Users.CreateAsync(new NewUser { PhoneNumber = phone });

        var sent = await watchword.Otp.SendAsync(new SendRequest
        {
            User = Identifier.PhoneNumber(phone),
            CustomMessage = "{otp} opens {app}",
            SenderId = "Acme",
            CustomPhoneNumber = other,
            ExpiresInMinutes = 2,
            GenerateRequestId = true,
            ClientAttributes = new("browser", "192.0.2.1"),
        });
        var message = await app.Server.Sender.WaitForAsync(other);
        Assert.Matches("^[0-9]{6} opens ", message.Text);
        var code = message.Text[..6];
        Assert.Equal(AuthenticateOutcome.WrongCode, (await watchword.Otp.AuthenticateAsync(Identifier.PhoneNumber(phone), code)).Outcome);
        var login = await watchword.Otp.AuthenticateAsync(new AuthenticateRequest
        {
            User = Identifier.PhoneNumber(phone),
            Passcode = code,
            RequestId = sent.RequestId,
            Resource = "https://api.example",
            IdTokenClaims = ["phone_number"],
            AccessTokenClaims = ["phone_number_verified"],
        });
        Assert.True(login.Accepted);
        var access = Claims(login.Tokens.AccessToken);
        Assert.Equal("https://api.example", access.GetProperty("aud").GetString());
        Assert.False(access.GetProperty("phone_number_verified").GetBoolean());
        Assert.Equal(phone, Claims(login.Tokens.IdToken).GetProperty("phone_number").GetString());

        var direct = await watchword.Otp.SendAsync(Identifier.PhoneNumber(phone), OtpChannel.Direct);
        var lost = await watchword.Otp.AuthenticateAsync(new AuthenticateRequest { User = Identifier.PhoneNumber(phone), Passcode = direct.Code!, SessionId = "gone" });
        Assert.Equal(AuthenticateOutcome.SessionNotFound, lost.Outcome);
    }

    [Fact]
    public async Task A_session_goes_on_until_it_is_ended()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        var watchword = app.Client();
        var phone = Backend.NewPhone();
        var user = await watchword.Users.CreateAsync(new NewUser { PhoneNumber = phone });

        var first = await LoginAsync();
        var fresh = await watchword.Sessions.RefreshAsync(first.RefreshToken);
        Assert.True(fresh.Accepted);
        Assert.Null(fresh.Tokens.SessionId);
        Assert.True((await watchword.Sessions.AuthenticateAsync(first.SessionId!)).Accepted);
        var session = Assert.Single(await watchword.Sessions.ListAsync(user.UserId));
        Assert.Equal(TimeSpan.FromDays(14), session.ExpirationTime - session.StartTime);
        Assert.True((await watchword.Tokens.IntrospectAsync(fresh.Tokens.AccessToken)).Active);
        Assert.Equal(user.UserId, (await watchword.Tokens.GetUserInfoAsync(fresh.Tokens.AccessToken))!.Subject);
        Assert.Equal(phone, (string?)(await watchword.Tokens.GetUserInfoAsync(fresh.Tokens.AccessToken))!.Claims["phone_number"]);

        Assert.Equal(SessionOutcome.Ended, (await watchword.Sessions.RefreshAsync(first.RefreshToken)).Outcome);
        Assert.False((await watchword.Tokens.IntrospectAsync(fresh.Tokens.AccessToken)).Active);
        Assert.Null(await watchword.Tokens.GetUserInfoAsync(fresh.Tokens.AccessToken));
        Assert.Equal(SessionOutcome.Ended, (await watchword.Sessions.AuthenticateAsync(first.SessionId!)).Outcome);
        Assert.False(await watchword.Sessions.LogoutAsync(first.SessionId!));

        var second = await LoginAsync();
        Assert.True(await watchword.Sessions.LogoutAsync(second.SessionId!));
        var third = await LoginAsync();
        await watchword.Tokens.RevokeAsync(third.RefreshToken);
        Assert.Equal(SessionOutcome.Ended, (await watchword.Sessions.RefreshAsync(third.RefreshToken)).Outcome);
        await LoginAsync();
        Assert.True(await watchword.Sessions.EndAllAsync(user.UserId));
        Assert.Empty(await watchword.Sessions.ListAsync(user.UserId));
        Assert.False(await watchword.Sessions.EndAllAsync("nobody"));

        async Task<UserTokens> LoginAsync()
        {
            var sent = await watchword.Otp.SendAsync(Identifier.UserId(user.UserId), OtpChannel.Direct);
            return (await watchword.Otp.AuthenticateAsync(Identifier.UserId(user.UserId), sent.Code!)).Tokens!;
        }
    }

    private static System.Text.Json.JsonElement Claims(string token) =>
        System.Text.Json.JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]));
}
