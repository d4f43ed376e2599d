using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Delivery.Providers.Vonage;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>Vonage, with answers as its SMS API gives them.</summary>
public sealed class VonageTests : SenderContract
{
    private const string Secret = "s3cret-of-signatures-0123";

    private protected override IProvider Provider => new VonageProvider(Http);

    private protected override Dictionary<string, string> Settings => new()
    {
        ["api_key"] = "abcd1234",
        ["api_secret"] = "s3cretABCDEF0123",
        ["from"] = "447700900000",
        ["signature_secret"] = Secret,
        ["host"] = Gateway.Url,
    };

    private protected override Reply Accepted => new(200,
        $$"""{"message-count":"1","messages":[{"to":"447400123456","message-id":"0C000000217B7F02","status":"0","remaining-balance":"15.53590000","message-price":"0.03330000","network":"23410","client-ref":"{{MessageId}}"}]}""");

    private protected override string AcceptedId => "0C000000217B7F02";

    private protected override IReadOnlyList<(Reply, string?)> RefusedForGood =>
        [(Error("7", "Number barred"), "7"), (Error("33", "Number De-activated"), "33")];

    private protected override IReadOnlyList<(Reply, string?)> NotAsSetUp =>
    [
        (Error("15", "Illegal Sender Address - rejected"), "15"),
        (Error("9", "Partner quota violation"), "9"),
        (Error("29", "Non White-listed Destination - rejected"), "29"),
        (Error("2", "Missing to param"), "2"),
        (Error("6", "Unroutable message - rejected"), "6"),
        (Error("98", "Something new"), "98"),
    ];

    private protected override IReadOnlyList<Reply> CredentialsWrong => [Error("4", "Bad Credentials"), new(401, """{"type":"https://developer.vonage.com/api-errors#unauthorized","title":"Unauthorized","detail":"You did not provide correct credentials.","instance":"0af3"}""")];

    private protected override Reply Throttled => Error("1", "Throughput Rate Exceeded - please wait [ 250 ] and retry") with { Headers = [("Retry-After", "7")] };

    private protected override IReadOnlyList<Reply> RefusedForNow => [.. base.RefusedForNow, Error("5", "Internal Error"), new(429, "")];

    private protected override Reply Saying(string words) => Error("3", words);

    private static Reply Error(string status, string text) => new(200,
        JsonSerializer.Serialize(new Dictionary<string, object> { ["message-count"] = "1", ["messages"] = new[] { new Dictionary<string, string> { ["status"] = status, ["error-text"] = text } } }));

    [Theory]
    [InlineData(299.5, "299500")]
    [InlineData(5.5, "20000")]
    [InlineData(null, null)]
    public async Task Vonage_drops_what_it_cannot_send_while_the_code_lives(double? seconds, string? expected)
    {
        await Sender().SendAsync(Handover() with { Life = seconds is { } life ? TimeSpan.FromSeconds(life) : null }, CancellationToken.None);
        Assert.Equal(expected, Last.Form.Value("ttl"));
    }

    [Fact]
    public async Task It_posts_a_form_that_carries_our_id()
    {
        await Sender().SendAsync(Handover(receipts: ReceiptUrl), CancellationToken.None);
        Assert.Equal(("POST", "/sms/json"), (Last.Method, Last.Path));
        Assert.Equal(
            [("api_key", "abcd1234"), ("api_secret", "s3cretABCDEF0123"), ("from", "447700900000"), ("to", "447400123456"), ("text", Text), ("client-ref", MessageId), ("callback", ReceiptUrl.AbsoluteUri)],
            Last.Form.All);
    }

    [Fact]
    public async Task Text_outside_the_GSM_alphabet_is_sent_as_unicode()
    {
        await Sender().SendAsync(Handover(text: "コード 482913"), CancellationToken.None);
        Assert.Equal(("unicode", "コード 482913"), (Last.Form.Value("type"), Last.Form.Value("text")));
        await Sender().SendAsync(Handover(text: "Código é 482913 €"), CancellationToken.None);
        Assert.Equal("unicode", Last.Form.Value("type"));
        await Sender().SendAsync(Handover(text: "Code é 482913 €"), CancellationToken.None);
        Assert.Null(Last.Form.Value("type"));
    }

    [Fact]
    public async Task Without_a_signature_secret_no_receipt_is_asked_for()
    {
        await Sender(("signature_secret", null)).SendAsync(Handover("Acme", ReceiptUrl), CancellationToken.None);
        Assert.Equal(("Acme", null, "false"), (Last.Form.Value("from"), Last.Form.Value("callback"), Last.Form.Value("status-report-req")));
    }

    [Fact]
    public async Task A_message_of_which_only_a_part_was_taken_is_unknown()
    {
        var result = await SendAsync(new Reply(200, """{"message-count":"2","messages":[{"status":"0","message-id":"0C00"},{"status":"1","error-text":"Throughput Rate Exceeded"}]}"""));
        Assert.Equal((SendOutcome.Unknown, "1"), (result.Outcome, result.ProviderCode));
        Assert.Equal(SendOutcome.Accepted, (await SendAsync(new Reply(200, """{"message-count":"2","messages":[{"status":"0","message-id":"0C00"},{"status":"0","message-id":"0C01"}]}"""))).Outcome);
    }

