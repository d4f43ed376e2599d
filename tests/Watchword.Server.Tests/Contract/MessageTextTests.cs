using System.Net.Http.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

public sealed class MessageTextsOnSqlite(SharedServers servers) : MessageTextTests(servers, Engine.Sqlite);

public sealed class MessageTextsOnPostgres(SharedServers servers) : MessageTextTests(servers, Engine.Postgres);

/// <summary>Which words a message has: by the user's language, the application's settings and the caller.</summary>
public abstract class MessageTextTests(SharedServers servers, Engine engine)
{
    [Theory]
    [InlineData("fr-CA", @"\A[0-9]{6} est votre code à usage unique pour Acme\.\z", "Votre code pour Acme")]
    [InlineData("ar", @"\Aرمز التحقق الخاص بك في Acme هو [0-9]{6}\z", "رمز التحقق الخاص بك في Acme")]
    [InlineData("sw", @"\AThis is your One Time Password: [0-9]{6} from Acme\z", "Your code for Acme")]
    public async Task A_message_is_in_the_users_language(string language, string text, string subject)
    {
        var app = await servers.ApplicationAsync(engine);
        var (phone, email) = await UserAsync(app, language);
        Assert.Matches(text, await app.OnlySmsAsync(phone));
        await app.Http.PostAsync("/cis/v1/auth/otp/send", new { channel = "email", identifier_type = "email", identifier = email }, 200);
        var message = await app.Server.Sender.WaitForAsync(email);
        Assert.Matches(text, message.Text);
        Assert.Equal(subject, message.Subject);
    }

    [Fact]
    public async Task An_applications_texts_go_before_ours_and_a_callers_before_both()
    {
        var app = await servers.ApplicationAsync(engine, settings: new { texts = new Dictionary<string, string> { ["it"] = "{otp} per {app}", ["pt-BR"] = "{app}! {otp}", ["default"] = "{otp} ({app})" } });
        foreach (var (language, text) in new[] { ("it-CH", @"\A[0-9]{6} per Acme\z"), ("pt-br", @"\AAcme! [0-9]{6}\z"), ("de", @"\A[0-9]{6} \(Acme\)\z"), (null, @"\A[0-9]{6} \(Acme\)\z") })
            Assert.Matches(text, await app.OnlySmsAsync((await UserAsync(app, language)).Phone));
        Assert.Matches(@"\Ahey [0-9]{6} Acme\z", await app.OnlySmsAsync((await UserAsync(app, "it")).Phone, new { custom_message = "hey {otp} {app}" }));

        // Replaced as a whole, and gone at once.
        await app.Management.PutAsync($"/cis/v1/applications/{app.AppId}", new { settings = new { texts = new { } } }, 200);
        Assert.Matches(@"\A[0-9]{6} ist Ihr Einmalcode für Acme\.\z", await app.OnlySmsAsync((await UserAsync(app, "de")).Phone));
    }

    [Fact]
    public async Task An_sms_ends_in_the_line_that_lets_phones_fill_the_code_in_and_an_email_does_not()
    {
        var app = await servers.ApplicationAsync(engine, settings: new { autofill_domain = "login.acme.example" });
        var (phone, email) = await UserAsync(app, null);
        Assert.Matches(@"\AThis is your One Time Password: ([0-9]{6}) from Acme\n@login\.acme\.example #\1\z", await app.OnlySmsAsync(phone));
        Assert.Matches(@"\AAcme ([0-9]{6})\n@login\.acme\.example #\1\z", await app.OnlySmsAsync((await UserAsync(app, "ja")).Phone, new { custom_message = "{app} {otp}" }));
        await app.Http.PostAsync("/cis/v1/auth/otp/send", new { channel = "email", identifier_type = "email", identifier = email }, 200);
        Assert.DoesNotContain("@", (await app.Server.Sender.WaitForAsync(email)).Text, StringComparison.Ordinal);

        await app.Management.PutAsync($"/cis/v1/applications/{app.AppId}", new { settings = new { autofill_domain = "" } }, 200);
        Assert.DoesNotContain("\n", await app.OnlySmsAsync((await UserAsync(app, null)).Phone), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_line_for_autofill_counts_for_the_segments()
    {
        var app = await servers.ApplicationAsync(engine, settings: new { autofill_domain = "login.acme.example" });
        var (phone, _) = await UserAsync(app, null);
        // 140 characters are one SMS, with the line of 27 they are two.
        await app.OnlySmsAsync(phone, new { custom_message = "{app} {otp} " + new string('x', 128) });
        Assert.Equal(2, await app.Server.Database.ReadAsync(db => db.FirstAsync<long>("SELECT segments FROM outbox WHERE app_id = @app", new { app = app.AppId })));
    }

    [Theory]
    [InlineData("""{"texts":{"it":"{otp}"}}""", "settings.texts.it must contain {app}")]
    [InlineData("""{"texts":{"it":null}}""", "settings.texts.it must contain {app}")]
    [InlineData("""{"texts":{"Italian!":"{app} {otp}"}}""", "settings.texts must have language tags")]
    [InlineData("""{"texts":{"it":"{app} @evil.example #{otp}"}}""", "settings.texts.it must not contain an origin-bound code")]
    [InlineData("""{"autofill_domain":"https://acme.example/"}""", "settings.autofill_domain must be a host name")]
    [InlineData("""{"autofill_domain":"acme.example #1 @evil.example"}""", "settings.autofill_domain must be a host name")]
    public async Task A_setting_that_could_deceive_is_refused(string settings, string fault)
    {
        var app = await servers.ApplicationAsync(engine);
        var path = $"/cis/v1/applications/{app.AppId}";
        var before = (await app.Management.GetAsync(path, 200)).GetRawText();
        var faults = (await app.Management.PutAsync(path, new { settings = System.Text.Json.JsonElement.Parse(settings) }, 400)).At("message").Strings();
        Assert.Contains(faults, f => f!.StartsWith(fault, StringComparison.Ordinal));
        Assert.Equal(before, (await app.Management.GetAsync(path, 200)).GetRawText());
    }

    [Fact]
    public async Task A_name_that_nobody_can_see_is_none()
    {
        var app = await servers.ApplicationAsync(engine);
        var answer = await app.Management.PutAsJsonAsync($"/cis/v1/applications/{app.AppId}", new { app_name = "\u200B \u2060" });
        Assert.Contains("character that can be seen", Assert.Single((await answer.JsonAsync(400)).At("message").Strings()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_and_host_are_read_back_as_they_are_kept()
    {
        var app = await servers.ApplicationAsync(engine, settings: new { autofill_domain = "acme.example", texts = new Dictionary<string, string> { ["zh-Hant"] = "{app} {otp}" } });
        await app.Management.PutAsync($"/cis/v1/applications/{app.AppId}", new { settings = new { conceal_unknown_users = true } }, 200);
        var settings = (await app.Management.GetAsync($"/cis/v1/applications/{app.AppId}", 200)).At("result", "settings");
        Assert.Equal("acme.example", settings.Str("autofill_domain"));
        Assert.Equal("""{"zh-hant":"{app} {otp}"}""", settings.At("texts").GetRawText());
    }

    private static async Task<(string Phone, string Email)> UserAsync(TestApplication app, string? language)
    {
        var phone = Wire.NewPhone();
        var email = $"a{phone[1..]}@texts.example";
        await app.Http.PostAsync("/cis/v1/users", new { phone_number = phone, email, language }, 201);
        return (phone, email);
    }
}
