using System.Text.Json;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Delivery.Providers.Infobip;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>Infobip, with answers as its SMS API gives them.</summary>
public sealed class InfobipTests : SenderContract
{
    private protected override IProvider Provider => new InfobipProvider(Http);

    private protected override Dictionary<string, string> Settings => new()
    {
        ["base_url"] = Gateway.Url,
        ["api_key"] = "s3cret0123456789abcdef-7c2c4a1b",
        ["sender"] = "InfoSMS",
    };

    private protected override Reply Accepted => Status(1, "PENDING", 26, "PENDING_ACCEPTED", "Message sent to next instance");

    private protected override string AcceptedId => MessageId;

    private protected override IReadOnlyList<(Reply, string?)> RefusedForGood =>
    [
        (Rejected(52, "REJECTED_INVALID_DESTINATION", "Destination is not valid"), "REJECTED_INVALID_DESTINATION"),
        (Rejected(14, "REJECTED_DESTINATION", "Destination blocked"), "REJECTED_DESTINATION"),
        (Rejected(10, "REJECTED_DND", "Number is on the DND list"), "REJECTED_DND"),
    ];

    private protected override IReadOnlyList<(Reply, string?)> NotAsSetUp =>
    [
        (Rejected(13, "REJECTED_SENDER", "Sender is blacklisted"), "REJECTED_SENDER"),
        (Rejected(12, "REJECTED_NOT_ENOUGH_CREDITS", "Not enough credits"), "REJECTED_NOT_ENOUGH_CREDITS"),
        (Rejected(18, "REJECTED_DESTINATION_NOT_REGISTERED", "Destination not registered"), "REJECTED_DESTINATION_NOT_REGISTERED"),
        (Rejected(6, "REJECTED_NETWORK", "Network is forbidden"), "REJECTED_NETWORK"),
        (Rejected(99, "REJECTED_FOR_SOMETHING_NEW", "New"), "REJECTED_FOR_SOMETHING_NEW"),
        (Error(400, "BAD_REQUEST", "Bad Request"), "BAD_REQUEST"),
        (new Reply(400, """{"errorCode":"E400","description":"Request cannot be processed.","action":"Check the syntax","violations":[{"property":"messages[0].sender","violation":"size must be between 1 and 40"}],"resources":[]}"""), "E400"),
    ];

    private protected override IReadOnlyList<Reply> CredentialsWrong => [Error(401, "UNAUTHORIZED", "Invalid login details"), Error(403, "FORBIDDEN", "Unauthorized access")];

    private protected override Reply Throttled => Error(429, "TOO_MANY_REQUESTS", "Too many requests") with { Headers = [("Retry-After", "7")] };

    private protected override IReadOnlyList<Reply> RefusedForNow =>
        [.. base.RefusedForNow, Error(500, "GENERAL_ERROR", "Something went wrong. Please contact support."), Rejected(20, "REJECTED_FLOODING_FILTER", "Flooding"), Rejected(21, "REJECTED_SYSTEM_ERROR", "System error")];

    private protected override Reply Saying(string words) => Rejected(13, "REJECTED_SENDER", words);

    private static Reply Error(int status, string id, string text) => new(status, JsonSerializer.Serialize(new { requestError = new { serviceException = new { messageId = id, text } } }));

    private static Reply Rejected(int id, string name, string description) => Status(5, "REJECTED", id, name, description);

    private static Reply Status(int groupId, string groupName, int id, string name, string description) => new(200, JsonSerializer.Serialize(new
    {
        bulkId = "2034072219640523072",
        messages = new[] { new { messageId = MessageId, status = new { groupId, groupName, id, name, description }, destination = "447400123456", details = new { messageCount = 1 } } },
    }));

    [Fact]
    public async Task Infobip_drops_what_it_cannot_send_while_the_code_lives()
    {
        await Sender().SendAsync(Handover() with { Life = TimeSpan.FromSeconds(299.9) }, CancellationToken.None);
        Assert.Equal("""{"validityPeriod":{"amount":299,"timeUnit":"SECONDS"}}""", Last.Json.At("messages").First().At("options").GetRawText());
    }

