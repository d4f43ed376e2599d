using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Delivery.Providers.Twilio;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>Twilio, with answers as its Messages API gives them.</summary>
public sealed class TwilioTests : SenderContract
{
    private const string Account = "AC0123456789abcdef0123456789abcdef";
    private const string Service = "MG0123456789abcdef0123456789abcdef";
    private const string Key = "SK0123456789abcdef0123456789abcdef";
    private const string Sid = "SMbc3f2d1e0a9b8c7d6e5f4a3b2c1d0e9f";
    private const string Token = "s3cret-token-of-twilio-0123456789";

    private protected override IProvider Provider => new TwilioProvider(Http);

    private protected override Dictionary<string, string> Settings => new()
    {
        ["account_sid"] = Account,
        ["auth_token"] = Token,
        ["from_number"] = "+15005550006",
        ["host"] = Gateway.Url,
    };

    private protected override Reply Accepted => new(201,
        $$"""
        {"account_sid":"{{Account}}","api_version":"2010-04-01","body":"{{Text}}","date_created":"Sun, 01 Mar 2026 12:00:00 +0000","date_sent":null,
         "date_updated":"Sun, 01 Mar 2026 12:00:00 +0000","direction":"outbound-api","error_code":null,"error_message":null,"from":"+15005550006",
         "messaging_service_sid":null,"num_media":"0","num_segments":"1","price":null,"price_unit":null,"sid":"{{Sid}}","status":"queued",
         "subresource_uris":{"media":"/2010-04-01/Accounts/{{Account}}/Messages/{{Sid}}/Media.json"},"to":"{{Number}}",
         "uri":"/2010-04-01/Accounts/{{Account}}/Messages/{{Sid}}.json"}
        """);

    private protected override string AcceptedId => Sid;

    private protected override IReadOnlyList<(Reply, string?)> RefusedForGood =>
    [
        (Error(400, 21211, $"The 'To' number {Number} is not a valid phone number."), "21211"),
        (Error(400, 21610, "Attempt to send to unsubscribed recipient"), "21610"),
        (Error(400, 21614, $"'To' number is not a valid mobile number: {Number}"), "21614"),
    ];

