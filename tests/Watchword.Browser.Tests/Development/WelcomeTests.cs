using Watchword.Browser.Tests.Harness;
using Watchword.Server.Tests.Harness;

namespace Watchword.Browser.Tests.Development;

/// <summary>What a newcomer meets: the welcome page and the inbox.</summary>
public sealed class WelcomeTests(Chromium chromium, DevelopmentServer server) : BrowserTest(chromium), IClassFixture<DevelopmentServer>
{
    [Fact]
    public async Task The_welcome_page_logs_in()
    {
        var page = await VisitAsync(server.Url);
        await Axe.CheckAsync(page);
        await SendAsync(page, "+447700900123");
        await page.GetByRole(AriaRole.Button, new() { Name = "Fill in" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in", Exact = true }).ClickAsync();

        await Expect(page.Locator("#code-result")).ToHaveTextAsync("Logged in.");
        await Expect(page.Locator("#id-token")).ToContainTextAsync("amr");
        await Shots.TakeAsync(page, "welcome");
        await Axe.CheckAsync(page);
    }

    [Fact]
    public async Task A_wrong_code_is_told_and_the_right_one_still_works()
    {
        Allow("/cis/v1/auth/otp/authenticate answered 400 ");
        var page = await VisitAsync(server.Url);
        var code = await SendAsync(page, "+447700900124");
        await page.GetByLabel("Code from the message").FillAsync(TestApplication.WrongCode(code));
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in", Exact = true }).ClickAsync();
        await Expect(page.Locator("#code-result")).ToContainTextAsync("The code is wrong");

        await page.GetByLabel("Code from the message").FillAsync(code);
        await page.GetByLabel("Code from the message").PressAsync("Enter");
        await Expect(page.Locator("#code-result")).ToHaveTextAsync("Logged in.");
    }

    [Fact]
    public async Task The_reference_of_the_API_asks_nobody_else_for_anything()
    {
        var page = await VisitAsync("about:blank");
        var asked = new System.Collections.Concurrent.ConcurrentBag<string>();
        page.Request += (_, request) => asked.Add(request.Url);
        await page.GotoAsync(server.Url + "/docs");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "OpenID Connect" }).First).ToBeVisibleAsync();
        Assert.All(asked.Where(url => url.StartsWith("http", StringComparison.Ordinal)), url => Assert.StartsWith(server.Url, url, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_inbox_shows_each_message_and_finds_those_to_a_number()
    {
        await SendAsync(await VisitAsync(server.Url), "+447700900125");
        await SendAsync(await VisitAsync(server.Url), "+447700900126");
        var inbox = await VisitAsync(server.Url + "/inbox");
        await Expect(inbox.GetByRole(AriaRole.Region, new() { Name = "+447700900125" })).ToBeVisibleAsync();
        await Axe.CheckAsync(inbox);
        await Shots.TakeAsync(inbox, "inbox");

        await inbox.GetByLabel("Filter by number").FillAsync("0126");
        await Expect(inbox.GetByRole(AriaRole.Region, new() { Name = "+447700900126" })).ToBeVisibleAsync();
        await Expect(inbox.GetByRole(AriaRole.Region, new() { Name = "+447700900125" })).ToBeHiddenAsync();
    }

    /// <summary>Sends a code from the welcome page; the code, once it is on the phone.</summary>
    private static async Task<string> SendAsync(IPage page, string number)
    {
        await page.GetByLabel("Phone number", new() { Exact = true }).FillAsync(number);
        await page.GetByRole(AriaRole.Button, new() { Name = "Send code" }).ClickAsync();
        var suggestion = page.Locator("#fill");
        await Expect(suggestion).ToBeVisibleAsync();
        return new string([.. (await suggestion.InnerTextAsync()).Where(char.IsAsciiDigit)]);
    }
}
