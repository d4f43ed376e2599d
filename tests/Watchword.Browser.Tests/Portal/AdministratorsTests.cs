using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;

namespace Watchword.Browser.Tests.Portal;

/// <summary>An owner decides who is an administrator.</summary>
public sealed class AdministratorsTests(Chromium chromium, PortalServer portal) : PortalTest(chromium, portal), IClassFixture<PortalServer>
{
    [Fact]
    public async Task An_owner_invites_somebody_and_takes_it_back()
    {
        var page = await OpenAsync("administrators");
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite", Exact = true }).ClickAsync();
        await page.GetByLabel("Email").FillAsync("no address");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make an invitation" }).ClickAsync();
        await Expect(page.GetByText("Write an email address")).ToBeVisibleAsync();
        await page.GetByLabel("Email").FillAsync("grace@example.com");
        await page.GetByRole(AriaRole.Radio, new() { Name = "Support" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make an invitation" }).ClickAsync();
        await Expect(page.GetByText("An invitation for grace@example.com")).ToBeVisibleAsync();
        await LookAsync(page, "administrators");

        var link = await page.Locator(".shown code").InnerTextAsync();
        var guest = await VisitAsync(link);
        await Expect(guest.GetByLabel("Code")).ToHaveValueAsync(link.Split('#')[1]);
        Assert.DoesNotContain("#", guest.Url, StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Button, new() { Name = "Withdraw the invitation for grace@example.com" }).ClickAsync();
        await Expect(page.GetByText("is withdrawn")).ToBeVisibleAsync();
        await Expect(page.GetByText("Open invitations")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task An_auditor_sees_who_is_an_administrator_and_can_change_nothing_and_support_is_refused()
    {
        var auditor = await OpenAsync("administrators", AdministratorRole.Auditor);
        await Expect(auditor.GetByRole(AriaRole.Table)).ToBeVisibleAsync();
        await Expect(auditor.GetByRole(AriaRole.Button, new() { Name = "Invite", Exact = true })).ToHaveCountAsync(0);
        await Expect(auditor.GetByRole(AriaRole.Button, new() { NameString = "Actions for" })).ToHaveCountAsync(0);

        var support = await OpenAsync(role: AdministratorRole.Support);
        await Expect(support.GetByRole(AriaRole.Link, new() { Name = "Administrators" })).ToHaveCountAsync(0);
        Allow("/admin/administrators answered 403 ");
        await support.GotoAsync($"{Server.Url}/admin/administrators");
        await Expect(support.GetByRole(AriaRole.Heading, new() { Name = "Not for your role" })).ToBeVisibleAsync();
        await LookAsync(support, "forbidden");
    }

    [Fact]
    public async Task An_owner_who_signed_in_long_ago_is_told_on_the_page_and_led_back_to_it()
    {
        var page = await OpenAsync("administrators");
        Server.Clock.Advance(TimeSpan.FromMinutes(15));
        await page.GetByRole(AriaRole.Button, new() { NameString = "Actions for" }).First.ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = "Remove" }).Or(page.GetByText("Remove", new() { Exact = true })).First.ClickAsync();
        await Expect(page.Locator("#sign-in-again")).ToBeInViewportAsync();
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await LookAsync(page, "sign-in-again");
        await page.GetByRole(AriaRole.Link, new() { Name = "Sign in again" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        Assert.EndsWith("/admin/sign-in?then=%2Fadmin%2Fadministrators", page.Url, StringComparison.Ordinal);

        var keys = await OpenAsync("signing-keys");
        Server.Clock.Advance(TimeSpan.FromMinutes(15));
        await keys.GetByRole(AriaRole.Button, new() { Name = "Turn the keys now" }).ClickAsync();
        await Expect(keys.Locator("#sign-in-again")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Whoever_is_signed_out_elsewhere_is_led_back_to_the_door_by_the_next_click()
    {
        var page = await OpenAsync("administrators");
        await Server.Database.WriteAsync(async db => await db.ExecuteAsync("DELETE FROM administrator_sessions"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Invite", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        Assert.EndsWith("/admin/sign-in?then=%2Fadmin%2Fadministrators", page.Url, StringComparison.Ordinal);
    }
}