    private protected override IReadOnlyList<(Reply, string?)> NotAsSetUp =>
    [
        (Error(400, 21408, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"), "21408"),
        (Error(400, 21606, "The 'From' phone number +15005550006 is not a valid, SMS-capable inbound phone number or short code for your account."), "21606"),
        (Error(400, 21612, "The 'To' phone number is not currently reachable using the 'From' phone number via SMS."), "21612"),
        (Error(400, 21703, "The Messaging Service does not have a phone number available to send a message"), "21703"),
        (Error(404, 20404, "The requested resource was not found"), "20404"),
        (Error(400, 29999, "Something new"), "29999"),
    ];

    private protected override IReadOnlyList<Reply> CredentialsWrong => [Error(401, 20003, "Authenticate"), new(403, "")];

    private protected override Reply Throttled => Error(429, 20429, "Too Many Requests") with { Headers = [("Retry-After", "7")] };

    private protected override IReadOnlyList<Reply> RefusedForNow => [.. base.RefusedForNow, Error(429, 21611, "This 'From' number has exceeded the maximum number of queued messages")];

    private protected override Reply Saying(string words) => Error(400, 21620, words);

    private static Reply Error(int status, int code, string message) => new(status,
        JsonSerializer.Serialize(new { code, message, more_info = string.Create(CultureInfo.InvariantCulture, $"https://www.twilio.com/docs/errors/{code}"), status }));

    [Theory]
    [InlineData(299.9, "299")]
    [InlineData(0.5, "1")]
    [InlineData(90_000.5, "36000")]
    [InlineData(null, null)]
    public async Task Twilio_drops_what_it_cannot_send_while_the_code_lives(double? seconds, string? expected)
    {
        await Sender().SendAsync(Handover() with { Life = seconds is { } life ? TimeSpan.FromSeconds(life) : null }, CancellationToken.None);
        Assert.Equal(expected, Last.Form.Value("ValidityPeriod"));
    }

    [Fact]
    public async Task It_posts_a_form_to_the_accounts_messages()
    {
        await Sender().SendAsync(Handover(receipts: ReceiptUrl, text: "Código: 482913 & más"), CancellationToken.None);
        Assert.Equal(("POST", $"/2010-04-01/Accounts/{Account}/Messages.json"), (Last.Method, Last.Path));
        Assert.Equal("application/x-www-form-urlencoded", Last.Headers["Content-Type"]);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Account}:{Token}")), Last.Headers["Authorization"]);
        Assert.Equal([("To", Number), ("Body", "Código: 482913 & más"), ("From", "+15005550006"), ("StatusCallback", ReceiptUrl.AbsoluteUri)], Last.Form.All);
        Assert.False(Last.Headers.ContainsKey("traceparent"));
    }

    [Fact]
    public async Task A_sender_of_the_message_stands_in_place_of_the_number_and_beside_a_messaging_service()
    {
        await Sender().SendAsync(Handover("Acme"), CancellationToken.None);
        Assert.Equal([("To", Number), ("Body", Text), ("From", "Acme")], Last.Form.All);
        await Sender(("from_number", null), ("messaging_service_sid", Service)).SendAsync(Handover(), CancellationToken.None);
        Assert.Equal([("To", Number), ("Body", Text), ("MessagingServiceSid", Service)], Last.Form.All);
        await Sender(("from_number", null), ("messaging_service_sid", Service)).SendAsync(Handover("Acme"), CancellationToken.None);
        Assert.Equal([("To", Number), ("Body", Text), ("MessagingServiceSid", Service), ("From", "Acme")], Last.Form.All);
    }

    [Fact]
    public async Task With_an_API_key_alone_no_callback_is_asked_for()
    {
        await Sender(("auth_token", null), ("api_key_sid", Key), ("api_key_secret", "s3cret-key")).SendAsync(Handover(receipts: ReceiptUrl), CancellationToken.None);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Key}:s3cret-key")), Last.Headers["Authorization"]);
        Assert.Null(Last.Form.Value("StatusCallback"));
        await Sender(("api_key_sid", Key), ("api_key_secret", "s3cret-key")).SendAsync(Handover(receipts: ReceiptUrl), CancellationToken.None);
        Assert.Equal(ReceiptUrl.AbsoluteUri, Last.Form.Value("StatusCallback"));
    }

    [Theory]
    [InlineData("account_sid", "AC1", "account_sid")]
    [InlineData("account_sid", "AC0123456789abcdef0123456789abcde/", "account_sid")]
    [InlineData("from_number", "", "from_number or messaging_service_sid")]
    [InlineData("messaging_service_sid", Service, "exactly one")]
    [InlineData("messaging_service_sid", "MG1", "messaging_service_sid must")]
    [InlineData("from_number", "+1 500 555", "from_number must")]
    [InlineData("auth_token", "", "Set auth_token")]
    [InlineData("api_key_sid", Key, "belong together")]
    [InlineData("host", "http://api.twilio.com", "host must use https")]
    [InlineData("host", "https://user:pass@api.twilio.com", "host must not hold a user name")]
    [InlineData("host", "api.twilio.com?x=1", "host must not hold a query")]
    [InlineData("host", "ftp://api.twilio.com", "host must be an address")]
    public void A_fault_names_its_field(string field, string value, string expected) =>
        Assert.Contains(Provider.Faults(SettingsWith((field, value))), f => f.Contains(expected, StringComparison.Ordinal));

    [Theory]
    [InlineData("queued", "Sent")]
    [InlineData("sent", "Sent")]
    [InlineData("delivered", "Delivered")]
    [InlineData("undelivered", "Undelivered")]
    [InlineData("failed", "Undelivered")]
    public void A_signed_callback_tells_the_status(string word, string status)
    {
        var receipt = Assert.Single(Read(Callback(word)).Receipts!);
        Assert.Equal((null, status, Sid), (receipt.MessageId, receipt.Status.ToString(), receipt.ProviderMessageId));
    }

