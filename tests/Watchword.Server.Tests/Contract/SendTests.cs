using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Watchword.Server.Delivery;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

public sealed class SendsOnSqlite(SharedServers servers) : SendTests(servers, Engine.Sqlite);

public sealed class SendsOnPostgres(SharedServers servers) : SendTests(servers, Engine.Postgres);

/// <summary><c>POST /cis/v1/auth/otp/send</c>.</summary>
public abstract partial class SendTests(SharedServers servers, Engine engine)
{
    private const string Send = "/cis/v1/auth/otp/send";

    [Fact]
    public async Task A_code_goes_out_by_sms_in_the_usual_wording_and_not_in_the_answer()
    {
        var (app, phone) = await UserAsync();
        var answer = await app.Http.PostAsJsonAsync(Send, new { channel = "sms", identifier_type = "phone_number", identifier = phone, unknown_field = 1 });
        Assert.Equal("""{"message":"OTP sent"}""", (await answer.JsonAsync(200)).GetRawText());
        var message = await app.Server.Sender.WaitForAsync(phone);
        Assert.Matches(@"\AThis is your One Time Password: [0-9]{6} from Acme\z", message.Text);
        Assert.Null(message.Sender);
    }

    [Fact]
    public async Task A_code_goes_out_by_email()
    {
        var (app, phone) = await UserAsync();
        var email = $"a{phone[1..]}@example.com";
        await app.Http.PutAsync("/cis/v1/users/" + (await app.Http.GetAsync($"/cis/v1/users/phone-number/{phone}", 200)).Str("result", "user_id"), new { email }, 200);
        await app.Http.PostAsync(Send, new { channel = "email", identifier_type = "email", identifier = email, email_content = new { subject = "Come in" } }, 200);
        var message = await app.Server.Sender.WaitForAsync(email);
        Assert.Equal("Come in", message.Subject);
        var login = await app.Http.PostAsync("/cis/v1/auth/otp/authenticate", new { passcode = Wire.Code(message.Text), identifier_type = "email", identifier = email }, 200);
        Assert.Equal(["eotp"], Wire.Claims(login.Str("id_token")).At("amr").Strings());
        var user = (await app.Http.GetAsync($"/cis/v1/users/phone-number/{phone}", 200)).At("result");
        Assert.True(user.At("email", "email_verified").GetBoolean());
        Assert.False(user.At("phone_number", "phone_number_verified").GetBoolean());
    }

    [Fact]
    public async Task A_direct_code_comes_back_in_the_answer_and_nothing_is_sent()
    {
        var (app, phone) = await UserAsync();
        var body = await app.Http.PostAsync(Send, new { channel = "direct", identifier_type = "phone_number", identifier = phone }, 200);
        Assert.Equal(["code", "message"], body.Names());
        Assert.Matches(SixDigits(), body.Str("code"));
        Assert.DoesNotContain(app.Server.Sender.Messages, m => m.To == phone);
    }

    [Theory]
    [InlineData("phone_number")]
    [InlineData("email")]
    [InlineData("user_id")]
    [InlineData("username")]
    public async Task A_user_may_be_named_by_each_identifier_at_both_calls(string type)
    {
        var app = await servers.ApplicationAsync(engine);
        var user = (await app.Http.PostAsync("/cis/v1/users", new { phone_number = "+447400000001", email = "ann@example.com", username = "Ann" }, 201)).Str("result", "user_id");
        var identifier = type switch { "phone_number" => "+44 7400-000001", "email" => "ANN@example.com", "user_id" => user, _ => "ANN" };
        var code = (await app.Http.PostAsync(Send, new { channel = "direct", identifier_type = type, identifier }, 200)).Str("code");
        var login = await app.Http.PostAsync("/cis/v1/auth/otp/authenticate", new { passcode = code, identifier_type = type, identifier }, 200);
        Assert.Equal(user, Wire.Claims(login.Str("access_token")).Str("sub"));
    }

    [Fact]
    public async Task A_custom_message_and_sender_are_taken_from_either_place()
    {
        var app = await servers.ApplicationAsync(engine);
        foreach (var more in new object[]
        {
            new { custom_sms_input = new { custom_message = "{otp} for {app}, {app}!", sender_id = "Acme123" } },
            new { custom_message = "{otp} for {app}, {app}!", sender_id = "Acme123" },
            new { custom_message = "{otp} for {app}, {app}!", custom_sms_input = new { sender_id = "Acme123" } },
            new { custom_message = "{otp} for {app}, {app}!", sender_id = "Acme123", custom_sms_input = new { custom_message = "{otp} for {app}, {app}!", sender_id = "Acme123" } },
        })
        {
            var phone = Wire.NewPhone();
            await app.UserAsync(phone);
            Assert.Matches(@"\A[0-9]{6} for Acme, Acme!\z", await app.OnlySmsAsync(phone, more));
            Assert.Equal("Acme123", (await app.Server.Sender.WaitForAsync(phone)).Sender);
        }
    }

