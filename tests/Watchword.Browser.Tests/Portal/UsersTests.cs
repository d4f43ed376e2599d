using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;
using Watchword.Server.Tests.Harness;

namespace Watchword.Browser.Tests.Portal;

/// <summary>Support has somebody on the phone who cannot log in.</summary>
public sealed class UsersTests(Chromium chromium, PortalServer portal) : PortalTest(chromium, portal), IClassFixture<PortalServer>
{
    [Fact]
    public async Task Support_finds_a_locked_user_sees_why_and_unlocks_them()
    {
        var app = await Server.ApplicationAsync();
        var user = await app.UserAsync("+447400000001");
        await app.LoginAsync();
        var code = await app.CodeAsync();
        for (var i = 0; i < 3; i++)
            await app.AuthenticateAsync(TestApplication.WrongCode(code));
        await (await app.SendAsync()).JsonAsync(403);

        var page = await OpenAsync("users", AdministratorRole.Support);
        await LookAsync(page, "users");
        await page.GetByLabel("Phone number, email, name, username or id").FillAsync("+44 7400 0000");
        await page.GetByLabel("Phone number, email, name, username or id").PressAsync("Enter");
        await Expect(page.GetByText("Found by what begins so.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "+447400000001" }).ClickAsync();
        await Expect(page.GetByText("Locked out of Acme after 3 wrong codes in a row")).ToBeVisibleAsync();
        Assert.EndsWith("/admin/users/" + user, page.Url, StringComparison.Ordinal);
        await Expect(page.GetByText("The code was wrong").First).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Erase" })).ToHaveCountAsync(0);
        await LookAsync(page, "user");
        await page.GetByRole(AriaRole.Button, new() { Name = "Unlock" }).ClickAsync();
        await Expect(page.GetByText("Unlocked: the user may try again.")).ToBeVisibleAsync();
        await (await app.SendAsync()).JsonAsync(200);

        Allow($"/admin/users/{user}/export answered 403 ");
        Assert.Equal(403, (await page.GotoAsync($"{Server.Url}/admin/users/{user}/export"))!.Status);
    }

    [Fact]
    public async Task An_administrator_creates_disables_exports_and_erases_a_user()
    {
        await Server.ApplicationAsync();
        var page = await OpenAsync("users/new", AdministratorRole.Administrator);
        await page.GetByLabel("Phone number").FillAsync("12");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(page.GetByText("The phone number must be")).ToBeVisibleAsync();
        await LookAsync(page, "user-new");
        await page.GetByLabel("Phone number").FillAsync("+44 7400 000123");
        await page.GetByLabel("First name").FillAsync("Grace");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Grace" })).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Disable" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Disable" }).ClickAsync();
        await Expect(page.GetByText("The user is disabled: no code is sent")).ToBeVisibleAsync();

        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Export" }).ClickAsync());
        using var reader = new StreamReader(await download.CreateReadStreamAsync());
        Assert.Contains("+447400000123", await reader.ReadToEndAsync(), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Button, new() { Name = "Erase" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByRole(AriaRole.Button, new() { Name = "Erase" })).ToBeDisabledAsync();
        await dialog.GetByLabel("Type erase to confirm").FillAsync("erase");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Erase" }).ClickAsync();
        await Expect(page.GetByText("The user was erased.")).ToBeVisibleAsync();
        Assert.Equal(0, await Server.Database.ReadAsync(db => db.FirstAsync<long>("SELECT COUNT(*) FROM users WHERE phone_number = '+447400000123'")));
    }
}
