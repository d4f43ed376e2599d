using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;

namespace Watchword.Browser.Tests.Portal;

/// <summary>What was done is found, taken along and checked; keys are turned by an owner; retention is set.</summary>
public sealed class AuditTests(Chromium chromium, PortalServer portal) : PortalTest(chromium, portal), IClassFixture<PortalServer>
{
    [Fact]
    public async Task An_auditor_finds_entries_takes_them_along_and_checks_the_chain()
    {
        var page = await OpenAsync("audit", AdministratorRole.Auditor);
        await Expect(page.GetByText("created this tenant")).ToBeVisibleAsync();
        await page.GetByText("Auditor became an administrator").First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "administrator.joined" })).ToBeVisibleAsync();
        await LookAsync(page, "audit");
        await page.GetByRole(AriaRole.Link, new() { Name = "administrator.joined" }).ClickAsync();
        await Expect(page.GetByText("created this tenant")).ToHaveCountAsync(0);
        Assert.EndsWith("/admin/audit?action=administrator.joined", page.Url, StringComparison.Ordinal);
        await Expect(page.GetByText("became an administrator").First).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Export" }).ClickAsync();
        var file = await page.RunAndWaitForDownloadAsync(() => page.GetByText("CSV, for a spreadsheet").ClickAsync());
        Assert.Equal("audit.csv", file.SuggestedFilename);
        var lines = (await File.ReadAllTextAsync((await file.PathAsync())!)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("sequence,at,action", lines[0], StringComparison.Ordinal);
        Assert.NotEmpty(lines[1..]);
        Assert.All(lines[1..], line => Assert.Contains("administrator.joined", line, StringComparison.Ordinal));

        await page.GetByLabel("User's id").FillAsync("nobody");
        await page.GetByRole(AriaRole.Button, new() { Name = "Look" }).ClickAsync();
        await Expect(page.GetByText("Nothing fits")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Check the chain" }).ClickAsync();
        await page.GetByLabel("A head that you noted").FillAsync("12:nonsense");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check now" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("A head is a number");
        await page.GetByLabel("A head that you noted").FillAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Check now" }).ClickAsync();
        await Expect(page.GetByText("Intact.")).ToBeVisibleAsync();
        await LookAsync(page, "audit-check");
    }

    [Fact]
    public async Task An_owner_turns_the_keys_and_an_administrator_only_sees_them()
    {
        var administrator = await OpenAsync("signing-keys", AdministratorRole.Administrator);
        await Expect(administrator.GetByText("Waits for its turn").First).ToBeVisibleAsync();
        await Expect(administrator.GetByRole(AriaRole.Button, new() { Name = "Turn the keys now" })).ToHaveCountAsync(0);

        Server.Clock.Advance(TimeSpan.FromMinutes(11));
        var page = await OpenAsync("signing-keys");
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn the keys now" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn them" }).ClickAsync();
        await Expect(page.GetByText("Signs no more, still published")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn the keys now" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn them" }).ClickAsync();
        await Expect(page.GetByText("less than 10 minutes ago")).ToBeVisibleAsync();
        await LookAsync(page, "signing-keys");
    }

    [Fact]
    public async Task Retention_is_set_within_its_bounds()
    {
        var page = await OpenAsync("retention", AdministratorRole.Administrator);
        await page.GetByLabel("Messages, in days").FillAsync("0");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("Messages: must be 1 to 3650 days.");
        await LookAsync(page, "retention");
        await page.GetByLabel("Messages, in days").FillAsync("14");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("Retention is saved.")).ToBeVisibleAsync();
        await page.ReloadAsync();
        await ReadyAsync(page);
        await Expect(page.GetByLabel("Messages, in days")).ToHaveValueAsync("14");
    }
}
