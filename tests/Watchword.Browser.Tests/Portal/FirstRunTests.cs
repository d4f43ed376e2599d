using Microsoft.Extensions.DependencyInjection;
using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;
using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Browser.Tests.Portal;

/// <summary>The first administrator, as they come in.</summary>
public sealed class FirstRunTests(Chromium chromium, PortalServer portal) : PortalTest(chromium, portal), IClassFixture<PortalServer>
{
    private const string Password = "orchard kettle 93 violin";

    [Fact]
    public async Task The_first_administrator_joins_with_the_set_up_code_and_comes_back_with_app_passkey_and_recovery_code()
    {
        var tenant = await Server.Database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync());
        var code = await Server.Services.GetRequiredService<Administrators>().SetUpCodeAsync(tenant!);
        var page = await VisitAsync($"{Server.Url}/admin/join#{code}");
        await LookAsync(page, "join");
        await page.GetByLabel("Email").FillAsync("ada@example.com");
        await page.GetByLabel("Your name").FillAsync("Ada Lovelace");
        await page.GetByLabel("New password").FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "One more key" })).ToBeVisibleAsync();
        await LookAsync(page, "enrol");
        var key = Base32((await page.Locator(".key").InnerTextAsync()).Replace(" ", "", StringComparison.Ordinal));
        await page.GetByLabel("The code that the app shows now").FillAsync("000000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("This code is not of the key above");
        await page.GetByLabel("The code that the app shows now").FillAsync(Totp.CodeAt(key, Server.Clock.GetUtcNow()));
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Keep these codes" })).ToBeVisibleAsync();
        await LookAsync(page, "recovery-codes");
        var recovery = await page.Locator("#recovery-codes code").First.InnerTextAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "I have kept them" }).ClickAsync();
        await ReadyAsync(page);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Dashboard" })).ToBeVisibleAsync();

        await WithPasskeysAsync(page);
        await page.GotoAsync($"{Server.Url}/admin/account");
        await page.GetByLabel("A name for it").FillAsync("Laptop");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make a passkey" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("The passkey was added");
        await Expect(page.GetByText("Laptop, made")).ToBeVisibleAsync();
        await LookAsync(page, "account");

        await SignOutAsync(page);
        await LookAsync(page, "sign-in");
        await PasswordAsync(page);
        await LookAsync(page, "second-factor");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use a passkey" }).ClickAsync();
        await ReadyAsync(page);

        await SignOutAsync(page);
        await PasswordAsync(page);
        await page.GetByText("Use a recovery code").ClickAsync();
        await page.GetByLabel("One of the codes that you wrote down").FillAsync(recovery);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).Last.ClickAsync();
        await ReadyAsync(page);

        await SignOutAsync(page);
        await PasswordAsync(page);
        Server.Clock.Advance(TimeSpan.FromSeconds(30));
        await page.GetByLabel("Code from your authenticator app").FillAsync(Totp.CodeAt(key, Server.Clock.GetUtcNow()));
        await page.GetByLabel("Code from your authenticator app").PressAsync("Enter");
        await ReadyAsync(page);
        await SignOutAsync(page, everywhere: true);
    }

    private static async Task PasswordAsync(IPage page)
    {
        await page.GetByLabel("Email").FillAsync("ada@example.com");
        await page.GetByLabel("Password").FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Second step" })).ToBeVisibleAsync();
    }

    private async Task SignOutAsync(IPage page, bool everywhere = false)
    {
        if (everywhere)
        {
            await page.GotoAsync($"{Server.Url}/admin/account");
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign out everywhere" }).ClickAsync();
        }
        else
        {
            await page.GotoAsync($"{Server.Url}/admin/");
            await ReadyAsync(page);
            await page.GetByRole(AriaRole.Button, new() { Name = "your account" }).ClickAsync();
            await page.GetByText("Sign out", new() { Exact = true }).ClickAsync();
        }
        await Expect(page.GetByText("You are signed out.")).ToBeVisibleAsync();
    }

    /// <summary>An authenticator that says yes, as a phone does after a look at its owner.</summary>
    private static async Task WithPasskeysAsync(IPage page)
    {
        var devtools = await page.Context.NewCDPSessionAsync(page);
        await devtools.SendAsync("WebAuthn.enable");
        await devtools.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new { protocol = "ctap2", transport = "internal", hasResidentKey = true, hasUserVerification = true, isUserVerified = true, automaticPresenceSimulation = true },
        });
    }

    private static byte[] Base32(string text)
    {
        var bits = string.Concat(text.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(b => b.Length == 8).Select(b => Convert.ToByte(new string(b), 2))];
    }
}
