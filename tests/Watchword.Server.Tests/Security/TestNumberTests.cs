using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Watchword.Server.Delivery;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class TestNumbersOnSqlite(SqliteServer shared) : TestNumberTests(shared, Engine.Sqlite), IClassFixture<SqliteServer>;

public sealed class TestNumbersOnPostgres(PostgresServer shared) : TestNumberTests(shared, Engine.Postgres), IClassFixture<PostgresServer>;

/// <summary>Numbers of testers: a fixed code that is never sent, and that opens and proves no more than it must.</summary>
public abstract class TestNumberTests(SharedServer shared, Engine engine) : SecurityTests(shared)
{
    private const string Code = "40414243";

    [Fact]
    public async Task A_test_number_logs_in_by_its_fixed_code_again_and_again_and_nothing_is_sent()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        await SetAsync(app, Attack.Alice);
        var before = Server.Sender.Messages.Count;
        for (var i = 0; i < 12; i++)
        {
            Assert.Equal("""{"message":"OTP sent"}""", (await (await app.SendAsync(channel: "sms")).JsonAsync(200)).GetRawText());
            await (await app.AuthenticateAsync(Code)).JsonAsync(200);
        }
        // Each is on record, without a text.
        Assert.Equal(12, await Server.PeekAsync<long>(
            "SELECT COUNT(*) FROM outbox WHERE app_id = @app AND status = 'test' AND body = '' AND segments = 0 AND masked_destination = '+44*******001'", new { app = app.AppId }));
        Assert.Equal(12, await Server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE app_id = @app", new { app = app.AppId }));
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM sends WHERE app_id = @app", new { app = app.AppId }));

        // A message of somebody else goes out after them all, and was the only one.
        await app.UserAsync(Attack.Bob);
        await (await app.SendAsync(Attack.Bob, "sms")).JsonAsync(200);
        Assert.Equal(Attack.Bob, (await Server.Sender.WaitAsync(before + 1)).To);
        Assert.NotEqual(Code, Attack.CodeIn(Server.Sender.Messages[before].Text));
    }

