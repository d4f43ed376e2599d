using System.Net.Http.Json;
using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;
using Watchword.Server.Tests.Harness;

namespace Watchword.Browser.Tests.Portal;

/// <summary>An administrator who is no programmer sets applications up.</summary>
public sealed class ApplicationsTests(Chromium chromium, PortalServer portal) : PortalTest(chromium, portal), IClassFixture<PortalServer>
{
    [Fact]
    public async Task A_new_application_is_shown_its_secret_once_and_logs_a_user_in_with_it()
    {
        var page = await OpenAsync("applications");
        await page.GetByRole(AriaRole.Link, new() { NameString = "application" }).And(page.Locator("main a")).First.ClickAsync();
        await page.GetByLabel("Name").FillAsync("Wren Books");
        await LookAsync(page, "application-new-name");
        await page.GetByLabel("Name").PressAsync("Enter");
        await page.GetByLabel("Redirect addresses").FillAsync("https://wren.example/\nhttp://wren.example/in");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create the application" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert).First).ToHaveTextAsync("Redirect address 2 must use https (http is allowed for localhost only).");
        await LookAsync(page, "application-new-refused");
        await page.GetByLabel("Redirect addresses").FillAsync("https://wren.example/");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create the application" }).ClickAsync();
        await Expect(page.GetByText("The secret is not shown again.")).ToBeVisibleAsync();
        await LookAsync(page, "application-new-credentials");

        var (id, secret) = (await ShownAsync(page, "Client id"), await ShownAsync(page, "Client secret"));
        foreach (var language in new[] { "curl", "C#", "Node.js" })
        {
            await page.GetByRole(AriaRole.Tab, new() { Name = language }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Tabpanel)).ToContainTextAsync(secret);
        }
        var phone = "+447700900301";
        var app = await ApplicationAsync(id, secret);
        await app.UserAsync(phone);
        await app.SendAsync(phone, "sms");
        await (await app.AuthenticateAsync(CodeIn((await Server.Sender.WaitForAsync(phone)).Text), phone)).JsonAsync(200);

        await page.GetByRole(AriaRole.Link, new() { Name = "Go to Wren Books" }).ClickAsync();
        await ReadyAsync(page);
        await Expect(page.GetByLabel("Redirect addresses")).ToHaveValueAsync("https://wren.example/");
        Assert.DoesNotContain(secret, await page.ContentAsync(), StringComparison.Ordinal);
        await LookAsync(page, "application");
        await page.GotoAsync($"{Server.Url}/admin/applications");
        await ReadyAsync(page);
        var cells = page.GetByRole(AriaRole.Row, new() { NameString = "Wren Books" }).GetByRole(AriaRole.Cell);
        await Expect(cells.Nth(1)).ToHaveTextAsync("SMS, Email");
        await Expect(cells.Nth(2)).ToHaveTextAsync("1");
        await LookAsync(page, "applications");

