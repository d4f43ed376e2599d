using Watchword.Browser.Tests.Harness;

namespace Watchword.Browser.Tests.Sample;

/// <summary>A browser's session: how long it lasts and how it ends.</summary>
public sealed class SessionTests(Chromium chromium, AcmeFixture acme) : AcmeTest(chromium, acme)
{
    [Fact]
    public async Task Log_out_ends_this_session_and_no_other()
    {
        var (page, number) = await SignedUpAsync();
        var other = await AgainAsync(number);
        await Expect(other.GetByText("Since ")).ToHaveCountAsync(2);
        await page.ReloadAsync();
        await Axe.CheckAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log out", Exact = true }).ClickAsync();
        await Expect(page).ToHaveURLAsync(Acme.Url + "/");
        await page.GotoAsync(Acme.Url + "/account");
        await Expect(page).ToHaveURLAsync(Acme.Url + "/login?from=%2Faccount");
        await other.ReloadAsync();
        await Expect(other.GetByText("Since ")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Log_out_everywhere_ends_every_session()
    {
        var (page, number) = await SignedUpAsync();
        var other = await AgainAsync(number);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log out everywhere" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(Acme.Url + "/");
        await other.ReloadAsync();
        await Expect(other.GetByRole(AriaRole.Heading, new() { Name = "Log in" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Who_comes_back_is_still_logged_in_long_after_the_first_token_has_run_out()
    {
        var (page, _) = await SignedUpAsync();
        for (var day = 0; day < 3; day++)
        {
            Acme.Clock.Advance(TimeSpan.FromDays(1));
            await page.ReloadAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Hello, Alice" })).ToBeVisibleAsync();
        }
        Acme.Clock.Advance(TimeSpan.FromDays(12));
        await page.ReloadAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Log in" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_copied_cookie_is_worth_nothing_after_the_logout()
    {
        var (page, _) = await SignedUpAsync();
        var cookies = await page.Context.CookiesAsync();
        Assert.All(cookies, c => Assert.True(c.HttpOnly && c.SameSite == SameSiteAttribute.Lax));
        await page.GetByRole(AriaRole.Button, new() { Name = "Log out", Exact = true }).ClickAsync();
        await Expect(page).ToHaveURLAsync(Acme.Url + "/");

        var thief = await VisitAcmeAsync();
        await thief.Context.AddCookiesAsync(cookies.Select(c => new Cookie { Name = c.Name, Value = c.Value, Url = Acme.Url }));
        await thief.GotoAsync(Acme.Url + "/account");
        await Expect(thief.GetByRole(AriaRole.Heading, new() { Name = "Log in" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Everything_works_without_a_script()
    {
        var (page, number) = await SignedUpAsync("Alice", script: false);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log out", Exact = true }).ClickAsync();
        await page.GotoAsync(Acme.Url + "/login");
        await AskAsync(page, number);
        await Expect(page.GetByText("The code works for 5 minutes.")).ToBeVisibleAsync();
        await Shots.TakeAsync(page, "acme-code-without-script");
        var first = await Acme.CodeAsync(number);

        var again = page.GetByRole(AriaRole.Button, new() { Name = "Send a new code" });
        await again.ClickAsync();
        await Expect(Problem(page)).ToContainTextAsync("It can have another in 30 seconds.");
        Acme.Clock.Advance(TimeSpan.FromSeconds(30));
        await again.ClickAsync();
        var second = await Acme.CodeAsync(number);
        if (first != second)
        {
            await TypeAsync(page, first);
            await Expect(Problem(page)).ToContainTextAsync("That is not the code.");
        }
        await TypeAsync(page, $"This is your One Time Password: {second} from Acme");
        await Expect(page).ToHaveURLAsync(Acme.Url + "/account");

        Acme.Clock.Advance(TimeSpan.FromSeconds(30));
        await page.GetByRole(AriaRole.Link, new() { Name = "Make a payment" }).ClickAsync();
        await EnterAsync(page, "Bob's Bikes", "12.50");
        await TypeAsync(page, (await Acme.MessageAsync(number))[^6..], "Pay 12.50 EUR");
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Paid: 12.50 EUR to Bob's Bikes.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log out everywhere" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Pay people you know." })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Every_page_can_be_used_by_everybody()
    {
        Allow(" answered 404 ");
        foreach (var (path, name) in new[] { ("/", "home"), ("/login", "login"), ("/signup", "signup"), ("/nowhere", "missing") })
        {
            var page = await VisitAcmeAsync(path);
            await Axe.CheckAsync(page);
            await Shots.TakeAsync(page, "acme-" + name);
        }
        var code = await VisitAcmeAsync("/login");
        await AskAsync(code, AcmeFixture.NewNumber());
        await Expect(code.GetByLabel("Code from the message")).ToBeVisibleAsync();
        await Axe.CheckAsync(code);
        await Shots.TakeAsync(code, "acme-code");
        await TypeAsync(code, "000000");
        await Expect(Problem(code)).ToBeVisibleAsync();
        await Axe.CheckAsync(code);
        await Shots.TakeAsync(code, "acme-code-wrong");
    }

    private async Task<IPage> AgainAsync(string number)
    {
        var other = await VisitAcmeAsync("/login");
        await AskAsync(other, number);
        await TypeAsync(other, await Acme.CodeAsync(number));
        await Expect(other).ToHaveURLAsync(Acme.Url + "/account");
        return other;
    }
}
