using System.Text.Json;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Delivery.Providers.SalesforceMarketingCloud;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>Salesforce Marketing Cloud, with answers as MobileConnect gives them.</summary>
public sealed class SalesforceMarketingCloudTests : SenderContract
{
    private const string Token = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjQiLCJ2ZXIiOiIxIn0.s3cret.abc";
    private int _tokens;

    private protected override IProvider Provider => new SalesforceMarketingCloudProvider(Http, Time);

    private protected override Dictionary<string, string> Settings => new()
    {
        ["subdomain"] = "mc563885gzs27c5t9-63k636ttgm",
        ["client_id"] = "7e9d8f6a5b4c3d2e1f0a9b8c",
        ["client_secret"] = "s3cretABCDEFGHIJKLMNOPQR",
        ["account_id"] = "7281234",
        ["message_id"] = "NzcwMzo3ODow",
        ["keyword"] = "LOGIN",
        ["auth_base_url"] = Gateway.Url,
        ["rest_base_url"] = Gateway.Url,
    };

    private protected override Reply Accepted => new(202, """{"tokenId":"OEU0VHlNUkFoYWRZNk4yT3c6MTE0OjA"}""");

    private protected override string AcceptedId => "OEU0VHlNUkFoYWRZNk4yT3c6MTE0OjA";

    private protected override IReadOnlyList<(Reply, string?)> RefusedForGood => [(Error(400, 10005, "mobileNumbers contains an invalid value."), "10005")];

    private protected override IReadOnlyList<(Reply, string?)> NotAsSetUp =>
    [
        (Error(400, 10005, "keyword is invalid for the message."), "10005"),
        (Error(400, 10002, "messageText is required."), "10002"),
        (Error(404, 0, "Not Found"), "0"),
    ];

    private protected override IReadOnlyList<Reply> CredentialsWrong => [Error(401, 0, "Not Authorized"), Error(403, 20002, "Insufficient Privileges")];

    private protected override Reply Throttled => new(429, """{"message":"Rate limit exceeded","errorcode":50100,"retryAfter":7}""", ("Retry-After", "7"));

    private protected override Reply Saying(string words) => Error(400, 10006, words);

    private protected override void Script(Reply reply) => Gateway.Answer = asked => asked.Path == "/v2/token" ? GiveToken() : reply;

    private static Reply Error(int status, int errorcode, string message) => new(status, JsonSerializer.Serialize(new { message, errorcode, documentation = "" }));

    private Reply GiveToken()
    {
        _tokens++;
        return new(200, JsonSerializer.Serialize(new { access_token = Token + _tokens, token_type = "Bearer", expires_in = 1079, scope = "sms_send", rest_instance_url = "https://evil.example/" }));
    }

    [Fact]
    public async Task It_asks_for_a_token_and_posts_the_text_in_place_of_the_messages_own()
    {
        await Sender().SendAsync(Handover("Acme", ReceiptUrl), CancellationToken.None);
        Assert.Equal(2, Gateway.Requests.Count);
        var token = Gateway.Requests[0];
        Assert.Equal(("POST", "/v2/token"), (token.Method, token.Path));
        Assert.Equal("""{"grant_type":"client_credentials","client_id":"7e9d8f6a5b4c3d2e1f0a9b8c","client_secret":"s3cretABCDEFGHIJKLMNOPQR","account_id":7281234}""", token.Body);
        Assert.Equal(("POST", "/sms/v1/messageContact/NzcwMzo3ODow/send"), (Last.Method, Last.Path));
        Assert.Equal($"Bearer {Token}1", Last.Headers["Authorization"]);
        Assert.Equal($$"""{"mobileNumbers":["447400123456"],"override":true,"messageText":"{{Text}}","subscribe":true,"resubscribe":false,"keyword":"LOGIN"}""", Last.Body);
        await Sender(("keyword", null)).SendAsync(Handover(), CancellationToken.None);
        Assert.Equal($$"""{"mobileNumbers":["447400123456"],"override":true,"messageText":"{{Text}}"}""", Last.Body);
        Assert.Null(Provider.Receipts);
    }

