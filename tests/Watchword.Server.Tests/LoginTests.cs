using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests;

public sealed class LoginOnSqlite() : LoginTests(Engine.Sqlite);

public sealed class LoginOnPostgres() : LoginTests(Engine.Postgres);

/// <summary>The main job, on each database.</summary>
public abstract class LoginTests(Engine engine)
{
    [Fact]
    public async Task A_code_logs_in_once()
    {
        await using var server = await TestServer.StartAsync(engine);
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        var code = await app.CodeAsync();

        var tokens = await (await app.AuthenticateAsync(code)).JsonAsync(200);
        Assert.Equal("Bearer", tokens.GetProperty("token_type").GetString());
        Assert.Equal(3600, tokens.GetProperty("expires_in").GetInt32());
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(code)).ErrorAsync(400));
    }

    [Fact]
    public async Task A_code_sent_by_sms_logs_in_and_verifies_the_number()
    {
        await using var server = await TestServer.StartAsync(engine);
        var app = await server.ApplicationAsync();
        var user = await app.UserAsync();
        var text = await app.SmsAsync();
        Assert.StartsWith("This is your One Time Password: ", text, StringComparison.Ordinal);
        Assert.EndsWith(" from Acme", text, StringComparison.Ordinal);

        await (await app.AuthenticateAsync(text.Split(' ')[6])).JsonAsync(200);

        var seen = (await (await app.Http.GetAsync($"/cis/v1/users/{user}")).JsonAsync(200)).GetProperty("result");
        Assert.Equal("Active", seen.GetProperty("status").GetString());
        Assert.True(seen.GetProperty("phone_number").GetProperty("phone_number_verified").GetBoolean());
    }
}
