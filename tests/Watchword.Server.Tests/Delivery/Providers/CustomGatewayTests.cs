using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Delivery.Providers.CustomGateway;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>A gateway of the customer's own, as docs/providers/custom-gateway.md describes it.</summary>
public sealed class CustomGatewayTests : SenderContract
{
    private const string Secret = "s3cret-of-callbacks";

    private protected override IProvider Provider => new CustomGatewayProvider(Http);

    private protected override Dictionary<string, string> Settings => new()
    {
        ["uri"] = Gateway.Url + "/sms?tenant=1",
        ["api_key"] = "s3cret-key-of-gateway",
        ["sender_id"] = "ACME",
        ["callback_secret"] = Secret,
    };

    private protected override Reply Accepted => new(200, "");

    private protected override string? AcceptedId => null;

    private protected override IReadOnlyList<(Reply, string?)> RefusedForGood =>
        [(Error(400, "invalid_number"), "invalid_number"), (Error(422, "blocked"), "blocked"), (Error(400, "unsubscribed"), "unsubscribed")];

    private protected override IReadOnlyList<(Reply, string?)> NotAsSetUp => [(Error(400, "no_route"), "no_route"), (new Reply(400, "Bad Request"), "HTTP 400"), (new Reply(404, ""), "HTTP 404"), (new Reply(402, ""), "HTTP 402")];

    private protected override IReadOnlyList<Reply> CredentialsWrong => [new(401, ""), new(403, "Forbidden")];

    /// <summary>The body of a 200 does not matter here, so only what is not HTTP makes no sense.</summary>
    private protected override IReadOnlyList<Reply> Garbage => [Reply.Noise];

    private protected override Reply Saying(string words) => Error(400, "other", words);

    private static Reply Error(int status, string error, string message = "") => new(status, JsonSerializer.Serialize(new { error, message }));

    [Fact]
    public async Task The_gateway_is_told_how_long_the_code_lives()
    {
        await Sender().SendAsync(Handover() with { Life = TimeSpan.FromSeconds(299.9) }, CancellationToken.None);
        Assert.Equal("299", Last.Headers["X-Message-Life"]);
        await Sender().SendAsync(Handover(), CancellationToken.None);
        Assert.False(Last.Headers.ContainsKey("X-Message-Life"));
    }

    [Fact]
    public async Task It_posts_the_three_fields_and_nothing_else()
    {
        await Sender().SendAsync(Handover("Brand", ReceiptUrl), CancellationToken.None);
        Assert.Equal(("POST", "/sms?tenant=1"), (Last.Method, Last.Path));
        Assert.Equal($$"""{"phone_number":"{{Number}}","sender_id":"Brand","message":"{{Text}}"}""", Last.Body);
        Assert.Equal("application/json", Last.Headers["Content-Type"]);
        Assert.Equal(("s3cret-key-of-gateway", MessageId, ReceiptUrl.AbsoluteUri), (Last.Headers["X-API-Key"], Last.Headers["X-Message-Id"], Last.Headers["X-Receipt-Url"]));
        await Sender().SendAsync(Handover(), CancellationToken.None);
        Assert.Equal("ACME", Last.Json.At("sender_id").Text());
        await Sender(("sender_id", null), ("callback_secret", null)).SendAsync(Handover(receipts: ReceiptUrl), CancellationToken.None);
        Assert.Equal(("", false), (Last.Json.At("sender_id").Text(), Last.Headers.ContainsKey("X-Receipt-Url")));
    }

    [Fact]
    public async Task It_keeps_the_id_that_a_gateway_may_give() =>
        Assert.Equal("gw-17", (await SendAsync(new Reply(202, """{"id":"gw-17"}"""))).ProviderMessageId);

    [Fact]
    public async Task A_gateway_that_returns_the_challenge_is_verified()
    {
        Gateway.Answer = asked => new(200, JsonSerializer.Serialize(new { key = asked.Headers["X-Verification-Key"] }));
        Assert.Null(await VerifyAsync());
        Assert.Null(await VerifyAsync());
        Assert.All(Gateway.Requests, r => Assert.Equal(("GET", "/sms?tenant=1", "s3cret-key-of-gateway"), (r.Method, r.Path, r.Headers["X-API-Key"])));
        Assert.Equal(2, Gateway.Requests.Select(r => r.Headers["X-Verification-Key"]).Distinct().Count());
    }

