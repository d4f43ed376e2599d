using Watchword.Browser.Tests.Harness;

namespace Watchword.Browser.Tests.Sample;

/// <summary>What visitors of the sample do.</summary>
public abstract class AcmeTest(Chromium chromium, AcmeFixture acme) : BrowserTest(chromium), IClassFixture<AcmeFixture>
{
    protected AcmeFixture Acme => acme;

    protected Task<IPage> VisitAcmeAsync(string path = "/", bool script = true) => VisitAsync(acme.Url + path, new() { JavaScriptEnabled = script });

    /// <summary>Signs a new number up; the page is the account then.</summary>
    protected async Task<(IPage Page, string Number)> SignedUpAsync(string name = "Alice", bool script = true)
    {
        var number = AcmeFixture.NewNumber();
        var page = await VisitAcmeAsync("/signup", script);
        await page.GetByLabel("What shall we call you?").FillAsync(name);
        await AskAsync(page, number);
        await TypeAsync(page, await acme.CodeAsync(number), "Sign up");
        await Expect(page).ToHaveURLAsync(acme.Url + "/account");
        acme.Clock.Advance(TimeSpan.FromSeconds(30)); // The pause between two codes to one number.
        return (page, number);
    }

    /// <summary>Asks for a code on the page that is open.</summary>
    protected static async Task AskAsync(IPage page, string number)
    {
        await page.GetByLabel("Phone number").FillAsync(number);
        await page.GetByRole(AriaRole.Button, new() { Name = "Send me a code" }).ClickAsync();
    }

    /// <summary>Types a code.</summary>
    protected static async Task TypeAsync(IPage page, string code, string button = "Log in")
    {
        await page.GetByLabel("Code from the message").FillAsync(code);
        await page.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
    }

    /// <summary>Enters a payment.</summary>
    protected static async Task EnterAsync(IPage page, string payee, string amount)
    {
        await page.GetByLabel("To whom?").FillAsync(payee);
        await page.GetByLabel("How much, in euro?").FillAsync(amount);
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
    }

    protected static ILocator Problem(IPage page) => page.GetByRole(AriaRole.Alert);
}
