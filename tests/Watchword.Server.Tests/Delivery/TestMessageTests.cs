using System.Net.Http.Json;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Delivery;

/// <summary>A message that an administrator sends to see whether a provider works.</summary>
public sealed class TestMessageTests(SqliteLoft loft) : IClassFixture<SqliteLoft>
{
    private const string Settings = PigeonLoft.Settings;
    private const string Test = Settings + "/test";

    [Fact]
    public async Task A_test_message_goes_as_a_code_would_with_the_sender_of_its_route_and_without_a_code()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(Settings, new
        {
            providers = new[] { PigeonLoft.Bird("a"), PigeonLoft.Bird("b", "token-of-b"), PigeonLoft.Bird("mail", kind: "Postcard") },
            routes = new object[] { new { match = new[] { "GB", "US" }, providers = new object[] { new { provider_id = "b", sender = "ACME" } } } },
        }, 200);
        Assert.Equal("""{"result":{"outcome":"accepted","provider_id":"b"}}""", (await tenant.Management.PostAsync(Test, new { to = "+44 7400 000001" }, 200)).GetRawText());
        var (token, handover) = loft.Pigeon.Flown[^1];
        Assert.Equal(("token-of-b", "+447400000001", "ACME", "This is a test message from Watchword."), (token, handover.Content.To, handover.Content.Sender, handover.Content.Text));
        Assert.Null(handover.ReceiptUrl);

        await tenant.Management.PostAsync(Test, new { to = "+447400000001", provider_id = "a", sender = "OTHER" }, 200);
        Assert.Equal(("ring-token-of-a-bird", "OTHER"), (loft.Pigeon.Flown[^1].Token, loft.Pigeon.Flown[^1].Handover.Content.Sender));
        // Where names are forbidden, the provider's number is shown; a number may be asked for.
        await tenant.Management.PostAsync(Test, new { to = "+12015550123" }, 200);
        Assert.Null(loft.Pigeon.Flown[^1].Handover.Content.Sender);
        await tenant.Management.PostAsync(Test, new { to = "+12015550123", sender = "+12015550199" }, 200);
        Assert.Equal("+12015550199", loft.Pigeon.Flown[^1].Handover.Content.Sender);

        Assert.Equal("mail", (await tenant.Management.PostAsync(Test, new { to = "me@acme.example" }, 200)).Str("result", "provider_id"));
        Assert.Equal("Test message", loft.Postcard.Flown[^1].Handover.Content.Subject);
        Assert.Empty((await tenant.Management.GetAsync("/cis/v1/messages", 200)).At("result").EnumerateArray());
    }

    [Theory]
    [InlineData("Accepted", "accepted")]
    [InlineData("Refused", "refused")]
    [InlineData("Misconfigured", "misconfigured")]
    [InlineData("TryLater", "try_later")]
    [InlineData("Unknown", "unknown")]
    public async Task The_administrator_is_told_what_the_provider_said(string outcome, string wire)
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a", more: [("enabled", false)]) } }, 200);
        loft.Pigeon.Answer = _ => new SendResult(Enum.Parse<SendOutcome>(outcome), "In our words.") { ProviderCode = "P7", ProviderText = "In theirs." };
        var answer = await tenant.Management.PostAsync(Test, new { provider_id = "a", to = "+447400000001" }, 200);
        loft.Pigeon.Answer = _ => new SendResult(SendOutcome.Accepted);
        Assert.Equal($$$"""{"result":{"outcome":"{{{wire}}}","provider_id":"a","reason":"In our words.","provider_code":"P7","provider_text":"In theirs."}}""", answer.GetRawText());
    }

    [Fact]
    public async Task A_provider_that_breaks_is_told_as_unknown_and_its_words_are_not_logged()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a") } }, 200);
        loft.Pigeon.Answer = handover => throw new InvalidOperationException("could not bring it to " + handover.Content.To);
        var answer = await tenant.Management.PostAsync(Test, new { to = "+447400515253" }, 200);
        loft.Pigeon.Answer = _ => new SendResult(SendOutcome.Accepted);
        Assert.Equal("unknown", answer.Str("result", "outcome"));
        Assert.DoesNotContain(loft.Server.Logs.Lines, l => l.Contains("7400515253", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused_with_what_to_do()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("off", more: [("enabled", false)]) } }, 200);
        var before = loft.Pigeon.Flown.Count;
        Assert.Equal(2, (await tenant.Management.PostAsync(Test, new { to = "nobody", sender = "not allowed" }, 400)).At("message").GetArrayLength());
        await tenant.Management.PostAsync(Test, new { }, 400);
        Assert.StartsWith("No provider that is switched on carries channel sms.", Assert.Single((await tenant.Management.PostAsync(Test, new { to = "+447400000001" }, 400)).At("message").Strings()), StringComparison.Ordinal);
        Assert.Equal("The provider does not carry channel email: to must be a phone number.", Assert.Single((await tenant.Management.PostAsync(Test, new { to = "a@b.example", provider_id = "off" }, 400)).At("message").Strings()));
        await tenant.Management.PostAsync(Test, new { to = "+447400000001", provider_id = "nobody" }, 404);
        Assert.Equal(before, loft.Pigeon.Flown.Count);
    }

    [Fact]
    public async Task Ten_a_minute_and_no_more_and_each_tenant_for_itself()
    {
        var (ours, theirs) = (await loft.TenantAsync(), await loft.TenantAsync());
        foreach (var tenant in (TestTenant[])[ours, theirs])
            await tenant.Management.PutAsync(Settings, new { providers = new[] { PigeonLoft.Bird("a") } }, 200);
        for (var i = 0; i < TestMessages.PerMinute; i++)
        {
            Assert.Equal(200, await SendAsync(ours));
            loft.Server.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Equal(429, await SendAsync(ours));
        Assert.Equal(200, await SendAsync(theirs));
        loft.Server.Clock.Advance(TimeSpan.FromSeconds(50) - TimeSpan.FromMilliseconds(1));
        var refused = await ours.Management.PostAsJsonAsync(Test, new { to = "+447400000001" });
        Assert.Equal((429, "1"), ((int)refused.StatusCode, refused.Headers.RetryAfter!.ToString()));
        loft.Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(200, await SendAsync(ours));
        Assert.Equal(429, await SendAsync(ours));

        static async Task<int> SendAsync(TestTenant tenant) => (int)(await tenant.Management.PostAsJsonAsync(Test, new { to = "+447400000001" })).StatusCode;
    }

    [Fact]
    public async Task What_a_provider_answers_never_reaches_who_sends_a_code()
    {
        await using var server = await TestServer.StartAsync();
        server.Sender.Answer = _ => new SendResult(SendOutcome.Refused, "OURS") { ProviderCode = "CODE", ProviderText = "THEIRS" };
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        Assert.Equal("""{"message":"OTP sent"}""", (await (await app.SendAsync(channel: "sms")).JsonAsync(200)).GetRawText());
    }
}
