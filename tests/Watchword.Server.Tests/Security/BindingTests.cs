using System.Globalization;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class BindingOnSqlite(SqliteServer shared) : BindingTests(shared), IClassFixture<SqliteServer>;

public sealed class BindingOnPostgres(PostgresServer shared) : BindingTests(shared), IClassFixture<PostgresServer>;

/// <summary>A code opens one thing: the door it was made for (I14), even for someone who can write to the database.</summary>
public abstract class BindingTests(SharedServer shared) : SecurityTests(shared)
{
    // Everything of a row but its key.
    private const string Copy =
        """
        challenge_id = (SELECT challenge_id FROM challenges WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user AND channel = @channel),
        code_hash = (SELECT code_hash FROM challenges WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user AND channel = @channel),
        destination_tag = (SELECT destination_tag FROM challenges WHERE tenant_id = @tenant AND app_id = @app AND user_id = @user AND channel = @channel)
        """;

    private static readonly object Methods = new { sms = new { maxFailures = 20, codeLength = 8 }, direct_otp = new { maxFailures = 20, codeLength = 8 } };

    [Fact]
    public async Task A_code_of_one_user_put_into_the_row_of_another_fails()
    {
        var app = await ApplicationAsync(Methods);
        var alice = await app.UserAsync();
        var bob = await app.UserAsync(Attack.Bob);
        var code = await app.CodeAsync();
        await app.CodeAsync(Attack.Bob);
        await CopyAsync(app, alice, "user_id = @to", bob);
        await WrongAsync(await app.AuthenticateAsync(code, Attack.Bob));
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }

    [Fact]
    public async Task A_code_of_one_application_put_into_the_row_of_another_fails()
    {
        var app = await ApplicationAsync(Methods);
        var other = await ApplicationAsync(Methods, beside: app);
        var user = await app.UserAsync();
        Assert.Equal(user, await other.UserAsync());
        var code = await app.CodeAsync();
        await WrongAsync(await other.AuthenticateAsync(code));
        await other.CodeAsync();
        await CopyAsync(app, user, "app_id = @to", other.AppId);
        await WrongAsync(await other.AuthenticateAsync(code));
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }

    [Fact]
    public async Task A_code_of_one_tenant_put_into_the_row_of_another_fails()
    {
        var app = await ApplicationAsync(Methods);
        var user = await app.UserAsync();
        var other = await ApplicationAsync(Methods);
        var theirs = await other.UserAsync();
        var code = await app.CodeAsync();
        await WrongAsync(await other.AuthenticateAsync(code));
        await other.CodeAsync();
        await CopyAsync(app, user, "user_id = @to", theirs);
        // Even where all ids but the tenant's were the same.
        await WrongAsync(await other.AuthenticateAsync(code));
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }

    [Fact]
    public async Task A_code_of_one_channel_put_into_the_row_of_another_fails()
    {
        var app = await ApplicationAsync(Methods);
        var user = await app.UserAsync();
        var code = Attack.CodeIn(await app.SmsAsync());
        await app.CodeAsync();
        await CopyAsync(app, user, "app_id = @app AND user_id = @user AND channel = @to", "direct", from: "sms");
        await Server.TamperAsync("DELETE FROM challenges WHERE user_id = @user AND channel = 'sms'", new { user });
        await WrongAsync(await app.AuthenticateAsync(code));
    }

    [Fact]
    public async Task A_code_with_another_destination_fails()
    {
        var app = await ApplicationAsync(Methods, Attack.NoSendLimits);
        var user = await app.UserAsync();
        var sent = await app.MessageAsync(new { channel = "sms", identifier_type = "user_id", identifier = user, custom_phone_number = Attack.Bob });
        var code = Attack.CodeIn(sent.Text);
        // A code that went to Bob's phone is made to look like one that went to Alice's own.
        var own = await app.AnotherClientAsync();
        await own.SmsAsync();
        await Server.TamperAsync(
            """
            UPDATE challenges SET custom_destination = 0, destination_tag = (SELECT destination_tag FROM challenges WHERE user_id = @user AND client_id = @own)
            WHERE user_id = @user AND client_id = @client
            """,
            new { user, own = own.ClientId, client = app.ClientId });
        await WrongAsync(await app.AuthenticateAsync(code));
    }

    [Fact]
    public async Task An_old_codes_hash_in_a_new_challenge_fails()
    {
        var app = await ApplicationAsync(Methods);
        var user = await app.UserAsync();
        var old = await app.CodeAsync();
        var hash = await Server.PeekAsync<byte[]>("SELECT code_hash FROM challenges WHERE user_id = @user", new { user });
        await app.CodeAsync();
        await Server.TamperAsync("UPDATE challenges SET code_hash = @hash WHERE user_id = @user", new { user, hash });
        await WrongAsync(await app.AuthenticateAsync(old));
    }