    [Fact]
    public async Task A_sender_name_gives_way_to_the_number_where_a_country_forbids_it()
    {
        var app = await servers.ApplicationAsync(engine);
        var phone = "+1415555" + (1000 + (int)engine).ToString(CultureInfo.InvariantCulture);
        await app.UserAsync(phone);
        await app.OnlySmsAsync(phone, new { sender_id = "Acme" });
        Assert.Null((await app.Server.Sender.WaitForAsync(phone)).Sender);
        var note = await app.Server.Database.ReadAsync(db => db.FirstAsync<string>("SELECT sender_note FROM outbox WHERE app_id = @app", new { app = app.AppId }));
        Assert.Contains("US does not allow sender names", note, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> BadFields => new()
    {
        { """{"custom_message":"{otp} {app} a","custom_sms_input":{"custom_message":"{otp} {app} b"}}""", "given twice" },
        { """{"sender_id":"A","custom_sms_input":{"sender_id":"B"}}""", "given twice" },
        { """{"custom_message":"{otp} only"}""", "{app}" },
        { """{"custom_message":"{app} only"}""", "{otp}" },
        { $$"""{"custom_message":"{otp} {app} {{new string('x', 129)}}"}""", "140" },
        { """{"sender_id":"TwelveLetter"}""", "11" },
        { """{"sender_id":"A b"}""", "sender_id" },
        { """{"channel":"voice"}""", "channel" },
        { """{"channel":null}""", "channel" },
        { """{"identifier_type":"shoe_size"}""", "identifier_type" },
        { """{"identifier":""}""", "identifier" },
        { """{"identifier":"07400 000001"}""", "E.164" },
        { """{"expires_in":0}""", "expires_in" },
        { """{"channel":"sms","custom_phone_number":"07400"}""", "custom_phone_number" },
        { """{"channel":"email","custom_email":"nonsense"}""", "custom_email" },
        { """{"approval_data":{"a":{"b":1}}}""", "flat" },
        { """{"approval_data":[]}""", "approval_data" },
        { """{"approval_data":{"a b":1}}""", "approval_data" },
        { """{"approval_data":{"1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1,"8":1,"9":1,"10":1,"11":1}}""", "10 keys" },
    };

    [Theory]
    [MemberData(nameof(BadFields))]
    public async Task A_field_that_breaks_its_rule_is_invalid_input_and_the_message_says_which(string change, string word)
    {
        var (app, phone) = await UserAsync();
        var body = System.Text.Json.Nodes.JsonNode.Parse($$"""{"channel":"direct","identifier_type":"phone_number","identifier":"{{phone}}"}""")!.AsObject();
        foreach (var (name, value) in System.Text.Json.Nodes.JsonNode.Parse(change)!.AsObject())
            body[name] = value?.DeepClone();
        var fault = await app.Http.PostAsync(Send, body, 400);
        Assert.Equal(["error_code", "message"], fault.Names());
        Assert.Equal("system_invalid_input", fault.Str("error_code"));
        Assert.Contains(word, fault.Str("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_of_140_characters_is_the_longest()
    {
        var (app, phone) = await UserAsync();
        await app.Http.PostAsync(Send, new { channel = "direct", identifier_type = "phone_number", identifier = phone, custom_message = "{otp} {app} " + new string('x', 128), sender_id = "ElevenChars" }, 200);
    }

    [Fact]
    public async Task Approval_data_is_echoed_and_becomes_a_claim_of_the_id_token_alone()
    {
        var (app, phone) = await UserAsync();
        const string Data = """{"payee":"Bob \u00fc","amount":12.50,"currency":"EUR","x-1.a_b":true,"none":null}""";
        var sent = await (await Raw.SendAsync(app.Http, HttpMethod.Post, Send, System.Text.Encoding.UTF8.GetBytes(
            $$"""{"channel":"direct","identifier_type":"phone_number","identifier":"{{phone}}","approval_data":{{Data}}}"""))).JsonAsync(200);
        Assert.Equal(["approval_data", "code", "message"], sent.Names());
        Assert.Equal("Bob ü", sent.Str("approval_data", "payee"));
        Assert.Equal("12.50", sent.At("approval_data", "amount").GetRawText());
        var login = await (await app.AuthenticateAsync(sent.Str("code")!, phone)).JsonAsync(200);
        var claim = Wire.Claims(login.Str("id_token")).At("approval_data");
        Assert.Equal(["amount", "currency", "none", "payee", "x-1.a_b"], claim.Names());
        Assert.Equal(("Bob ü", 12.5m), (claim.Str("payee"), claim.At("amount").GetDecimal()));
        Assert.False(Wire.Claims(login.Str("access_token")).Has("approval_data"));
        // A code that approves nothing carries nothing.
        Assert.False(Wire.Claims((await app.LoginAsync(phone)).Str("id_token")).Has("approval_data"));
    }

    [Fact]
    public async Task A_request_id_must_come_back_with_its_code()
    {
        var (app, phone) = await UserAsync();
        var sent = await app.Http.PostAsync(Send, new { channel = "direct", identifier_type = "phone_number", identifier = phone, generate_request_id = true }, 200);
        Assert.Equal(["code", "message", "request_id"], sent.Names());
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(sent.Str("code")!, phone)).ErrorAsync(400));
        Assert.Equal("auth_invalid_credentials", (await AuthenticateAsync("other", 400)).Str("error_code"));
        await AuthenticateAsync(sent.Str("request_id")!, 200);

        Task<JsonElement> AuthenticateAsync(string requestId, int status) =>
            app.Http.PostAsync("/cis/v1/auth/otp/authenticate", new { passcode = sent.Str("code"), identifier_type = "phone_number", identifier = phone, request_id = requestId }, status);
    }

    [Fact]
    public async Task A_custom_number_gets_the_code_and_its_login_verifies_nothing()
    {
        var (app, phone) = await UserAsync();
        var other = Wire.NewPhone();
        await app.Http.PostAsync(Send, new { channel = "sms", identifier_type = "phone_number", identifier = phone, custom_phone_number = other }, 200);
        await (await app.AuthenticateAsync(Wire.Code((await app.Server.Sender.WaitForAsync(other)).Text), phone)).JsonAsync(200);
        Assert.False((await app.Http.GetAsync($"/cis/v1/users/phone-number/{phone}", 200)).At("result", "phone_number", "phone_number_verified").GetBoolean());
        Assert.DoesNotContain(app.Server.Sender.Messages, m => m.To == phone);
    }

    [Theory]
    [InlineData("sms", """{"email_otp":{},"direct_otp":{}}""")]
    [InlineData("email", """{"sms":{},"direct_otp":{}}""")]
    [InlineData("direct", """{"sms":{},"email_otp":{}}""")]
    public async Task A_channel_whose_method_is_closed_is_refused(string channel, string open)
    {
        var app = await servers.ApplicationAsync(engine, authMethods: JsonElement.Parse(open));
        await app.UserAsync();
        Assert.Equal("auth_login_preferences_missing", await (await app.SendAsync(channel: channel)).ErrorAsync(403));
    }

    [Fact]
    public async Task A_user_that_is_not_there_or_has_no_destination_is_not_found()
    {
        var app = await servers.ApplicationAsync(engine);
        Assert.Equal("user_not_found", await (await app.SendAsync()).ErrorAsync(404));
        await app.Http.PostAsync("/cis/v1/users", new { email = "ann@example.com", username = "ann" }, 201);
        Assert.Equal("user_phone_number_missing", (await app.Http.PostAsync(Send, new { channel = "sms", identifier_type = "username", identifier = "ann" }, 404)).Str("error_code"));
        await app.UserAsync();
        Assert.Equal("user_email_address_missing", await (await app.SendAsync(channel: "email")).ErrorAsync(404));
    }

    [Fact]
    public async Task Too_many_sends_are_limited_with_Retry_After_but_direct_is_not()
    {
        var (app, phone) = await UserAsync();
        await (await app.SendAsync(phone, "sms")).JsonAsync(200);
        var limited = await app.SendAsync(phone, "sms");
        Assert.Equal(TimeSpan.FromSeconds(30), limited.Headers.RetryAfter!.Delta);
        Assert.Equal("auth_otp_send_limited", await limited.ErrorAsync(429));
        for (var i = 0; i < 12; i++)
            await app.CodeAsync(phone);
    }

    [Fact]
    public async Task While_locked_no_code_is_sent()
    {
        var (app, phone) = await UserAsync();
        var code = await app.CodeAsync(phone);
        for (var i = 0; i < 3; i++)
            await (await app.AuthenticateAsync(TestApplication.WrongCode(code), phone)).JsonAsync(400);
        var locked = await app.SendAsync(phone);
        Assert.Equal(TimeSpan.FromMinutes(15), locked.Headers.RetryAfter!.Delta);
        Assert.Equal("auth_locked", await locked.ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.SendAsync(phone, "sms")).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(code, phone)).ErrorAsync(403));
        // An administrator opens it again.
        var user = (await app.Http.GetAsync($"/cis/v1/users/phone-number/{phone}", 200)).Str("result", "user_id");
        await (await app.Http.PostAsync($"/cis/v1/users/{user}/unlock", null)).JsonAsync(403);
        await (await app.Management.PostAsync($"/cis/v1/users/{user}/unlock?app_id={app.AppId}", null)).JsonAsync(204);
        await (await app.Management.PostAsync("/cis/v1/users/nobody/unlock", null)).JsonAsync(404);
        await app.LoginAsync(phone);
    }

    [Fact]
    public async Task Without_a_provider_a_send_says_so_and_direct_still_works()
    {
        await using var server = await TestServer.StartAsync(engine, builder => builder.Services.RemoveAll<IMessageSender>());
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        Assert.Equal("external_provider_configuration_error", await (await app.SendAsync(channel: "sms")).ErrorAsync(400));
        Assert.Equal("external_provider_configuration_error", await (await app.SendAsync(channel: "email")).ErrorAsync(400));
        await app.LoginAsync();
    }

    [Theory]
    [InlineData(null, 5)]
    [InlineData(1, 1)]
    [InlineData(4, 4)]
    [InlineData(60, 5)]
    public async Task A_code_lives_as_long_as_asked_but_never_longer_than_the_policy(int? expiresIn, int minutes)
    {
        await using var server = await TestServer.StartAsync(engine);
        var app = await server.ApplicationAsync();
        await app.UserAsync();
        var body = new { channel = "direct", identifier_type = "phone_number", identifier = "+447400000001", expires_in = expiresIn };
        var (early, late) = ((await app.Http.PostAsync(Send, body, 200)).Str("code")!, "");
        server.Clock.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromMilliseconds(1));
        await (await app.AuthenticateAsync(early)).JsonAsync(200);
        late = (await app.Http.PostAsync(Send, body, 200)).Str("code")!;
        server.Clock.Advance(TimeSpan.FromMinutes(minutes));
        Assert.Equal("auth_otp_passcode_expired", await (await app.AuthenticateAsync(late)).ErrorAsync(400));
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(TestApplication.WrongCode(late))).ErrorAsync(400));
    }

    [Fact]
    public async Task An_application_that_conceals_unknown_users_answers_alike_for_everyone()
    {
        var app = await servers.ApplicationAsync(engine, settings: new { conceal_unknown_users = true });
        var (known, unknown) = (Wire.NewPhone(), Wire.NewPhone());
        await app.UserAsync(known);
        var (a, b) = (await (await app.SendAsync(known, "sms")).JsonAsync(200), await (await app.SendAsync(unknown, "sms")).JsonAsync(200));
        Assert.Equal(a.GetRawText(), b.GetRawText());
        Assert.Equal("auth_otp_send_limited", await (await app.SendAsync(known, "sms")).ErrorAsync(429));
        Assert.Equal("auth_otp_send_limited", await (await app.SendAsync(unknown, "sms")).ErrorAsync(429));
        var code = Wire.Code((await app.Server.Sender.WaitForAsync(known)).Text);
        for (var i = 0; i < 3; i++)
        {
            foreach (var phone in new[] { known, unknown })
                Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(TestApplication.WrongCode(code), phone)).ErrorAsync(400));
        }
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(code, known)).ErrorAsync(403));
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(code, unknown)).ErrorAsync(403));
        Assert.DoesNotContain(app.Server.Sender.Messages, m => m.To == unknown);
    }

    private async Task<(TestApplication App, string Phone)> UserAsync()
    {
        var app = await servers.ApplicationAsync(engine);
        var phone = Wire.NewPhone();
        await app.UserAsync(phone);
        return (app, phone);
    }

    [GeneratedRegex(@"\A[0-9]{6}\z")]
    private static partial Regex SixDigits();
}