        await page.GetByRole(AriaRole.Link, new() { Name = "Wren Books" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete this application" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Delete it" })).ToBeDisabledAsync();
        await page.GetByLabel("Type Wren Books to confirm").FillAsync("Wren Books");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete it" }).ClickAsync();
        await Expect(page.GetByText("Wren Books is deleted.")).ToBeVisibleAsync();
        await (await app.SendAsync(phone, "sms")).JsonAsync(401);
    }

    [Fact]
    public async Task A_policy_is_refused_in_plain_words_or_counts_from_the_next_code()
    {
        var app = await Server.ApplicationAsync(authMethods: new { sms = new { } });
        var phone = "+447700900302";
        await app.UserAsync(phone);
        var page = await OpenAsync($"applications/{app.AppId}/passcodes");
        var sms = page.GetByRole(AriaRole.Group, new() { Name = "SMS" });
        await sms.GetByLabel("Expiration").FillAsync("11");
        await sms.GetByLabel("Code length").FillAsync("4");
        await sms.GetByLabel("Failed attempts").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator(".faults li")).ToHaveTextAsync(["SMS: the expiration must be 1 to 10 minutes.", "SMS: wrong codes before a lock must be 1 to 20."]);

        await sms.GetByLabel("Expiration").FillAsync("3");
        await sms.GetByLabel("Failed attempts").FillAsync("1");
        await Expect(sms).ToContainTextAsync("Weaker than NIST. NIST asks for 6 digits or more");
        await Expect(page.GetByLabel("The message")).ToHaveTextAsync("This is your One Time Password: 4829 from Acme");
        await page.GetByLabel("Text (custom_message)").FillAsync("{otp} für {app} ✓");
        await Expect(page.GetByLabel("The message")).ToHaveTextAsync("4829 für Acme ✓");
        await Expect(page.Locator(".phone-facts")).ToContainTextAsync("UCS-2, because of “✓”");
        await LookAsync(page, "application-passcodes");
        // Nobody loses by a click what they have typed.
        await page.GetByRole(AriaRole.Link, new() { Name = "Dashboard" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(page.GetByText("Not saved yet.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("It counts from the next code on.")).ToBeVisibleAsync();

        await (await app.SendAsync(phone, "sms")).JsonAsync(200);
        var code = CodeIn((await Server.Sender.WaitForAsync(phone)).Text);
        Assert.Equal(4, code.Length);
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(TestApplication.WrongCode(code), phone)).ErrorAsync(400));
        Assert.Equal("auth_locked", await (await app.AuthenticateAsync(code, phone)).ErrorAsync(403));

        await sms.GetByRole(AriaRole.Switch).First.ClickAsync();
        await Expect(page.GetByText("nobody can log in to this application")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_text_is_seen_on_the_phone_while_it_is_typed_and_sent_when_it_is_saved()
    {
        var app = await Server.ApplicationAsync(settings: new { autofill_domain = "login.acme.example" });
        var phone = "+447700900303";
        await (await app.Http.PostAsJsonAsync("/cis/v1/users", new { phone_number = phone, language = "de" })).JsonAsync(201);
        var page = await OpenAsync($"applications/{app.AppId}/texts");
        await page.GetByRole(AriaRole.Button, new() { Name = "Edit the text for German" }).ClickAsync();
        await Expect(page.GetByLabel("Text", new() { Exact = true })).ToBeFocusedAsync();
        await page.GetByLabel("Text", new() { Exact = true }).FillAsync("Ihr Code: {otp}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the text" }).ClickAsync();
        await Expect(page.Locator(".faults li")).ToHaveTextAsync(["The text for German must contain {app}, the place for the application's name."]);
        await page.GetByLabel("Text", new() { Exact = true }).FillAsync("Ihr Code für {app}: {otp}");
        await Expect(page.GetByLabel("The message")).ToHaveTextAsync("Ihr Code für Acme: 482913\n@login.acme.example #482913");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the text" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row, new() { NameString = "German" })).ToContainTextAsync("Yours");
        await LookAsync(page, "application-texts");

        await (await app.SendAsync(phone, "sms")).JsonAsync(200);
        Assert.StartsWith("Ihr Code für Acme: ", (await Server.Sender.WaitForAsync(phone)).Text, StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "Go back to Watchword’s text" }).ClickAsync();
        await Expect(page.GetByLabel("Text", new() { Exact = true })).ToHaveValueAsync("{otp} ist Ihr Einmalcode für {app}.");
    }

    [Fact]
    public async Task A_secret_is_renewed_while_the_old_one_still_works_and_lifetimes_are_set()
    {
        var app = await Server.ApplicationAsync();
        var page = await OpenAsync($"applications/{app.AppId}/clients");
        await LookAsync(page, "application-clients");
        await page.GetByRole(AriaRole.Link, new() { Name = "Acme", Exact = true }).And(page.Locator("td a")).ClickAsync();
        await ReadyAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a new secret" }).ClickAsync();
        await Expect(page.GetByText("The secret is not shown again.")).ToBeVisibleAsync();
        using var renewed = await Server.ClientAsync(app.ClientId, await ShownAsync(page, "Client secret"));
        using var old = await Server.ClientAsync(app.ClientId, app.ClientSecret);

        await page.GetByLabel("Access token", new() { Exact = true }).FillAsync("2");
        await page.GetByLabel("Unit of Access token").SelectOptionAsync("days");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator(".faults li")).ToHaveTextAsync(["The life of an access token must be 1 minute to 1 day."]);
        await page.GetByLabel("Unit of Access token").SelectOptionAsync("minutes");
        await page.GetByRole(AriaRole.Group, new() { Name = "ID token holds" }).GetByLabel("Email", new() { Exact = true }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("It counts from the next token on.")).ToBeVisibleAsync();
        await LookAsync(page, "application-client");
        await app.UserAsync("+447700900304");
        Assert.Equal(120, (await app.LoginAsync("+447700900304")).GetProperty("expires_in").GetInt32());
    }

    [Fact]
    public async Task Settings_are_kept_and_a_test_number_logs_in_with_its_code_which_nobody_is_shown()
    {
        var app = await Server.ApplicationAsync();
        var phone = "+447700900305";
        await app.UserAsync(phone);
        var page = await OpenAsync($"applications/{app.AppId}/settings");
        await page.GetByLabel("Number").FillAsync(phone);
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync("4711");
        await page.GetByLabel("Ends in").FillAsync("91");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the test number" }).ClickAsync();
        await Expect(page.Locator(".faults li")).ToHaveTextAsync(["Test number 1: the end must be in the future and at most 90 days ahead."]);
        await page.GetByLabel("Ends in").FillAsync("90");
        await page.GetByLabel("Site for autofill").FillAsync("Login.example.com");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add the test number" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row, new() { NameString = phone })).ToContainTextAsync("set, not shown");
        // What stands in the other form is still there.
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.Locator(".faults li")).ToContainTextAsync(["The site for autofill must be a host name in lower case"]);
        await page.GetByLabel("Site for autofill").FillAsync("login.example.com");
        await page.GetByLabel("Do not tell who has an account").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("Saved.")).ToBeVisibleAsync();
        await LookAsync(page, "application-settings");

        Assert.DoesNotContain("4711", await page.ContentAsync(), StringComparison.Ordinal);
        await (await app.SendAsync(phone, "sms")).JsonAsync(200);
        await (await app.AuthenticateAsync("4711", phone)).JsonAsync(200);
        await (await app.SendAsync("+447700900399", "sms")).JsonAsync(200);
    }

    [Fact]
    public async Task An_auditor_reads_all_of_it_and_is_offered_no_change()
    {
        var app = await Server.ApplicationAsync();
        var page = await OpenAsync($"applications/{app.AppId}", AdministratorRole.Auditor);
        foreach (var section in new[] { "Overview", "Clients", "One-time passcodes", "Message texts", "Settings" })
        {
            await page.GetByRole(AriaRole.Navigation, new() { Name = "Acme" }).GetByRole(AriaRole.Link, new() { Name = section }).ClickAsync();
            await Expect(page.Locator(".app-section[aria-current=page]")).ToHaveTextAsync(section);
            await Expect(page.GetByRole(AriaRole.Button, new() { NameRegex = new("Save|Add|Delete|Make|Edit") })).ToHaveCountAsync(0);
        }
        await page.GetByRole(AriaRole.Link, new() { Name = "Limits", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Guesses, and how long a code lives" })).ToBeVisibleAsync();
        await LookAsync(page, "limits");
        await page.GotoAsync($"{Server.Url}/admin/applications/00000000000000000000000000000000/settings");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "There is no such application" })).ToBeVisibleAsync();
    }

    private async Task<TestApplication> ApplicationAsync(string clientId, string secret) =>
        new(Server, null!, await Server.ClientAsync(clientId, secret), "", clientId, secret);

    private static Task<string> ShownAsync(IPage page, string name) =>
        page.Locator(".shown", new() { HasText = name }).Locator("code").InnerTextAsync();

    private static string CodeIn(string text) => text.Split(' ').First(word => word.Length is >= 4 and <= 8 && word.All(char.IsAsciiDigit));
}