    [Fact]
    public async Task A_code_sent_to_a_number_that_is_no_longer_the_users_is_dead()
    {
        var app = await ApplicationAsync(Methods);
        var user = await app.UserAsync();
        var code = Attack.CodeIn(await app.SmsAsync());
        // Past the API, which would have killed the code.
        await Server.TamperAsync("UPDATE users SET phone_number = @bob WHERE user_id = @user", new { user, bob = Attack.Bob });
        await WrongAsync(await app.AuthenticateAsync(code, Attack.Bob));
        await Server.TamperAsync("UPDATE users SET phone_number = @alice WHERE user_id = @user", new { user, alice = Attack.Alice });
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_client_may_use_a_code_only_where_the_policy_says_so(bool allowed)
    {
        var app = await ApplicationAsync(new { direct_otp = new { codeLength = 8, crossClientsAllowed = allowed } });
        await app.UserAsync();
        var second = await app.AnotherClientAsync();
        var code = await app.CodeAsync();
        var answer = await second.AuthenticateAsync(code);
        if (allowed)
        {
            await answer.JsonAsync(200);
            return;
        }
        await WrongAsync(answer);
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }

    [Fact]
    public async Task A_request_id_must_come_back_where_one_was_given()
    {
        var app = await ApplicationAsync(Methods);
        await app.UserAsync();
        var (first, firstId) = await SendAsync();
        var (code, id) = await SendAsync();
        Assert.NotEqual(firstId, id);
        await WrongAsync(await app.AuthenticateAsync(code));
        foreach (var wrong in (string?[])[null, "", "x", firstId, id.ToUpperInvariant(), id + " "])
            await WrongAsync(await GuessAsync(code, wrong));
        await WrongAsync(await GuessAsync(first, firstId));
        await (await GuessAsync(code, id)).JsonAsync(200);

        // Where none was given, one that comes along changes nothing.
        await (await GuessAsync(await app.CodeAsync(), "anything")).JsonAsync(200);

        async Task<(string Code, string Id)> SendAsync()
        {
            var sent = await (await app.SendAsync(new { channel = "direct", identifier_type = "phone_number", identifier = Attack.Alice, generate_request_id = true })).JsonAsync(200);
            return (sent.Text("code"), sent.Text("request_id"));
        }

        Task<HttpResponseMessage> GuessAsync(string passcode, string? request) => app.AuthenticateAsync(new
        {
            passcode, identifier_type = "phone_number", identifier = Attack.Alice, request_id = request,
        });
    }

    [Fact]
    public async Task A_code_of_a_method_that_was_closed_meanwhile_is_dead()
    {
        var app = await ApplicationAsync(Methods);
        await app.UserAsync();
        var code = await app.CodeAsync();
        await app.ChangeMethodsAsync(new { sms = new { } });
        await WrongAsync(await app.AuthenticateAsync(code));
        await app.ChangeMethodsAsync(Methods);
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }

    [Fact]
    public async Task Only_the_very_digits_are_the_code()
    {
        var app = await ApplicationAsync(Methods);
        await app.UserAsync();
        var code = await app.CodeAsync();
        foreach (var guess in (string[])[code[1..], code[..^1], "0" + code, " " + code, code + "\n", code + "\u200B", string.Concat(code.Select(c => (char)(c - '0' + '０')))])
            await WrongAsync(await app.AuthenticateAsync(guess));
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }

    [Theory]
    [InlineData(60, 2)]
    [InlineData(2, 2)]
    [InlineData(1, 1)]
    public async Task A_caller_may_shorten_a_codes_life_but_not_lengthen_it(int asked, int minutes)
    {
        var app = await ApplicationAsync(new { direct_otp = new { expiresIn = 2 } });
        await app.UserAsync();
        Assert.Equal(200, await GuessAfterAsync(TimeSpan.FromMinutes(minutes) - TimeSpan.FromMilliseconds(1)));
        Assert.Equal(400, await GuessAfterAsync(TimeSpan.FromMinutes(minutes)));

        async Task<int> GuessAfterAsync(TimeSpan time)
        {
            var sent = await (await app.SendAsync(new { channel = "direct", identifier_type = "phone_number", identifier = Attack.Alice, expires_in = asked })).JsonAsync(200);
            Server.Clock.Advance(time);
            return (int)(await app.AuthenticateAsync(sent.Text("code"))).StatusCode;
        }
    }

    private async Task CopyAsync(TestApplication app, string user, string where, string to, string from = "direct")
    {
        var tenant = await Server.PeekAsync<string>("SELECT tenant_id FROM applications WHERE app_id = @app", new { app = app.AppId });
        Assert.Equal(1, await Server.TamperAsync(
            string.Create(CultureInfo.InvariantCulture, $"UPDATE challenges SET {Copy} WHERE {where}"), new { tenant, app = app.AppId, user, channel = from, to }));
    }

    private static async Task WrongAsync(HttpResponseMessage answer) => Assert.Equal("auth_invalid_credentials", await answer.ErrorAsync(400));
}