    [Fact]
    public void A_callback_says_why_a_message_did_not_arrive()
    {
        var receipt = Assert.Single(Read(Callback("undelivered", ("ErrorCode", "30003"))).Receipts!);
        Assert.Equal(("30003", "The phone was switched off or out of reach."), (receipt.ProviderCode, receipt.Reason));
        Assert.Empty(Read(Callback("on holiday")).Receipts!);
    }

    [Fact]
    public void Only_Twilio_can_sign_a_callback_and_only_for_its_address()
    {
        var good = Callback("delivered");
        Assert.NotNull(Read(good).Receipts);
        Assert.NotNull(Read(good with { Headers = Signed(new("https://login.example.com:443" + ReceiptUrl.PathAndQuery), good.Body) }).Receipts);
        Assert.Equal(ReceiptReading.Forged, Read(good with { Headers = new Dictionary<string, string>() }));
        Assert.Equal(ReceiptReading.Forged, Read(good with { Headers = new Dictionary<string, string> { ["x-twilio-signature"] = "AAAA" } }));
        Assert.Equal(ReceiptReading.Forged, Read(good with { Headers = new Dictionary<string, string> { ["x-twilio-signature"] = "not base64 at all" } }));
        Assert.Equal(ReceiptReading.Forged, Read(good with { Url = new(ReceiptUrl.AbsoluteUri.Replace("p1", "p2", StringComparison.Ordinal)) }));
        Assert.Equal(ReceiptReading.Forged, Read(good with { Body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(good.Body).Replace("delivered", "failed", StringComparison.Ordinal)) }));
        Assert.Equal(ReceiptReading.Forged, Provider.Receipts!.Read(good, SettingsWith(("auth_token", "another"))));
        Assert.Equal(ReceiptReading.Forged, Provider.Receipts!.Read(good, SettingsWith(("auth_token", null), ("api_key_sid", Key), ("api_key_secret", "x"))));
        byte[] other = [.. "SmsSid=1"u8];
        Assert.Equal(ReceiptReading.Unreadable, Read(good with { Body = other, Headers = Signed(ReceiptUrl, other) }));
    }

    /// <summary>The worked example of https://www.twilio.com/docs/usage/security#validating-requests, with its signature.</summary>
    [Fact]
    public void The_signature_is_the_one_of_Twilios_documentation()
    {
        var request = new ReceiptRequest(
            new("https://mycompany.com/myapp.php?foo=1&bar=2"),
            new Dictionary<string, string> { ["x-twilio-signature"] = "RSOYDt4T1cUTdK1PDd93/VVr8B8=" },
            [.. "Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE"u8]);
        // The signature is right, so it is read, and then holds no message's status.
        Assert.Equal(ReceiptReading.Unreadable, Provider.Receipts!.Read(request, SettingsWith(("auth_token", "12345"))));
    }

    private ReceiptReading Read(ReceiptRequest request) => Provider.Receipts!.Read(request, new(Settings));

    private static ReceiptRequest Callback(string status, params (string Name, string Value)[] more)
    {
        (string Name, string Value)[] fields = [("SmsSid", Sid), ("SmsStatus", status), ("MessageStatus", status), ("To", Number), ("MessageSid", Sid), ("AccountSid", Account), ("From", "+15005550006"), ("ApiVersion", "2010-04-01"), .. more];
        var body = Encoding.UTF8.GetBytes(string.Join('&', fields.Select(f => $"{f.Name}={Uri.EscapeDataString(f.Value)}")));
        return new(ReceiptUrl, Signed(ReceiptUrl, body), body);
    }

    private static Dictionary<string, string> Signed(Uri url, byte[] body)
    {
        var text = url.OriginalString + string.Concat(FormFields.Of(body).All.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Name + f.Value));
#pragma warning disable CA5350 // Twilio's choice.
        return new() { ["x-twilio-signature"] = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(Token), Encoding.UTF8.GetBytes(text))) };
#pragma warning restore CA5350
    }
}