    [Fact]
    public async Task A_token_is_kept_until_shortly_before_it_expires()
    {
        var sender = Sender();
        await sender.SendAsync(Handover(), CancellationToken.None);
        Time.Advance(TimeSpan.FromSeconds(1018));
        await sender.SendAsync(Handover(), CancellationToken.None);
        Assert.Equal(1, _tokens);
        Time.Advance(TimeSpan.FromSeconds(2));
        await sender.SendAsync(Handover(), CancellationToken.None);
        Assert.Equal(2, _tokens);
    }

    [Fact]
    public async Task Fifty_messages_at_once_ask_for_one_token()
    {
        var sender = Sender();
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => sender.SendAsync(Handover(), CancellationToken.None)));
        Assert.All(results, r => Assert.Equal(SendOutcome.Accepted, r.Outcome));
        Assert.Equal(1, _tokens);
    }

    [Fact]
    public async Task A_token_that_was_taken_back_is_renewed_once()
    {
        var sender = Sender();
        await sender.SendAsync(Handover(), CancellationToken.None);
        Gateway.Answer = asked => asked.Path == "/v2/token" ? GiveToken() : asked.Headers["Authorization"] == $"Bearer {Token}1" ? Error(401, 0, "Not Authorized") : Accepted;
        Assert.Equal(SendOutcome.Accepted, (await sender.SendAsync(Handover(), CancellationToken.None)).Outcome);
        Assert.Equal(2, _tokens);
        Script(Error(401, 0, "Not Authorized"));
        Assert.Equal(SendOutcome.Misconfigured, (await sender.SendAsync(Handover(), CancellationToken.None)).Outcome);
        Assert.Equal(3, _tokens);
    }

    [Fact]
    public async Task A_client_that_gets_no_token_is_a_matter_of_settings_and_its_secret_is_not_quoted()
    {
        Gateway.Answer = _ => new(401, """{"error":"invalid_client","error_description":"Invalid client s3cretABCDEFGHIJKLMNOPQR. See documentation.","error_uri":"https://developer.salesforce.com/docs"}""");
        var result = await Sender().SendAsync(Handover(), CancellationToken.None);
        Assert.Equal((SendOutcome.Misconfigured, "invalid_client"), (result.Outcome, result.ProviderCode));
        Assert.DoesNotContain("s3cret", result.ToString(), StringComparison.Ordinal);
        Gateway.Answer = _ => new(200, "<html/>");
        Assert.Equal(SendOutcome.TryLater, (await Sender().SendAsync(Handover(), CancellationToken.None)).Outcome);
        Gateway.Answer = _ => Reply.Reset;
        Assert.Equal(SendOutcome.TryLater, (await Sender().SendAsync(Handover(), CancellationToken.None)).Outcome);
        Assert.DoesNotContain(Gateway.Requests, r => r.Path != "/v2/token");
    }

    [Fact]
    public async Task A_token_that_does_not_come_in_time_leaves_no_doubt_that_nothing_was_sent()
    {
        Gateway.Answer = _ => Reply.Hang;
        var sending = Sender().SendAsync(Handover(), CancellationToken.None);
        await Gateway.Hanging.WaitAsync(TimeSpan.FromSeconds(20));
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(SendOutcome.TryLater, (await sending).Outcome);
    }

    [Theory]
    [InlineData("subdomain", "https://mc1.auth.marketingcloudapis.com", "subdomain must")]
    [InlineData("subdomain", "evil.example/", "subdomain must")]
    [InlineData("account_id", "seven", "account_id must")]
    [InlineData("message_id", "a b", "message_id must")]
    [InlineData("rest_base_url", "http://mc1.rest.marketingcloudapis.com", "rest_base_url must use https")]
    [InlineData("auth_base_url", "http://mc1.auth.marketingcloudapis.com", "auth_base_url must use https")]
    public void A_fault_names_its_field(string field, string value, string expected) =>
        Assert.Contains(Provider.Faults(SettingsWith((field, value))), f => f.Contains(expected, StringComparison.Ordinal));
}
