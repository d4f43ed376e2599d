using System.Text.RegularExpressions;
using CsCheck;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

public sealed class MessageFuzzOnSqlite(SharedServers servers) : MessageFuzzTests(servers, Engine.Sqlite);

public sealed class MessageFuzzOnPostgres(SharedServers servers) : MessageFuzzTests(servers, Engine.Postgres);

/// <summary>Whatever a caller writes into <c>custom_message</c>: it is refused, or what reaches the phone is honest (I24).</summary>
public abstract class MessageFuzzTests(SharedServers servers, Engine engine)
{
    private static readonly string[] Shards =
        ["{app}", "{otp}", "{app} {otp}", "{otp} {app}", "{", "}", "@", "#", " ", "@evil.example", " #1", "#{otp}", "\u200B", "\u00A0", "\n", "\u2028", "\u202E", "é", "😀", "Code:"];

    [Fact]
    public async Task What_reaches_the_phone_binds_the_issued_code_to_our_host_alone()
    {
        var app = await servers.ApplicationAsync(engine, settings: new
        {
            autofill_domain = "login.acme.example",
            send_limits = new { cooldown_seconds = 0, per_10_minutes = 0, per_hour = 0, per_day = 0 },
        });
        await app.Management.PutAsync($"/cis/v1/applications/{app.AppId}", new { app_name = "@x #1" }, 200);
        var (sent, refused) = (0, 0);
        await Gen.OneOf(Gen.Int[0, Shards.Length - 1].Select(i => Shards[i]), Gen.String[0, 3]).Array[1, 9].Select(string.Concat).SampleAsync(
            async template =>
            {
                var phone = Wire.NewPhone();
                await app.UserAsync(phone);
                var answer = await Raw.SendAsync(app.Http, HttpMethod.Post, "/cis/v1/auth/otp/send", System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(
                    new { channel = "sms", identifier_type = "phone_number", identifier = phone, custom_message = template }));
                if ((int)answer.StatusCode == 400)
                {
                    refused++;
                    return;
                }
                sent++;
                await answer.JsonAsync(200);
                var text = (await app.Server.Sender.WaitForAsync(phone)).Text;
                var line = Regex.Match(text, @"\n@login\.acme\.example #([0-9]{6})\z");
                Assert.True(line.Success, text);
                Assert.DoesNotMatch(@"[\n\r\u2028\u2029\u202E]|(?:^|[\s\p{Cf}])@[^ ]+[\s\p{Cf}]+#", text[..line.Index]);
                Assert.DoesNotContain("{otp}", text, StringComparison.Ordinal);
                Assert.DoesNotContain("{app}", text, StringComparison.Ordinal);
                Assert.Contains(line.Groups[1].Value, text[..line.Index], StringComparison.Ordinal);
                // The very code that was issued.
                await (await app.AuthenticateAsync(line.Groups[1].Value, phone)).JsonAsync(200);
            },
            iter: 300, threads: 1);
        Assert.True(sent > 10 && refused > 10, $"{sent} sent, {refused} refused: too few to prove anything.");
    }
}
