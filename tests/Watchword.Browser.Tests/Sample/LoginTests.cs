using System.Text.Json;
using Watchword.Browser.Tests.Harness;
using Watchword.Server.Tests.Harness;

namespace Watchword.Browser.Tests.Sample;

/// <summary>Signing up, logging in, and all that can go wrong with a code.</summary>
public sealed class LoginTests(Chromium chromium, AcmeFixture acme) : AcmeTest(chromium, acme)
{
    [Fact]
    public async Task Somebody_signs_up_with_the_inbox_beside_them_and_has_shown_that_the_number_is_theirs()
    {
        var number = AcmeFixture.NewNumber();
        var page = await VisitAcmeAsync();
        await page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = "Sign up" }).ClickAsync();
        await page.GetByLabel("What shall we call you?").FillAsync("Alice");
        await AskAsync(page, number);
        await Expect(page.GetByText($"The code for {number} is on its way")).ToBeVisibleAsync();

        var inbox = await page.RunAndWaitForPopupAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "SMS inbox" }).ClickAsync());
        var message = inbox.GetByRole(AriaRole.Region, new() { Name = number }).GetByText("One Time Password");
        await Expect(message).ToBeVisibleAsync();
        var code = new string([.. (await message.InnerTextAsync()).Where(char.IsAsciiDigit)]);
        await TypeAsync(page, code, "Sign up");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Hello, Alice" })).ToBeVisibleAsync();
        await Expect(page.GetByText("verified")).ToBeVisibleAsync();
        Assert.True((await UserAsync(number)).GetProperty("phone_number").GetProperty("phone_number_verified").GetBoolean());
    }

    [Fact]
    public async Task Who_signs_up_again_is_logged_in_and_nobody_is_renamed()
    {
        var (_, number) = await SignedUpAsync("Alice");
        var page = await VisitAcmeAsync("/signup");
        await page.GetByLabel("What shall we call you?").FillAsync("Mallory");
        await AskAsync(page, number);
        await Expect(page.GetByText($"The code for {number} is on its way")).ToBeVisibleAsync();
        await TypeAsync(page, await Acme.CodeAsync(number), "Sign up");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Hello, Alice" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_login_goes_back_to_the_page_that_asked_for_it_and_never_to_another_site()
    {
        var (_, number) = await SignedUpAsync();
        var page = await VisitAcmeAsync("/pay");
        await AskAsync(page, number);
        await TypeAsync(page, await Acme.CodeAsync(number));
        await Expect(page).ToHaveURLAsync(Acme.Url + "/pay");

        Acme.Clock.Advance(TimeSpan.FromSeconds(30));
        page = await VisitAcmeAsync("/login?from=https://evil.example/");
        await AskAsync(page, number);
        await TypeAsync(page, await Acme.CodeAsync(number));
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    [Fact]
    public async Task A_wrong_code_is_told_and_the_right_one_works_then()
    {
        var (_, number) = await SignedUpAsync();
        var page = await VisitAcmeAsync("/login");
        await AskAsync(page, number);
        var code = await Acme.CodeAsync(number);
        await TypeAsync(page, TestApplication.WrongCode(code));
        await Expect(Problem(page)).ToContainTextAsync("That is not the code.");
        await Expect(page.GetByLabel("Code from the message")).ToBeFocusedAsync();
        await TypeAsync(page, "none");
        await Expect(Problem(page)).ToContainTextAsync("Type the digits");
        await TypeAsync(page, $"{code[..3]} {code[3..]}");
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    [Fact]
    public async Task Three_wrong_codes_lock_the_number_for_a_quarter_of_an_hour()
    {
        var (_, number) = await SignedUpAsync();
        var page = await VisitAcmeAsync("/login");
        await AskAsync(page, number);
        var code = await Acme.CodeAsync(number);
        for (var i = 0; i < 3; i++)
        {
            await TypeAsync(page, TestApplication.WrongCode(code));
            await Expect(Problem(page)).ToContainTextAsync("That is not the code.");
        }
        await TypeAsync(page, code);
        await Expect(Problem(page)).ToContainTextAsync("Too many wrong codes. To keep others out, this number has to wait 15:00.");
        await Expect(page.GetByLabel("Code from the message")).ToBeHiddenAsync();
        await Axe.CheckAsync(page);
        await Shots.TakeAsync(page, "acme-locked");

        Acme.Clock.Advance(TimeSpan.FromMinutes(14));
        await page.GotoAsync(Acme.Url + "/login");
        await AskAsync(page, number);
        await Expect(Problem(page)).ToContainTextAsync("has to wait 1:00.");

        Acme.Clock.Advance(TimeSpan.FromMinutes(1));
        await AskAsync(page, number);
        await TypeAsync(page, await Acme.CodeAsync(number));
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    [Fact]
    public async Task A_code_that_is_too_old_is_told_by_the_page_and_by_the_server()
    {
        var (_, number) = await SignedUpAsync();
        var page = await VisitAcmeAsync("/login");
        await page.Clock.InstallAsync();
        await AskAsync(page, number);
        var code = await Acme.CodeAsync(number);
        await Expect(page.GetByText("The code works for 5:00.")).ToBeVisibleAsync();
        await page.Clock.FastForwardAsync("04:59");
        await Expect(page.GetByText("The code works for 0:01.")).ToBeVisibleAsync();
        await page.Clock.FastForwardAsync("00:01");
        await Expect(page.GetByText("That code is too old now.")).ToBeVisibleAsync();

        Acme.Clock.Advance(TimeSpan.FromMinutes(5));
        await TypeAsync(page, code);
        await Expect(Problem(page)).ToHaveTextAsync("That code is too old. Ask for a new one.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send a new code" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("A new code is on its way.");
        await TypeAsync(page, await Acme.CodeAsync(number));
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    [Fact]
    public async Task Another_code_can_be_had_after_the_pause_and_replaces_the_first()
    {
        var (_, number) = await SignedUpAsync();
        var page = await VisitAcmeAsync("/login");
        await page.Clock.InstallAsync();
        await AskAsync(page, number);
        var first = await Acme.CodeAsync(number);
        var again = page.GetByRole(AriaRole.Button, new() { Name = "Send a new code" });
        await Expect(again).ToBeDisabledAsync();
        await Expect(page.GetByText("possible in 0:30")).ToBeVisibleAsync();
        await page.Clock.FastForwardAsync("00:30");
        Acme.Clock.Advance(TimeSpan.FromSeconds(30));
        await again.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("The one before does not work any more.");
        await Axe.CheckAsync(page);
        await Shots.TakeAsync(page, "acme-resent");

        var second = await Acme.CodeAsync(number);
        if (first != second)
        {
            await TypeAsync(page, first);
            await Expect(Problem(page)).ToContainTextAsync("That is not the code.");
        }
        await TypeAsync(page, second);
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    [Fact]
    public async Task Who_asks_again_too_soon_goes_on_waiting_and_another_browser_is_told_how_long()
    {
        var (_, number) = await SignedUpAsync();
        var page = await VisitAcmeAsync("/login");
        await AskAsync(page, number);
        var code = await Acme.CodeAsync(number);
        Acme.Clock.Advance(TimeSpan.FromSeconds(10));

        var other = await VisitAcmeAsync("/login");
        await AskAsync(other, number);
        await Expect(Problem(other)).ToContainTextAsync("It can have another in 0:20.");

        await page.GotoAsync(Acme.Url + "/login");
        await AskAsync(page, number);
        await Expect(page.GetByText("possible in 0:20")).ToBeVisibleAsync();
        await TypeAsync(page, code);
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    [Fact]
    public async Task A_code_is_worth_nothing_in_another_browser()
    {
        var (_, number) = await SignedUpAsync();
        var mallory = await VisitAcmeAsync("/login");
        await AskAsync(mallory, number);
        await Acme.MessageAsync(number);
        Acme.Clock.Advance(TimeSpan.FromSeconds(30));
        var page = await VisitAcmeAsync("/login");
        await AskAsync(page, number);
        var code = await Acme.CodeAsync(number);

        await TypeAsync(mallory, code);
        await Expect(Problem(mallory)).ToContainTextAsync("That is not the code.");
        await TypeAsync(page, code);
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    [Fact]
    public async Task What_is_no_number_is_told()
    {
        var page = await VisitAcmeAsync("/login");
        await AskAsync(page, "07700 nine");
        await Expect(Problem(page)).ToContainTextAsync("Type a phone number with its country code");
        await Axe.CheckAsync(page);
        page = await VisitAcmeAsync("/signup");
        await page.GetByLabel("What shall we call you?").FillAsync("Alice");
        await AskAsync(page, "12");
        await Expect(Problem(page)).ToContainTextAsync("Type a phone number with its country code");
    }

    [Fact]
    public async Task Keys_alone_log_in()
    {
        var (_, number) = await SignedUpAsync();
        var page = await VisitAcmeAsync();
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(Acme.Url + "/login");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync(number);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByLabel("Code from the message")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(await Acme.CodeAsync(number));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    [Fact]
    public async Task A_whole_message_can_be_pasted()
    {
        var (_, number) = await SignedUpAsync();
        var page = await VisitAcmeAsync("/login");
        await AskAsync(page, number);
        var message = await Acme.MessageAsync(number);
        var field = page.GetByLabel("Code from the message");
        await field.EvaluateAsync(
            "(field, text) => { const data = new DataTransfer(); data.setData('text', text); field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }",
            message + "\n@acme.example #" + message.Split(' ')[6]);
        await Expect(field).ToHaveValueAsync(message.Split(' ')[6]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    [Fact]
    public async Task A_phone_that_reads_the_message_itself_logs_in_without_a_touch()
    {
        var (_, number) = await SignedUpAsync();
        var page = await VisitAcmeAsync("/login");
        var code = new TaskCompletionSource<string>();
        await page.ExposeFunctionAsync("codeFromMessage", () => code.Task);
        await page.AddInitScriptAsync(
            """
            window.OTPCredential = class {};
            navigator.credentials.get = async asked => {
              if (asked.otp.transport[0] !== 'sms') throw new Error('not asked for an SMS');
              return { code: await window.codeFromMessage() };
            };
            """);
        await AskAsync(page, number);
        await Expect(page.GetByLabel("Code from the message")).ToHaveAttributeAsync("autocomplete", "one-time-code");
        code.SetResult(await Acme.CodeAsync(number));
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");
    }

    private async Task<JsonElement> UserAsync(string number) =>
        (await (await Acme.App.Http.GetAsync("/cis/v1/users/phone-number/" + Uri.EscapeDataString(number))).JsonAsync(200)).GetProperty("result");
}