    [Fact]
    public async Task A_gateway_that_does_not_is_refused_with_what_to_do()
    {
        foreach (var reply in new[] { new Reply(200, ""), new Reply(200, """{"key":"abc"}"""), new Reply(200, """{"key":null}"""), new Reply(200, "[]") })
        {
            Gateway.Answer = _ => reply;
            Assert.Contains("{\"key\":", await VerifyAsync(), StringComparison.Ordinal);
        }
        Gateway.Answer = asked => new(201, JsonSerializer.Serialize(new { key = asked.Headers["X-Verification-Key"] }));
        Assert.Contains("with 200; it answered 201", await VerifyAsync(), StringComparison.Ordinal);
        Gateway.Answer = _ => new(302, "", ("Location", "https://example.com"));
        Assert.Contains("it answered 302", await VerifyAsync(), StringComparison.Ordinal);
        Gateway.Answer = _ => Reply.Reset;
        Assert.Contains("Check uri", await VerifyAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("uri", "http://sms.example.com", "uri must use https")]
    [InlineData("uri", "sms.example.com", "uri must be an address")]
    [InlineData("uri", "https://u:p@sms.example.com", "uri must not hold a user name")]
    [InlineData("uri", "https://sms.example.com/#a", "uri must not have a fragment")]
    [InlineData("api_key", "a b", "api_key must")]
    [InlineData("callback_secret", "short", "callback_secret must")]
    public void A_fault_names_its_field(string field, string value, string expected) =>
        Assert.Contains(Provider.Faults(SettingsWith((field, value))), f => f.Contains(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("sent", "Sent")]
    [InlineData("delivered", "Delivered")]
    [InlineData("undelivered", "Undelivered")]
    public void A_signed_receipt_tells_the_status(string word, string status)
    {
        var receipt = Assert.Single(Read(Callback(word)).Receipts!);
        Assert.Equal((null, status, "absent", "gw-17"), (receipt.MessageId, receipt.Status.ToString(), receipt.ProviderCode, receipt.ProviderMessageId));
    }

    [Fact]
    public void Only_the_gateway_can_sign_a_receipt_and_only_for_its_message()
    {
        var good = Callback("delivered");
        Assert.Equal(ReceiptReading.Forged, Read(good with { Headers = new Dictionary<string, string>() }));
        Assert.Equal(ReceiptReading.Forged, Read(good with { Headers = new Dictionary<string, string> { ["x-signature"] = "sha256=00" } }));
        Assert.Equal(ReceiptReading.Forged, Read(good with { Headers = new Dictionary<string, string> { ["x-signature"] = good.Headers["x-signature"][7..] } }));
        Assert.Equal(ReceiptReading.Forged, Read(good with { Body = [.. good.Body, (byte)' '] }));
        Assert.Equal(ReceiptReading.Forged, Read(good with { Url = new("https://login.example.com/cis/v1/receipts/acme/p1/another?key=kk11") }));
        Assert.Equal(ReceiptReading.Forged, Provider.Receipts!.Read(good, SettingsWith(("callback_secret", "s3cret-of-another"))));
        Assert.Equal(ReceiptReading.Forged, Provider.Receipts!.Read(good, SettingsWith(("callback_secret", null))));
        Assert.Equal(ReceiptReading.Unreadable, Read(Callback("lost in the post")));
        Assert.Equal(ReceiptReading.Unreadable, Read(Signed([.. "<xml/>"u8])));
    }

    private Task<string?> VerifyAsync() => Provider.VerifyAsync(new(Settings), CancellationToken.None);

    private ReceiptReading Read(ReceiptRequest request) => Provider.Receipts!.Read(request, new(Settings));

    private static ReceiptRequest Callback(string status) => Signed(JsonSerializer.SerializeToUtf8Bytes(new { message_id = MessageId, status, error_code = "absent", id = "gw-17" }));

    private static ReceiptRequest Signed(byte[] body) =>
        new(ReceiptUrl, new Dictionary<string, string> { ["x-signature"] = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), body)) }, body);
}