    [Theory]
    [InlineData("from", "a much too long name", "from must")]
    [InlineData("signature_method", "md5hash", "signature_method must")]
    [InlineData("host", "http://rest.nexmo.com", "host must use https")]
    public void A_fault_names_its_field(string field, string value, string expected) =>
        Assert.Contains(Provider.Faults(SettingsWith((field, value))), f => f.Contains(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("accepted", "Sent")]
    [InlineData("buffered", "Sent")]
    [InlineData("delivered", "Delivered")]
    [InlineData("failed", "Undelivered")]
    [InlineData("expired", "Undelivered")]
    [InlineData("rejected", "Undelivered")]
    public void A_signed_receipt_tells_the_status_in_whichever_form_it_comes(string word, string status)
    {
        var fields = Fields(word);
        foreach (var request in new[] { AsJson(fields), AsForm(fields), AsQuery(fields) })
        {
            var receipt = Assert.Single(Read(request).Receipts!);
            Assert.Equal((null, status, "0A0000001234567B"), (receipt.MessageId, receipt.Status.ToString(), receipt.ProviderMessageId));
        }
    }

    [Fact]
    public void A_receipt_says_why_a_message_did_not_arrive()
    {
        var receipt = Assert.Single(Read(AsJson(Fields("failed", "6"))).Receipts!);
        Assert.Equal(("6", "The operator filtered the message as unwanted."), (receipt.ProviderCode, receipt.Reason));
        Assert.Empty(Read(AsJson(Fields("unknown"))).Receipts!);
    }

    [Fact]
    public void The_stronger_signature_is_read_where_it_was_chosen()
    {
        var fields = Fields("delivered");
        fields["sig"] = Convert.ToHexStringLower(HMACSHA512.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(ToSign(fields))));
        Assert.NotNull(Provider.Receipts!.Read(AsJson(fields), SettingsWith(("signature_method", "sha512"))).Receipts);
        Assert.Equal(ReceiptReading.Forged, Read(AsJson(fields)));
    }

    [Fact]
    public void Only_Vonage_can_sign_a_receipt_and_only_for_its_message()
    {
        Assert.NotNull(Read(AsJson(Fields("delivered"))).Receipts);
        Assert.Equal(ReceiptReading.Forged, Read(AsJson(Fields("delivered").Where(f => f.Key != "sig").ToDictionary())));
        Assert.Equal(ReceiptReading.Forged, Read(AsJson(new(Fields("delivered")) { ["sig"] = "zz" })));
        Assert.Equal(ReceiptReading.Forged, Read(AsJson(new(Fields("delivered")) { ["status"] = "failed" })));
        Assert.Equal(ReceiptReading.Forged, Read(AsJson(Fields("delivered")) with { Url = new("https://login.example.com/cis/v1/receipts/acme/p1/another?key=kk11") }));
        Assert.Equal(ReceiptReading.Forged, Provider.Receipts!.Read(AsJson(Fields("delivered")), SettingsWith(("signature_secret", "another"))));
        Assert.Equal(ReceiptReading.Forged, Provider.Receipts!.Read(AsJson(Fields("delivered")), SettingsWith(("signature_secret", null))));
    }

    private ReceiptReading Read(ReceiptRequest request) => Provider.Receipts!.Read(request, new(Settings));

    private static Dictionary<string, string> Fields(string status, string code = "0")
    {
        var fields = new Dictionary<string, string>
        {
            ["msisdn"] = "447400123456", ["to"] = "A&B=C", ["network-code"] = "23410", ["messageId"] = "0A0000001234567B", ["price"] = "0.03330000",
            ["status"] = status, ["scts"] = "2603011200", ["err-code"] = code, ["api-key"] = "abcd1234", ["client-ref"] = MessageId,
            ["message-timestamp"] = "2026-03-01 12:00:00", ["timestamp"] = "1772366400", ["nonce"] = "ec11dd3e-1e7f-4db5-9467-82b02cd223b9",
        };
        fields["sig"] = Convert.ToHexString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(ToSign(fields))));
        return fields;
    }

    private static string ToSign(Dictionary<string, string> fields) =>
        string.Concat(fields.Where(f => f.Key != "sig").OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"&{f.Key}={f.Value.Replace('&', '_').Replace('=', '_')}"));

    private static ReceiptRequest AsJson(Dictionary<string, string> fields) => new(ReceiptUrl, new Dictionary<string, string>(), JsonSerializer.SerializeToUtf8Bytes(fields));

    private static ReceiptRequest AsForm(Dictionary<string, string> fields) => new(ReceiptUrl, new Dictionary<string, string>(), Encoding.UTF8.GetBytes(Joined(fields)));

    private static ReceiptRequest AsQuery(Dictionary<string, string> fields) => new(new($"{ReceiptUrl.AbsoluteUri}&{Joined(fields)}"), new Dictionary<string, string>(), []);

    private static string Joined(Dictionary<string, string> fields) => string.Join('&', fields.Select(f => $"{f.Key}={Uri.EscapeDataString(f.Value)}"));
}
