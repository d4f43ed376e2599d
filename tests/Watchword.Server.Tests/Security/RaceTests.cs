using System.Net.Http.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class RacesOnSqlite(SqliteServer shared) : RaceTests(shared), IClassFixture<SqliteServer>;

public sealed class RacesOnPostgres(PostgresServer shared) : RaceTests(shared), IClassFixture<PostgresServer>
{
    [Fact]
    public async Task A_disable_is_not_undone_by_a_change_that_began_before_it()
    {
        var app = await ApplicationAsync();
        var user = await app.UserAsync();
        Task<HttpResponseMessage> change = null!;
        await Server.Database.WriteAsync(async db =>
        {
            await db.ExecuteAsync("UPDATE users SET status = 'Disabled' WHERE user_id = @user", new { user });
            change = app.Http.PutAsJsonAsync($"/cis/v1/users/{user}", new { language = "en" });
            // Until the change has come as far as it can get.
            await Attack.UntilAsync(async () => await Server.PeekAsync<long>(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0);
        });
        await (await change).JsonAsync(200);
        var seen = await app.ReadUserAsync(user);
        Assert.Equal("Disabled", seen.Text("status"));
        Assert.Equal("en", seen.Text("language"));
    }
}

/// <summary>What happens at the same instant ends as if one had come after the other (I15, I18).</summary>
public abstract class RaceTests(SharedServer shared) : SecurityTests(shared)
{
    [Theory]
    [InlineData("""{"status":"Disabled"}""")]
    [InlineData("""{"phone_number":"+447400000009"}""")]
    public async Task A_login_at_the_instant_of_a_cut_leaves_nothing_alive(string cut)
    {
        for (var round = 0; round < 2; round++)
        {
            // The first login, which also changes the user.
            var app = await ApplicationAsync();
            var user = await app.UserAsync();
            var code = round % 2 == 0 ? await app.CodeAsync() : Attack.CodeIn(await app.SmsAsync());
            var login = Task.Run(() => app.AuthenticateAsync(new { passcode = code, identifier_type = "user_id", identifier = user }));
            var change = Task.Run(() => app.Management.PutAsync($"/cis/v1/users/{user}", new StringContent(cut, System.Text.Encoding.UTF8, "application/json")));
            await (await change).JsonAsync(200);
            var answer = await login;

            var seen = await app.ReadUserAsync(user);
            if (cut.Contains("Disabled", StringComparison.Ordinal))
                Assert.Equal("Disabled", seen.Text("status"));
            else
                Assert.Equal("+447400000009", seen.GetProperty("phone_number").Text("value"));
            if (!cut.Contains("Disabled", StringComparison.Ordinal))
                Assert.False(seen.GetProperty("phone_number").GetProperty("phone_number_verified").GetBoolean());
            if (answer.IsSuccessStatusCode)
                Assert.Equal("""{"active":false}""", await app.IntrospectAsync((await answer.JsonAsync(200)).Text("access_token")));
            Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM sessions WHERE user_id = @user AND expires_at > 0", new { user }));
        }
    }

    [Fact]
    public async Task A_write_that_fails_takes_no_neighbours_count_with_it()
    {
        var app = await ApplicationAsync(new { direct_otp = new { maxFailures = 20 } });
        await app.UserAsync();
        // Every third call fails in the database: a user name that is taken.
        var users = new List<string>();
        for (var i = 0; i < 10; i++)
            users.Add(await app.UserAsync($"+44740000020{i}"));
        await (await app.Http.PutAsJsonAsync($"/cis/v1/users/{users[0]}", new { username = "taken" })).JsonAsync(200);
        var answers = await Attack.AtOnceAsync(90, i => i % 3 == 0
            ? app.Http.PutAsJsonAsync($"/cis/v1/users/{users[1 + (i % 9)]}", new { username = "taken" })
            : app.AuthenticateAsync("no code"));
        Assert.Equal(30, answers.Of(409));
        Assert.Equal(20, answers.Of(400));
        Assert.Equal(40, answers.Of(403));
        Assert.Equal(20, await Server.PeekAsync<long>("SELECT consecutive_failures FROM login_state WHERE app_id = @app", new { app = app.AppId }));
    }

    [Fact]
    public async Task A_user_created_fifty_times_at_once_is_one_user()
    {
        var app = await ApplicationAsync();
        string[] spellings = [Attack.Alice, "0044 7400 000001", "+44 (7400) 000-001", "+44\u200B7400000001", "+447400000001\n"];
        var answers = await Attack.AtOnceAsync(50, i => app.PostAsync("/cis/v1/users", new { phone_number = spellings[i % 5] }));
        Assert.Equal(1, answers.Of(201));
        Assert.Equal(49, answers.Of(409));
        Assert.Equal(1, (await (await app.Http.GetAsync("/cis/v1/users/count")).JsonAsync(200)).GetProperty("result").GetProperty("user_count").GetInt32());
    }
}
