using System.Net.Http.Json;
using System.Text.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class VerificationOnSqlite(SqliteServer shared) : VerificationTests(shared), IClassFixture<SqliteServer>;

public sealed class VerificationOnPostgres(PostgresServer shared) : VerificationTests(shared), IClassFixture<PostgresServer>;

/// <summary>What a login proves about a number (I15), where codes go (I16), and what tokens say was done (I22).</summary>
public abstract class VerificationTests(SharedServer shared) : SecurityTests(shared)
{
    [Fact]
    public async Task Only_a_code_that_went_to_the_very_number_verifies_it()
    {
        var app = await ApplicationAsync(settings: Attack.NoSendLimits);
        var user = await app.UserAsync();
        await app.LoginAsync();
        Assert.False(await IsVerifiedAsync(app, user));

        var custom = await app.MessageAsync(new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice, custom_phone_number = Attack.Bob });
        Assert.Equal(Attack.Bob, custom.To);
        await (await app.AuthenticateAsync(Attack.CodeIn(custom.Text))).JsonAsync(200);
        Assert.False(await IsVerifiedAsync(app, user));

        var own = await app.MessageAsync(new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice });
        Assert.Equal(Attack.Alice, own.To);
        Assert.False(await IsVerifiedAsync(app, user));
        await (await app.AuthenticateAsync(TestApplication.WrongCode(Attack.CodeIn(own.Text)))).JsonAsync(400);
        Assert.False(await IsVerifiedAsync(app, user));
        await (await app.AuthenticateAsync(Attack.CodeIn(own.Text))).JsonAsync(200);
        Assert.True(await IsVerifiedAsync(app, user));
    }

    [Fact]
    public async Task A_code_by_email_verifies_the_address_and_not_the_number()
    {
        var app = await ApplicationAsync();
        var user = (await (await app.PostAsync("/cis/v1/users", new { phone_number = Attack.Alice, email = "alice@acme.example" })).JsonAsync(201)).GetProperty("result").Text("user_id");
        var mail = await app.MessageAsync(new { channel = "email", identifier_type = "phone_number", identifier = Attack.Alice });
        Assert.Equal("alice@acme.example", mail.To);
        await (await app.AuthenticateAsync(Attack.CodeIn(mail.Text))).JsonAsync(200);
        var seen = await app.ReadUserAsync(user);
        Assert.True(seen.GetProperty("email").GetProperty("email_verified").GetBoolean());
        Assert.False(await IsVerifiedAsync(app, user));
    }

    [Fact]
    public async Task A_caller_cannot_say_that_a_number_is_verified()
    {
        var app = await ApplicationAsync();
        var user = (await (await app.PostAsync("/cis/v1/users", new
        {
            phone_number = Attack.Alice, phone_number_verified = true, phone_verified_at = 1, status = "Active", verified_at = "2020-01-01T00:00:00Z",
        })).JsonAsync(201)).GetProperty("result").Text("user_id");
        Assert.False(await IsVerifiedAsync(app, user));
        Assert.Equal("Pending", (await app.ReadUserAsync(user)).Text("status"));
        await app.ChangeUserAsync(user, new { phone_number_verified = true, phone_verified_at = 1 });
        Assert.False(await IsVerifiedAsync(app, user));
        Assert.Equal(403, (int)(await app.Http.PutAsJsonAsync($"/cis/v1/users/{user}", new { status = "Active" })).StatusCode);
    }

    [Fact]
    public async Task A_new_number_is_a_new_binding()
    {
        var app = await ApplicationAsync(new { sms = new { maxFailures = 20 }, direct_otp = new { maxFailures = 20 } }, Attack.NoSendLimits);
        var user = await app.UserAsync();
        var login = await (await app.AuthenticateAsync(Attack.CodeIn(await app.SmsAsync()))).JsonAsync(200);
        Assert.True(await IsVerifiedAsync(app, user));
        var second = await app.AnotherClientAsync();
        var codes = new[]
        {
            Attack.CodeIn(await app.SmsAsync()),
            await app.CodeAsync(),
            Attack.CodeIn((await second.MessageAsync(new { channel = "sms", identifier_type = "user_id", identifier = user, custom_phone_number = "+447400000003" })).Text),
        };

        await app.ChangeUserAsync(user, new { phone_number = Attack.Bob });
        Assert.False(await IsVerifiedAsync(app, user));
        foreach (var code in codes)
        {
            foreach (var client in (TestApplication[])[app, second])
                Assert.Equal("auth_invalid_credentials", await (await client.AuthenticateAsync(new { passcode = code, identifier_type = "user_id", identifier = user })).ErrorAsync(400));
        }
        Assert.Equal("""{"active":false}""", await app.IntrospectAsync(login.Text("access_token")));
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(400);

        // Going back does not bring the mark back.
        await app.ChangeUserAsync(user, new { phone_number = Attack.Alice });
        Assert.False(await IsVerifiedAsync(app, user));
        await (await app.AuthenticateAsync(codes[0])).JsonAsync(400);
    }

    [Fact]
    public async Task The_same_number_in_another_spelling_is_no_new_number()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        var login = await (await app.AuthenticateAsync(Attack.CodeIn(await app.SmsAsync()))).JsonAsync(200);
        await app.ChangeUserAsync(user, new { phone_number = "0044 (7400) 000-001" });
        Assert.True(await IsVerifiedAsync(app, user));
        Assert.True(await app.IsActiveAsync(login.Text("access_token")));
    }

    [Fact]
    public async Task Nothing_is_sent_to_someone_who_is_not_a_user_of_the_application()
    {
        var app = await ApplicationAsync();
        var other = await ApplicationAsync(beside: app);
        var bob = await other.UserAsync(Attack.Bob);
        foreach (var (type, value) in ((string, string)[])[("phone_number", Attack.Bob), ("user_id", bob), ("phone_number", "+447400000088")])
        {
            foreach (var custom in (string?[])[null, Attack.Alice])
            {
                Assert.Equal("user_not_found", await (await app.SendAsync(new
                {
                    channel = "sms", identifier_type = type, identifier = value, custom_phone_number = custom,
                })).ErrorAsync(404));
            }
        }
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE app_id = @app", new { app = app.AppId }));
    }

    [Fact]
    public async Task Ending_one_users_sessions_leaves_the_others()
    {
        var app = await ApplicationAsync();
        var other = await ApplicationAsync(beside: app);
        var alice = await app.UserAsync();
        await app.UserAsync(Attack.Bob);
        await other.UserAsync();
        var (mine, theirs, elsewhere) = (await app.LoginAsync(), await app.LoginAsync(Attack.Bob), await other.LoginAsync());
        Assert.Equal(204, (int)(await app.Http.DeleteAsync($"/cis/v1/auth/users/{alice}/sessions")).StatusCode);
        Assert.False(await app.IsActiveAsync(mine.Text("access_token")));
        Assert.True(await app.IsActiveAsync(theirs.Text("access_token")));
        Assert.True(await other.IsActiveAsync(elsewhere.Text("access_token")));
    }

    [Fact]
    public async Task Tokens_say_exactly_how_the_user_logged_in()
    {
        var app = await ApplicationAsync(settings: Attack.NoSendLimits);
        await app.PostAsync("/cis/v1/users", new { phone_number = Attack.Alice, email = "alice@acme.example" });
        var direct = await app.LoginAsync();
        Says(direct, "urn:watchword:acr:otp", "otp");
        var sms = await (await app.AuthenticateAsync(Attack.CodeIn(await app.SmsAsync()))).JsonAsync(200);
        Says(sms, "urn:watchword:acr:otp", "sms");
        var email = await (await app.AuthenticateAsync(Attack.CodeIn((await app.MessageAsync(new { channel = "email", identifier_type = "phone_number", identifier = Attack.Alice })).Text))).JsonAsync(200);
        Says(email, "urn:watchword:acr:otp", "eotp");

        // The same method twice is one method.
        Says(await JoinAsync(sms, Attack.CodeIn(await app.SmsAsync())), "urn:watchword:acr:otp", "sms");
        var both = await JoinAsync(sms, Attack.CodeIn((await app.MessageAsync(new { channel = "email", identifier_type = "phone_number", identifier = Attack.Alice })).Text));
        Says(both, "urn:watchword:acr:mfa", "sms", "eotp", "mfa");
        Says(await (await app.RefreshAsync(both.Text("refresh_token"))).JsonAsync(200), "urn:watchword:acr:mfa", "sms", "eotp", "mfa");
        Says(await (await app.ResumeAsync(email.Text("session_id"))).JsonAsync(200), "urn:watchword:acr:otp", "eotp");

        async Task<JsonElement> JoinAsync(JsonElement login, string code) => await (await app.AuthenticateAsync(new
        {
            passcode = code, identifier_type = "phone_number", identifier = Attack.Alice, session_id = login.Text("session_id"),
        })).JsonAsync(200);
    }

    [Fact]
    public async Task Nobody_joins_a_session_that_is_not_their_own()
    {
        var app = await ApplicationAsync(new { direct_otp = new { maxFailures = 20 } });
        var other = await ApplicationAsync(beside: app);
        await app.UserAsync();
        await app.UserAsync(Attack.Bob);
        await other.UserAsync();
        var (bobs, elsewhere) = (await app.LoginAsync(Attack.Bob), await other.LoginAsync());
        var code = await app.CodeAsync();
        var sid = Attack.ClaimsOf((await app.LoginAsync(Attack.Bob)).Text("id_token")).Text("sid");
        foreach (var session in (string[])[bobs.Text("session_id"), elsewhere.Text("session_id"), sid, "x", bobs.Text("refresh_token")])
        {
            Assert.Equal("session_not_found", await (await app.AuthenticateAsync(new
            {
                passcode = code, identifier_type = "phone_number", identifier = Attack.Alice, session_id = session,
            })).ErrorAsync(400));
        }
    }

    [Fact]
    public async Task The_public_name_of_a_session_opens_nothing()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var login = await app.LoginAsync();
        var sid = Attack.ClaimsOf(login.Text("access_token")).Text("sid");
        foreach (var forged in (string[])[sid, $"wws.{sid}.", $"wws.{sid}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", login.Text("refresh_token")])
            Assert.Equal("session_not_found", await (await app.ResumeAsync(forged)).ErrorAsync(400));
        foreach (var forged in (string[])[sid, $"wwr.{sid}.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", login.Text("session_id")])
            await (await app.RefreshAsync(forged)).JsonAsync(400);
        // A guess at a refresh token ends nobody's session.
        await (await app.RefreshAsync(login.Text("refresh_token"))).JsonAsync(200);
    }

    private static void Says(JsonElement tokens, string acr, params string[] amr)
    {
        foreach (var name in (string[])["access_token", "id_token"])
        {
            var claims = Attack.ClaimsOf(tokens.Text(name));
            Assert.Equal(amr, claims.GetProperty("amr").EnumerateArray().Select(a => a.GetString()));
            Assert.Equal(acr, claims.Text("acr"));
        }
    }

    private static async Task<bool> IsVerifiedAsync(TestApplication app, string user) =>
        (await app.ReadUserAsync(user)).GetProperty("phone_number").GetProperty("phone_number_verified").GetBoolean();
}
