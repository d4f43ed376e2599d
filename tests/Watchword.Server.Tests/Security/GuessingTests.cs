using System.Globalization;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class GuessingOnSqlite(SqliteServer shared) : GuessingTests(shared), IClassFixture<SqliteServer>;

public sealed class GuessingOnPostgres(PostgresServer shared) : GuessingTests(shared), IClassFixture<PostgresServer>
{
    [Fact]
    public async Task Two_nodes_share_one_count()
    {
        await using var second = await Server.AnotherNodeAsync();
        var app = await ApplicationAsync();
        var there = await AgainAsync(app, second);
        await app.UserAsync();
        var code = await app.CodeAsync();
        var answers = await Attack.AtOnceAsync(100, i => (i % 2 == 0 ? app : there).AuthenticateAsync(TestApplication.WrongCode(code)));
        Assert.Equal(3, answers.Of(400));
        Assert.Equal(97, answers.Of(403));
        Assert.Equal("auth_locked", await (await there.SendAsync()).ErrorAsync(403));
    }
}

/// <summary>How often an attacker may guess, whatever else they do meanwhile (I2, I3, I4, I7, I10).</summary>
public abstract class GuessingTests(SharedServer shared) : SecurityTests(shared)
{
    [Fact]
    public async Task Five_hundred_guesses_at_once_count_as_five_hundred()
    {
        var app = await ApplicationAsync(new { direct_otp = new { maxFailures = 5 } });
        await app.UserAsync();
        var code = await app.CodeAsync();
        var right = int.Parse(code, CultureInfo.InvariantCulture);

        var answers = await Attack.AtOnceAsync(500, i => app.AuthenticateAsync(((right + 1 + i) % 1_000_000).ToString("D6", CultureInfo.InvariantCulture)));
        Assert.Equal(5, answers.Of(400));
        foreach (var refused in answers.Where(a => (int)a.StatusCode != 400))
            Assert.Equal("auth_locked", await refused.ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(code)).ErrorAsync(403));
    }

    [Fact]
    public async Task After_the_last_wrong_guess_the_right_code_fails_and_stays_dead_when_the_lock_ends()
    {
        var app = await ApplicationAsync(new { direct_otp = new { expiresIn = 10, lockoutDuration = 1 } });
        await app.UserAsync();
        var code = await app.CodeAsync();
        await app.LockOutAsync();
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(code)).ErrorAsync(403));

        Server.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(code)).ErrorAsync(400));
        await (await app.AuthenticateAsync(await app.CodeAsync())).JsonAsync(200);
    }

    [Fact]
    public async Task The_last_allowed_guess_may_be_the_right_one()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var code = await app.CodeAsync();
        for (var i = 0; i < 2; i++)
            await (await app.AuthenticateAsync(TestApplication.WrongCode(code))).JsonAsync(400);
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }

    [Fact]
    public async Task Resends_other_clients_other_channels_and_a_restart_restore_no_guesses()
    {
        var app = await ApplicationAsync(new { sms = new { maxFailures = 5 }, direct_otp = new { maxFailures = 5 } }, Attack.NoSendLimits);
        await app.UserAsync();
        await WrongAsync(await app.CodeAsync());
        await WrongAsync(await app.CodeAsync());
        await WrongAsync(Attack.CodeIn(await app.SmsAsync()));

        var second = await app.AnotherClientAsync();
        var theirs = await second.CodeAsync();
        await (await second.AuthenticateAsync(TestApplication.WrongCode(theirs))).JsonAsync(400);

        await Server.RestartAsync();
        app = await AgainAsync(app);
        var last = await app.CodeAsync();
        await WrongAsync(last);
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(last)).ErrorAsync(403));

        async Task WrongAsync(string code) =>
            Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(TestApplication.WrongCode(code))).ErrorAsync(400));
    }

    [Fact]
    public async Task A_lock_survives_a_restart()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        await app.LockOutAsync();
        await Server.RestartAsync();
        app = await AgainAsync(app);
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync("000000")).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.SendAsync()).ErrorAsync(403));
    }

    [Fact]
    public async Task Leaving_the_application_and_coming_back_restores_no_guesses()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        await app.LockOutAsync();
        Assert.Equal(204, (int)(await app.Http.DeleteAsync($"/cis/v1/users/{user}/apps")).StatusCode);
        Assert.Equal(user, await app.UserAsync());
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync("000000")).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.SendAsync()).ErrorAsync(403));
    }

    [Fact]
    public async Task With_every_send_limit_off_the_cap_on_guesses_holds()
    {
        var app = await ApplicationAsync(settings: Attack.NoSendLimits);
        await app.UserAsync();
        var (guessed, sent) = (0, Server.Sender.Messages.Count);
        for (var i = 0; i < 10; i++)
        {
            if ((await app.SendAsync(channel: "sms")).IsSuccessStatusCode)
                await Server.Sender.WaitAsync(++sent);
            guessed += (int)(await app.AuthenticateAsync("no code")).StatusCode == 400 ? 1 : 0;
        }
        Assert.Equal(3, guessed);
    }

    [Fact]
    public async Task Sends_and_guesses_at_once_leave_the_cap_where_it_is()
    {
        var app = await ApplicationAsync(settings: Attack.NoSendLimits);
        await app.UserAsync();
        var answers = await Attack.AtOnceAsync(100, i => i % 2 == 0 ? app.SendAsync(channel: "direct") : app.AuthenticateAsync("no code"));
        Assert.Equal(3, answers.Of(400));
    }

    [Fact]
    public async Task Nothing_is_sent_while_locked()
    {
        var sent = Server.Sender.Messages.Count;
        var app = await ApplicationAsync(settings: Attack.NoSendLimits);
        await app.UserAsync();
        await app.LockOutAsync();
        foreach (var channel in (string[])["sms", "direct"])
        {
            var refused = await app.SendAsync(channel: channel);
            Assert.Equal("auth_locked", await refused.ErrorAsync(403));
            Assert.Equal(TimeSpan.FromMinutes(15), refused.Headers.RetryAfter?.Delta);
        }
        Assert.Equal("auth_locked", await (await app.SendAsync(new
        {
            channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice, custom_phone_number = Attack.Bob,
        })).ErrorAsync(403));
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE app_id = @app", new { app = app.AppId }));
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM challenges WHERE app_id = @app", new { app = app.AppId }));
        Assert.Equal(sent, Server.Sender.Messages.Count);
    }

    [Fact]
    public async Task Only_a_success_clears_the_count()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        for (var round = 0; round < 3; round++)
        {
            var code = await app.CodeAsync();
            for (var i = 0; i < 2; i++)
                await (await app.AuthenticateAsync(TestApplication.WrongCode(code))).JsonAsync(400);
            await (await app.AuthenticateAsync(code)).JsonAsync(200);
        }

        // A right code that has expired is a failure like any other.
        var late = await app.CodeAsync();
        Server.Clock.Advance(TimeSpan.FromMinutes(5));
        for (var i = 0; i < 3; i++)
            Assert.Equal("auth_otp_passcode_expired", await (await app.AuthenticateAsync(late)).ErrorAsync(400));
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(late)).ErrorAsync(403));
    }

    [Fact]
    public async Task Refreshing_and_sending_clear_no_count()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var login = await app.LoginAsync();
        await (await app.AuthenticateAsync("no code")).JsonAsync(400);
        await (await app.RefreshAsync(login.Text("refresh_token"))).JsonAsync(200);
        await (await app.AuthenticateAsync("no code")).JsonAsync(400);
        await (await app.ResumeAsync(login.Text("session_id"))).JsonAsync(200);
        await app.CodeAsync();
        await (await app.AuthenticateAsync("no code")).JsonAsync(400);
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync("no code")).ErrorAsync(403));
    }

    [Fact]
    public async Task A_lax_method_beside_a_strict_one_buys_no_guesses()
    {
        var app = await ApplicationAsync(new { sms = new { maxFailures = 2 }, direct_otp = new { maxFailures = 20 } });
        await app.UserAsync();
        await app.SmsAsync();
        await app.CodeAsync();
        await app.LockOutAsync(maxFailures: 2);
    }

    [Fact]
    public async Task A_lock_in_one_application_leaves_the_others_alone()
    {
        var app = await ApplicationAsync();
        var other = await ApplicationAsync(beside: app);
        Assert.Equal(await app.UserAsync(), await other.UserAsync());
        await app.UserAsync(Attack.Bob);
        await app.LockOutAsync();
        await other.LoginAsync();
        await app.LoginAsync(Attack.Bob);
    }

    [Theory]
    [InlineData(99, false)]
    [InlineData(100, true)]
    public async Task After_a_hundred_failures_in_a_row_only_an_administrator_unlocks(int failures, bool forGood)
    {
        var app = await ApplicationAsync(new { direct_otp = new { maxFailures = 20, lockoutDuration = 1 } });
        var user = await app.UserAsync();
        for (var i = 1; i <= failures; i++)
        {
            Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync("no code")).ErrorAsync(400));
            // The locks in between end by themselves.
            if (i % 20 == 0 && i < 100)
                Server.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        Server.Clock.Advance(TimeSpan.FromDays(10));
        app = await AgainAsync(app);
        if (forGood)
        {
            foreach (var refused in (HttpResponseMessage[])[await app.AuthenticateAsync("no code"), await app.SendAsync()])
            {
                Assert.Equal("auth_locked", await refused.ErrorAsync(403));
                Assert.Null(refused.Headers.RetryAfter);
            }
            Assert.Equal(403, (int)(await app.Http.PostAsync($"/cis/v1/users/{user}/unlock", null)).StatusCode);
            Assert.Equal(204, (int)(await app.Management.PostAsync($"/cis/v1/users/{user}/unlock", null)).StatusCode);
        }
        await app.LoginAsync();
    }

    [Fact]
    public async Task A_stranger_cannot_lengthen_a_lock()
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        await app.LockOutAsync();
        Server.Clock.Advance(TimeSpan.FromMinutes(14));
        for (var i = 0; i < 5; i++)
            await (await app.AuthenticateAsync("no code")).JsonAsync(403);
        Server.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.LoginAsync();
    }
}
