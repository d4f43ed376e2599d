using System.Text.RegularExpressions;
using Watchword.Browser.Tests.Harness;
using Watchword.Server.Tests.Harness;

namespace Watchword.Browser.Tests.Sample;

/// <summary>A payment is approved by a code that is good for its amount and its payee and for nothing else (PSD2 RTS Art. 5).</summary>
public sealed class PaymentTests(Chromium chromium, AcmeFixture acme) : AcmeTest(chromium, acme)
{
    [Fact]
    public async Task The_message_names_amount_and_payee_and_its_code_pays_just_that()
    {
        var (page, number) = await SignedUpAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Make a payment" }).ClickAsync();
        await Axe.CheckAsync(page);
        await Shots.TakeAsync(page, "acme-pay");
        await EnterAsync(page, "Bob's Bikes", "249,90");

        await Expect(page.Locator(".order")).ToContainTextAsync("249.90 EUR");
        await Expect(page.Locator(".order")).ToContainTextAsync("Bob's Bikes");
        await Axe.CheckAsync(page);
        await Shots.TakeAsync(page, "acme-confirm");
        var message = await Acme.MessageAsync(number);
        Assert.Matches("^Acme: pay 249.90 EUR to Bob's Bikes\\? Your code for exactly this is [0-9]{6}$", message);
        await TypeAsync(page, message[^6..], "Pay 249.90 EUR");
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Paid: 249.90 EUR to Bob's Bikes.");
        await Expect(page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "249.90 EUR" })).ToBeVisibleAsync();
        await Axe.CheckAsync(page);
        await Shots.TakeAsync(page, "acme-account");
    }

    [Theory]
    [InlineData("Bob's Bikes", "2499.00")]
    [InlineData("Mallory", "249.00")]
    public async Task A_changed_amount_or_payee_kills_the_code(string payee, string amount)
    {
        var (page, number) = await SignedUpAsync();
        await page.GotoAsync(Acme.Url + "/pay");
        await EnterAsync(page, "Bob's Bikes", "249.00");
        var first = (await Acme.MessageAsync(number))[^6..];
        var firstAddress = page.Url;
        Acme.Clock.Advance(TimeSpan.FromSeconds(30));

        await page.GetByRole(AriaRole.Link, new() { Name = "Change the payment" }).ClickAsync();
        await Expect(page.GetByLabel("How much, in euro?")).ToHaveValueAsync("249.00");
        await EnterAsync(page, payee, amount);
        var second = (await Acme.MessageAsync(number))[^6..];
        if (first != second)
        {
            await TypeAsync(page, first, $"Pay {amount} EUR");
            await Expect(Problem(page)).ToContainTextAsync("That is not the code.");
        }

        // Nor can the first payment be gone on with.
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync(firstAddress);
        await Expect(other).ToHaveURLAsync(Acme.Url + "/pay");

        await TypeAsync(page, second, $"Pay {amount} EUR");
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync($"Paid: {amount} EUR to {payee}.");
    }

    [Fact]
    public async Task A_payment_changed_within_the_pause_waits_for_its_own_code()
    {
        var (page, number) = await SignedUpAsync();
        await page.GotoAsync(Acme.Url + "/pay");
        await EnterAsync(page, "Bob's Bikes", "249.00");
        var first = (await Acme.MessageAsync(number))[^6..];
        await page.GetByRole(AriaRole.Link, new() { Name = "Change the payment" }).ClickAsync();
        await page.Clock.InstallAsync();
        await EnterAsync(page, "Bob's Bikes", "300.00");

        await Expect(page.GetByText("possible in 0:30")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Code from the message")).ToBeHiddenAsync();
        await Axe.CheckAsync(page);
        await Shots.TakeAsync(page, "acme-confirm-waiting");
        await page.Clock.FastForwardAsync("00:30");
        Acme.Clock.Advance(TimeSpan.FromSeconds(30));
        await page.GetByRole(AriaRole.Button, new() { Name = "Send the code" }).ClickAsync();
        var second = (await Acme.MessageAsync(number))[^6..];
        if (first != second)
        {
            await TypeAsync(page, first, "Pay 300.00 EUR");
            await Expect(Problem(page)).ToContainTextAsync("That is not the code.");
        }
        await TypeAsync(page, second, "Pay 300.00 EUR");
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Paid: 300.00 EUR to Bob's Bikes.");
    }

    [Fact]
    public async Task A_code_to_log_in_pays_nothing_and_a_code_to_pay_logs_nobody_in()
    {
        var (page, number) = await SignedUpAsync();
        await page.GotoAsync(Acme.Url + "/pay");
        await EnterAsync(page, "Bob's Bikes", "10");
        var toPay = (await Acme.MessageAsync(number))[^6..];

        // A browser that waits for a login code of the same number.
        Acme.Clock.Advance(TimeSpan.FromSeconds(30));
        var other = await VisitAcmeAsync("/login");
        await AskAsync(other, number);
        var toLogIn = await Acme.CodeAsync(number);
        await TypeAsync(page, toLogIn, "Pay 10.00 EUR");
        await Expect(Problem(page)).ToContainTextAsync("That is not the code.");
        if (toPay != toLogIn)
        {
            await TypeAsync(other, toPay);
            await Expect(Problem(other)).ToContainTextAsync("That is not the code.");
        }
        await TypeAsync(other, toLogIn);
        await Expect(other).ToHaveURLAsync(Acme.Url + "/account");
        await Expect(other.GetByText("None yet.")).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData("Bob", "0", "amount-problem")]
    [InlineData("Bob", "10000.01", "amount-problem")]
    [InlineData("Bob", "1.001", "amount-problem")]
    [InlineData("Bob", "-5", "amount-problem")]
    [InlineData("Bob {otp}", "5", "payee-problem")]
    [InlineData("@evil.example #123456", "5", "payee-problem")]
    public async Task What_is_no_payment_is_told(string payee, string amount, string problem)
    {
        var (page, _) = await SignedUpAsync();
        await page.GotoAsync(Acme.Url + "/pay");
        await EnterAsync(page, payee, amount);
        await Expect(page.Locator("#" + problem)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Nobody_sees_or_pays_another_s_payment()
    {
        var (alice, number) = await SignedUpAsync();
        await alice.GotoAsync(Acme.Url + "/pay");
        await EnterAsync(alice, "Bob's Bikes", "10");
        await Acme.MessageAsync(number);
        await Expect(alice).ToHaveURLAsync(new Regex("/pay/[0-9a-f]{32}$"));
        var (mallory, _) = await SignedUpAsync("Mallory");
        Allow(" answered 404 ");
        await mallory.GotoAsync(alice.Url);
        await Expect(mallory.GetByRole(AriaRole.Heading, new() { Name = "There is no such page" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Who_was_logged_out_elsewhere_pays_nothing()
    {
        var (page, number) = await SignedUpAsync();
        await page.GotoAsync(Acme.Url + "/pay");
        await EnterAsync(page, "Bob's Bikes", "10");
        var code = (await Acme.MessageAsync(number))[^6..];
        var user = (await (await Acme.App.Http.GetAsync("/cis/v1/users/phone-number/" + Uri.EscapeDataString(number))).JsonAsync(200)).GetProperty("result").GetProperty("user_id").GetString();
        Assert.True((await Acme.App.Http.DeleteAsync($"/cis/v1/auth/users/{user}/sessions")).IsSuccessStatusCode);
        await TypeAsync(page, code, "Pay 10.00 EUR");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Log in" })).ToBeVisibleAsync();
    }
}