    [Fact]
    public async Task It_posts_JSON_that_carries_our_id()
    {
        await Sender().SendAsync(Handover("Acme", ReceiptUrl), CancellationToken.None);
        Assert.Equal(("POST", "/sms/3/messages"), (Last.Method, Last.Path));
        Assert.Equal("App s3cret0123456789abcdef-7c2c4a1b", Last.Headers["Authorization"]);
        Assert.Equal("application/json", Last.Headers["Content-Type"]);
        Assert.Equal(
            """{"messages":[{"sender":"Acme","destinations":[{"to":"447400123456","messageId":"ID"}],"content":{"text":"TEXT"},"webhooks":{"delivery":{"url":"URL"},"contentType":"application/json","callbackData":"ID"}}]}"""
                .Replace("ID", MessageId, StringComparison.Ordinal).Replace("TEXT", Text, StringComparison.Ordinal).Replace("URL", ReceiptUrl.AbsoluteUri, StringComparison.Ordinal),
            Last.Body);
        await Sender().SendAsync(Handover(), CancellationToken.None);
        var message = Last.Json.At("messages").First();
        Assert.Equal(("InfoSMS", JsonValueKind.Undefined), (message.At("sender").Text(), message.At("webhooks").ValueKind));
    }

    [Fact]
    public async Task A_message_that_Infobip_already_has_is_accepted_and_not_brought_twice() =>
        Assert.Equal(SendOutcome.Accepted, (await SendAsync(Rejected(23, "REJECTED_DUPLICATE_MESSAGE_ID", "Message ID has to be unique"))).Outcome);

    [Theory]
    [InlineData("base_url", "http://x.api.infobip.com", "base_url must use https")]
    [InlineData("api_key", "ä", "api_key must")]
    [InlineData("api_key", "a\nb", "api_key must")]
    public void A_fault_names_its_field(string field, string value, string expected) =>
        Assert.Contains(Provider.Faults(SettingsWith((field, value))), f => f.Contains(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData(1, 7, "PENDING_ENROUTE", "Sent")]
    [InlineData(3, 2, "DELIVERED_TO_OPERATOR", "Sent")]
    [InlineData(3, 5, "DELIVERED_TO_HANDSET", "Delivered")]
    [InlineData(2, 9, "UNDELIVERABLE_NOT_DELIVERED", "Undelivered")]
    [InlineData(4, 15, "EXPIRED_EXPIRED", "Undelivered")]
    [InlineData(5, 4, "REJECTED_OPERATOR", "Undelivered")]
    public void A_report_tells_the_status(int group, int id, string name, string status)
    {
        var receipt = Assert.Single(Read(Report(group, id, name)).Receipts!);
        Assert.Equal((null, status, MessageId), (receipt.MessageId, receipt.Status.ToString(), receipt.ProviderMessageId));
        Assert.Equal(status == "Undelivered" ? name : null, receipt.ProviderCode);
    }

    [Fact]
    public void A_report_says_why_a_message_did_not_arrive()
    {
        var receipt = Assert.Single(Read(Report(2, 9, "UNDELIVERABLE_NOT_DELIVERED", "EC_ABSENT_SUBSCRIBER")).Receipts!);
        Assert.Equal(("EC_ABSENT_SUBSCRIBER", "The phone was switched off, busy or out of reach."), (receipt.ProviderCode, receipt.Reason));
    }

    [Fact]
    public void A_report_counts_for_the_message_of_its_address_only()
    {
        var good = Report(3, 5, "DELIVERED_TO_HANDSET");
        Assert.Empty(Read(good with { Url = new("https://login.example.com/cis/v1/receipts/acme/p1/another?key=kk11") }).Receipts!);
        Assert.Empty(Read(Report(9, 1, "NEW")).Receipts!);
        Assert.Equal(ReceiptReading.Unreadable, Read(good with { Body = [.. "<xml/>"u8] }));
        Assert.Equal(ReceiptReading.Unreadable, Read(good with { Body = [.. "{\"results\":{}}"u8] }));
    }

    private ReceiptReading Read(ReceiptRequest request) => Provider.Receipts!.Read(request, new(Settings));

    private static ReceiptRequest Report(int groupId, int id, string name, string error = "NO_ERROR") => new(ReceiptUrl, new Dictionary<string, string>(), JsonSerializer.SerializeToUtf8Bytes(new
    {
        results = new[]
        {
            new
            {
                bulkId = "2034072219640523072", price = new { pricePerMessage = 0.01, currency = "EUR" }, status = new { groupId, groupName = name.Split('_')[0], id, name, description = "" },
                error = new { groupId = 0, groupName = "OK", id = 0, name = error, description = "", permanent = false }, messageId = MessageId, to = "447400123456",
                sentAt = "2026-03-01T12:00:00.000+0000", doneAt = "2026-03-01T12:00:02.000+0000", messageCount = 1, mccMnc = "23410", callbackData = MessageId,
            },
        },
    }));
}