    [Fact]
    public async Task A_fixed_code_works_once_per_send_and_guesses_at_it_count()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        await SetAsync(app, Attack.Alice);
        // Nobody asked for a code: knowing it is not enough.
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(Code)).ErrorAsync(400));
        await (await app.SendAsync(channel: "sms")).JsonAsync(200);
        await (await app.AuthenticateAsync(Code)).JsonAsync(200);
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(Code)).ErrorAsync(400));
        await (await app.SendAsync(channel: "sms")).JsonAsync(200);
        await (await app.AuthenticateAsync(TestApplication.WrongCode(Code))).JsonAsync(400);
        await (await app.AuthenticateAsync(TestApplication.WrongCode(Code))).JsonAsync(400);
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(Code)).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.SendAsync(channel: "sms")).ErrorAsync(403));
    }

    [Fact]
    public async Task A_login_by_a_fixed_code_verifies_no_number()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        await SetAsync(app, Attack.Alice);
        await (await app.SendAsync(channel: "sms")).JsonAsync(200);
        var login = await (await app.AuthenticateAsync(new { passcode = Code, identifier_type = "phone_number", identifier = Attack.Alice, claims = new { id_token = new { phone_number_verified = (object?)null } } })).JsonAsync(200);
        Assert.False(Attack.ClaimsOf(login.Text("id_token")).GetProperty("phone_number_verified").GetBoolean());
        foreach (var token in (string[])["id_token", "access_token"])
            Assert.Equal("""["test"]""", Attack.ClaimsOf(login.Text(token)).GetProperty("amr").GetRawText());
        var json = await app.ReadUserAsync(user);
        Assert.Equal("Active", json.Text("status"));
        Assert.False(json.GetProperty("phone_number").GetProperty("phone_number_verified").GetBoolean());

        // One that was really sent does.
        await app.ChangeSettingsAsync(new { test_numbers = Array.Empty<object>() });
        var code = Attack.CodeIn((await app.MessageAsync(new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice })).Text);
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
        Assert.True((await app.ReadUserAsync(user)).GetProperty("phone_number").GetProperty("phone_number_verified").GetBoolean());
    }

    [Fact]
    public async Task A_fixed_code_is_not_one_of_two_methods_and_no_channel_to_ask_for()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        await SetAsync(app, Attack.Alice);
        await (await app.SendAsync(channel: "test")).JsonAsync(400);
        await (await app.SendAsync(channel: "sms")).JsonAsync(200);
        var session = (await (await app.AuthenticateAsync(Code)).JsonAsync(200)).Text("session_id");
        var direct = await app.CodeAsync();
        var login = await (await app.AuthenticateAsync(new { passcode = direct, identifier_type = "phone_number", identifier = Attack.Alice, session_id = session })).JsonAsync(200);
        var claims = Attack.ClaimsOf(login.Text("id_token"));
        Assert.Equal("""["test","otp"]""", claims.GetProperty("amr").GetRawText());
        Assert.Equal("urn:watchword:acr:otp", claims.GetProperty("acr").GetString());
        // It goes on as what it was.
        Assert.Equal("""["test","otp"]""", Attack.ClaimsOf((await (await app.RefreshAsync(login.Text("refresh_token"))).JsonAsync(200)).Text("access_token")).GetProperty("amr").GetRawText());
    }

    [Fact]
    public async Task An_expired_test_number_is_a_number_like_any_other()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        await SetAsync(app, Attack.Alice, Server.Clock.GetUtcNow().AddMinutes(20));
        Server.Clock.Advance(TimeSpan.FromMinutes(20) - TimeSpan.FromMilliseconds(1));
        var before = Server.Sender.Messages.Count;
        await (await app.SendAsync(channel: "sms")).JsonAsync(200);
        await (await app.AuthenticateAsync(Code)).JsonAsync(200);
        Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await (await app.SendAsync(channel: "sms")).JsonAsync(200);
        var sent = await Server.Sender.WaitAsync(before + 1);
        Assert.Equal(Attack.Alice, sent.To);
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(Code)).ErrorAsync(400));
        Assert.Equal("auth_otp_send_limited", await (await app.SendAsync(channel: "sms")).ErrorAsync(429));
        await (await app.AuthenticateAsync(Attack.CodeIn(sent.Text))).JsonAsync(200);
    }

    [Fact]
    public async Task Another_application_channel_or_destination_knows_nothing_of_it()
    {
        var app = await ApplicationAsync();
        var other = await ApplicationAsync(beside: app);
        var user = await app.UserAsync();
        await other.UserAsync();
        await SetAsync(app, Attack.Alice);
        Assert.Equal(Attack.Alice, (await other.MessageAsync(new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice })).To);
        Assert.Equal("auth_invalid_credentials", await (await other.AuthenticateAsync(Code)).ErrorAsync(400));
        Assert.NotEqual(Code, await app.CodeAsync());

        // Elsewhere than to the test number: a real message with a real code.
        var real = await app.MessageAsync(new { channel = "sms", identifier_type = "user_id", identifier = user, custom_phone_number = Attack.Bob });
        Assert.Equal(Attack.Bob, real.To);
        await (await app.AuthenticateAsync(Code)).JsonAsync(400);
        await (await app.AuthenticateAsync(Attack.CodeIn(real.Text))).JsonAsync(200);
    }

    [Fact]
    public async Task A_custom_number_may_be_a_test_number_and_any_spelling_is_that_number()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        await SetAsync(app, "0044 (7400) 000-002");
        foreach (var spelling in (string[])[Attack.Bob, "+44 7400 000002", "00447400000002"])
        {
            await (await app.SendAsync(new { channel = "sms", identifier_type = "user_id", identifier = user, custom_phone_number = spelling })).JsonAsync(200);
            await (await app.AuthenticateAsync(Code)).JsonAsync(200);
        }
        Assert.False((await app.ReadUserAsync(user)).GetProperty("phone_number").GetProperty("phone_number_verified").GetBoolean());
    }

    [Fact]
    public async Task Only_administrators_read_and_set_test_numbers_and_the_list_is_replaced_as_a_whole()
    {
        var app = await ApplicationAsync();
        await SetAsync(app, Attack.Alice, new DateTimeOffset(2026, 12, 24, 0, 0, 0, TimeSpan.Zero) + (Server.Clock.GetUtcNow() - Server.Clock.Start));
        var path = $"/cis/v1/applications/{app.AppId}";
        var set = Assert.Single((await (await app.Management.GetAsync(path)).JsonAsync(200)).GetProperty("result").GetProperty("settings").GetProperty("test_numbers").EnumerateArray());
        Assert.Equal((Attack.Alice, Code), (set.Text("phone_number"), set.Text("code")));
        Assert.Matches(@"\A\d{4}-\d\d-\d\dT[\d:.]+Z\z", set.Text("expires_at"));
        // What was read can be written again, and other settings leave it alone.
        await app.ChangeSettingsAsync(new { test_numbers = new[] { set } });
        await app.ChangeSettingsAsync(new { conceal_unknown_users = true });
        Assert.Equal(set.GetRawText(), (await (await app.Management.GetAsync(path)).JsonAsync(200)).GetProperty("result").GetProperty("settings").GetProperty("test_numbers")[0].GetRawText());
        await (await app.Http.GetAsync(path)).JsonAsync(403);
        await (await app.Http.PutAsJsonAsync(path, new { settings = new { test_numbers = new[] { set } } })).JsonAsync(403);
        await app.ChangeSettingsAsync(new { test_numbers = Array.Empty<object>() });
        Assert.Empty((await (await app.Management.GetAsync(path)).JsonAsync(200)).GetProperty("result").GetProperty("settings").GetProperty("test_numbers").EnumerateArray());
    }

    [Fact]
    public async Task A_test_number_without_an_expiry_date_is_refused_and_all_faults_are_told()
    {
        var app = await ApplicationAsync();
        var path = $"/cis/v1/applications/{app.AppId}";
        var end = Server.Clock.GetUtcNow().AddDays(90);
        object Entry(string? phone, string? code, object? until) => new { phone_number = phone, code, expires_at = until };
        foreach (var (entries, faults) in new (object?[] Entries, string[] Faults)[]
        {
            ([Entry(Attack.Alice, Code, null)], ["settings.test_numbers[0].expires_at is required"]),
            ([Entry(Attack.Alice, Code, end.AddSeconds(1).ToString("O"))], ["settings.test_numbers[0].expires_at must be"]),
            ([Entry(Attack.Alice, Code, end.ToString("O")), null], ["settings.test_numbers[1].phone_number", "settings.test_numbers[1].code", "settings.test_numbers[1].expires_at"]),
            ([Entry(Attack.Alice, Code, end.ToString("O")), Entry("+44 7400 000001", "1234", end.ToString("O"))], ["settings.test_numbers must not hold a number twice"]),
            ([.. Enumerable.Range(0, 21).Select(i => Entry($"+4474000001{i:00}", Code, end.ToString("O")))], ["settings.test_numbers may hold at most 20"]),
        })
        {
            var told = (await (await app.Management.PutAsJsonAsync(path, new { settings = new { test_numbers = entries } })).JsonAsync(400)).GetProperty("message").EnumerateArray().Select(m => m.GetString()!).ToList();
            Assert.Equal(faults.Length, told.Count);
            Assert.All(faults.Zip(told), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
            var created = await app.Management.PostAsJsonAsync("/cis/v1/applications", new { app_name = "B", redirect_uris = new[] { "https://b.example/" }, settings = new { test_numbers = entries } });
            Assert.Equal(told, (await created.JsonAsync(400)).GetProperty("message").EnumerateArray().Select(m => m.GetString()!));
        }
        await app.ChangeSettingsAsync(new { test_numbers = Enumerable.Range(0, 20).Select(i => Entry($"+4474000001{i:00}", Code, end.ToString("O"))) });
    }

    [Fact]
    public async Task With_unknown_users_concealed_a_test_number_tells_nothing_of_who_is_a_user()
    {
        var app = await ApplicationAsync(settings: new { conceal_unknown_users = true });
        await (await app.PostAsync("/cis/v1/users", new { phone_number = Attack.Alice, username = "alice" })).JsonAsync(201);
        await SetAsync(app, Attack.Alice, more: Attack.Bob);
        // Bob's number is a test number of nobody: no limit for either, the same answers.
        for (var i = 0; i < 3; i++)
        {
            foreach (var number in (string[])[Attack.Alice, Attack.Bob])
            {
                Assert.Equal("""{"message":"OTP sent"}""", (await (await app.SendAsync(number, "sms")).JsonAsync(200)).GetRawText());
                if (i == 0)
                    Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync("no code", number)).ErrorAsync(400));
            }
        }
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(Code, Attack.Bob)).ErrorAsync(400));
        // By name, where nobody can know the number, one is limited as the other.
        foreach (var name in (string[])["alice", "nobody"])
        {
            object body = new { channel = "sms", identifier_type = "username", identifier = name };
            await (await app.SendAsync(body)).JsonAsync(200);
            Assert.Equal("auth_otp_send_limited", await (await app.SendAsync(body)).ErrorAsync(429));
        }
    }

    [Fact]
    public async Task A_test_number_works_before_any_provider_does()
    {
        await using var server = await TestServer.StartAsync(engine, builder => builder.Services.RemoveAll<IMessageSender>());
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        await app.UserAsync(Attack.Bob);
        await SetAsync(app, Attack.Alice, server.Clock.GetUtcNow().AddDays(1));
        await (await app.SendAsync(channel: "sms")).JsonAsync(200);
        await (await app.AuthenticateAsync(Code)).JsonAsync(200);
        Assert.Equal("external_provider_configuration_error", await (await app.SendAsync(Attack.Bob, "sms")).ErrorAsync(400));
    }

    [Fact]
    public async Task A_database_dump_shows_neither_test_numbers_nor_their_codes()
    {
        var app = await ApplicationAsync();
        await SetAsync(app, "+447400666777");
        var settings = (await Server.PeekAsync<string>("SELECT settings FROM applications WHERE app_id = @app", new { app = app.AppId }))!;
        Assert.Contains("test_numbers", settings, StringComparison.Ordinal);
        Assert.DoesNotContain("7400666777", settings, StringComparison.Ordinal);
        Assert.DoesNotContain(Code, settings, StringComparison.Ordinal);
    }

    private Task SetAsync(TestApplication app, string phone, DateTimeOffset? until = null, string? more = null)
    {
        var end = (until ?? Server.Clock.GetUtcNow().AddDays(1)).ToString("O");
        return app.ChangeSettingsAsync(new { test_numbers = new[] { phone, more }.OfType<string>().Select(number => new { phone_number = number, code = Code, expires_at = end }) });
    }
}
