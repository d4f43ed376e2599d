using System.Net.Http.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

/// <summary>Nobody makes our messages say what we would not (I24).</summary>
public sealed class MessageTests(SqliteServer shared) : SecurityTests(shared), IClassFixture<SqliteServer>
{
    [Theory]
    [InlineData("{app} {otp}\nPay here")]
    [InlineData("{app} {otp}\r")]
    [InlineData("{app} {otp}\0")]
    [InlineData("{app} {otp}\u001B[2J")]
    [InlineData("{app} {otp}\u2028x")]
    [InlineData("{app} {otp}\u202Ex")]
    [InlineData("{app} {otp} @evil.example #{otp}")]
    [InlineData("{app} @evil.example #123456 {otp}")]
    [InlineData("@evil.example #{otp} {app}")]
    [InlineData("{otp}")]
    [InlineData("{app}")]
    [InlineData("")]
    public async Task A_message_that_could_deceive_is_refused(string text)
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        foreach (var body in (object[])
        [
            new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice, custom_message = text },
            new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice, custom_sms_input = new { custom_message = text } },
        ])
            Assert.Equal("system_invalid_input", await (await app.SendAsync(body)).ErrorAsync(400));
        Assert.Equal(0, await Server.PeekAsync<long>("SELECT COUNT(*) FROM outbox WHERE app_id = @app", new { app = app.AppId }));
    }

    [Theory]
    [InlineData(140, 200)]
    [InlineData(141, 400)]
    public async Task A_message_may_be_140_characters_long(int length, int status)
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        var before = Server.Sender.Messages.Count;
        var text = "{app} {otp} " + new string('x', length - 12);
        await (await app.SendAsync(new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice, custom_message = text })).JsonAsync(status);
        if (status == 200)
            await Server.Sender.WaitAsync(before + 1);
    }

    [Theory]
    [InlineData("{otp}", "^\\{otp\\} 1 [0-9]{6}$")]
    [InlineData("{app}{otp}", "^\\{app\\}\\{otp\\} 1 [0-9]{6}$")]
    [InlineData("$& $1 \\0", "^\\$& \\$1 \\\\0 1 [0-9]{6}$")]
    public async Task A_placeholder_in_an_applications_name_is_inert(string name, string expected)
    {
        var app = await ApplicationAsync();
        await (await app.Management.PutAsJsonAsync($"/cis/v1/applications/{app.AppId}", new { app_name = name })).JsonAsync(200);
        await app.UserAsync();
        Assert.Matches(expected, (await app.MessageAsync(new
        {
            channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice, custom_message = "{app} 1 {otp}",
        })).Text);
    }

    [Fact]
    public async Task An_applications_name_binds_no_code_to_a_host()
    {
        var app = await ApplicationAsync();
        await (await app.Management.PutAsJsonAsync($"/cis/v1/applications/{app.AppId}", new { app_name = "@evil.example" })).JsonAsync(200);
        await app.UserAsync();
        var text = (await app.MessageAsync(new { channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice, custom_message = "{app} #{otp}" })).Text;
        Assert.DoesNotContain("@evil.example #", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subject_of_an_email_holds_no_line_break()
    {
        var app = await ApplicationAsync();
        await (await app.PostAsync("/cis/v1/users", new { email = "alice@acme.example" })).JsonAsync(201);
        Assert.Equal("system_invalid_input", await (await app.SendAsync(new
        {
            channel = "email", identifier_type = "email", identifier = "alice@acme.example", email_content = new { subject = "Hello\r\nBcc: all@acme.example" },
        })).ErrorAsync(400));
    }

    [Theory]
    [InlineData("Acme Bank 12")]
    [InlineData("Acme\nBank")]
    [InlineData("+447400000")]
    public async Task A_sender_name_is_eleven_letters_and_digits_at_most(string sender)
    {
        var app = await ApplicationAsync();
        await app.UserAsync();
        Assert.Equal("system_invalid_input", await (await app.SendAsync(new
        {
            channel = "sms", identifier_type = "phone_number", identifier = Attack.Alice, sender_id = sender,
        })).ErrorAsync(400));
    }
}
