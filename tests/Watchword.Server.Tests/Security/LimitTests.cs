using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class LimitsOnSqlite(SqliteServer shared) : LimitTests(shared), IClassFixture<SqliteServer>;

public sealed class LimitsOnPostgres(PostgresServer shared) : LimitTests(shared), IClassFixture<PostgresServer>;

/// <summary>Each limit on messages trips by itself, at its edge, and for its own destination only (I6, I27, I28, I30).</summary>
public abstract class LimitTests(SharedServer shared) : SecurityTests(shared)
{
    public static TheoryData<string> Spellings =>
    [
        " +44 7400 000001 ",
        "0044 (7400) 000-001",
        "＋４４７４０００００００１",
        "+44\u200B7400\u2060000001",
        "\u202A+447400000001\u202C",
        "+447400000001\n",
        "+44.7400.000.001",
    ];

    [Theory]
    [InlineData(30, 0, 0, 0, 1, 30)]
    [InlineData(0, 2, 0, 0, 2, 600)]
    [InlineData(0, 0, 2, 0, 2, 3600)]
    [InlineData(0, 0, 0, 2, 2, 86400)]
    public async Task Each_limit_trips_alone_and_ends_on_time(int cooldown, int tenMinutes, int hour, int day, int allowed, int seconds)
    {
        var app = await ApplicationAsync(settings: new { send_limits = new { cooldown_seconds = cooldown, per_10_minutes = tenMinutes, per_hour = hour, per_day = day } });
        await app.UserAsync();
        for (var i = 0; i < allowed; i++)
            await app.SmsAsync();
        await LimitedAsync(app, seconds);
        // A refused send does not count: the limit ends where it would have.
        Server.Clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        app = await AgainAsync(app);
        await LimitedAsync(app, 1);
        Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        app = await AgainAsync(app);
        await app.SmsAsync();
    }

    [Fact]
    public async Task A_limit_is_for_one_destination_one_channel_and_one_application()
    {
        var app = await ApplicationAsync(new { sms = new { }, email_otp = new { }, direct_otp = new { } });
        var other = await ApplicationAsync(beside: app);
        await app.PostAsync("/cis/v1/users", new { phone_number = Attack.Alice, email = "alice@acme.example" });
        await app.UserAsync(Attack.Bob);
        await other.UserAsync();
        await app.SmsAsync();
        await LimitedAsync(app, 30);

        await app.SmsAsync(Attack.Bob);
        await app.MessageAsync(new { channel = "email", identifier_type = "phone_number", identifier = Attack.Alice });
        await other.SmsAsync();
        for (var i = 0; i < 20; i++)
            await app.CodeAsync();

        // The owner gets in once the pause is over.
        Server.Clock.Advance(TimeSpan.FromSeconds(30));
        await (await app.AuthenticateAsync(Attack.CodeIn(await app.SmsAsync()))).JsonAsync(200);
    }

    [Fact]
    public async Task Codes_on_channel_direct_count_for_nothing()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        for (var i = 0; i < 20; i++)
            await app.CodeAsync();
        await app.SmsAsync();
    }

    [Fact]
    public async Task Sends_at_once_are_counted_one_by_one()
    {
        var app = await ApplicationAsync(settings: new { send_limits = new { cooldown_seconds = 0, per_10_minutes = 3, per_hour = 0, per_day = 0 } });
        await app.UserAsync();
        var before = Server.Sender.Messages.Count;
        var answers = await Attack.AtOnceAsync(40, _ => app.SendAsync(channel: "sms"));
        Assert.Equal(3, answers.Of(200));
        Assert.Equal(37, answers.Of(429));
        await Server.Sender.WaitAsync(before + 3);
    }

    [Fact]
    public async Task Neither_a_restart_nor_a_success_nor_another_client_resets_a_limit()
    {
        var app = await ApplicationAsync(settings: new { send_limits = new { cooldown_seconds = 0, per_10_minutes = 1, per_hour = 0, per_day = 0 } });
        await app.UserAsync();
        await (await app.AuthenticateAsync(Attack.CodeIn(await app.SmsAsync()))).JsonAsync(200);
        await LimitedAsync(app, 600);
        await LimitedAsync(await app.AnotherClientAsync(), 600);
        await Server.RestartAsync();
        await LimitedAsync(await AgainAsync(app), 600);
    }

    [Fact]
    public async Task A_custom_number_counts_as_the_number_that_it_is()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        await app.UserAsync(Attack.Bob);
        await app.SmsAsync();
        foreach (var spelling in (string[])[Attack.Alice, "00 44 7400 000001"])
        {
            Assert.Equal("auth_otp_send_limited", await (await app.SendAsync(new
            {
                channel = "sms", identifier_type = "phone_number", identifier = Attack.Bob, custom_phone_number = spelling,
            })).ErrorAsync(429));
        }
        Assert.Equal(400, (int)(await app.SendAsync(new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Bob, custom_phone_number = "07400 000001" })).StatusCode);
    }

    [Theory]
    [MemberData(nameof(Spellings))]
    public async Task Every_spelling_of_a_number_is_one_user_one_limit_and_one_count(string spelling)
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        Assert.Equal(409, (int)(await app.PostAsync("/cis/v1/users", new { phone_number = spelling })).StatusCode);
        Assert.Equal(1, (await (await app.Http.GetAsync("/cis/v1/users/count")).JsonAsync(200)).GetProperty("result").GetProperty("user_count").GetInt32());
        Assert.Equal(user, (await (await app.Http.GetAsync($"/cis/v1/users/phone-number/{Uri.EscapeDataString(spelling)}")).JsonAsync(200)).GetProperty("result").Text("user_id"));

        var code = Attack.CodeIn(await app.SmsAsync(spelling));
        await LimitedAsync(app, 30);
        Assert.Equal("auth_otp_send_limited", await (await app.SendAsync(spelling, "sms")).ErrorAsync(429));
        await (await app.AuthenticateAsync(TestApplication.WrongCode(code), spelling)).JsonAsync(400);
        await (await app.AuthenticateAsync(TestApplication.WrongCode(code))).JsonAsync(400);
        await (await app.AuthenticateAsync(TestApplication.WrongCode(code), spelling)).JsonAsync(400);
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(code)).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(code, spelling)).ErrorAsync(403));
    }

    [Theory]
    [InlineData("07400 000001")]
    [InlineData("447400000001")]
    [InlineData("+447400000001 x")]
    [InlineData("+447400000001;ext=1")]
    [InlineData("+44740000000١\nBcc: +447400000002")]
    [InlineData("tel:+447400000001")]
    [InlineData("+4474OOOOOOO1")]
    public async Task What_is_no_number_is_refused_everywhere(string text)
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        await (await app.PostAsync("/cis/v1/users", new { phone_number = text })).JsonAsync(400);
        await (await app.SendAsync(text, "sms")).JsonAsync(400);
        await (await app.AuthenticateAsync("000000", text)).JsonAsync(400);
        await (await app.SendAsync(new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice, custom_phone_number = text })).JsonAsync(400);
    }

    private static async Task LimitedAsync(TestApplication app, int seconds)
    {
        var refused = await app.SendAsync(channel: "sms");
        Assert.Equal("auth_otp_send_limited", await refused.ErrorAsync(429));
        Assert.Equal(TimeSpan.FromSeconds(seconds), refused.Headers.RetryAfter?.Delta);
    }
}
