using System.Text;
using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;

namespace Watchword.Browser.Tests.Portal;

/// <summary>An administrator brings the users of another system.</summary>
public sealed class ImportTests(Chromium chromium, PortalServer portal) : PortalTest(chromium, portal), IClassFixture<PortalServer>
{
    [Fact]
    public async Task An_administrator_looks_at_what_would_come_of_a_file_and_imports_it()
    {
        await Server.ApplicationAsync();
        var page = await OpenAsync("users", AdministratorRole.Administrator);
        await page.GetByRole(AriaRole.Link, new() { Name = "Import" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Check the file" }).ClickAsync();
        await Expect(page.GetByText("Choose a file first.")).ToBeVisibleAsync();
        await UploadAsync(page, "no heading at all");
        await Expect(page.GetByText("one of them must be phone_number or email")).ToBeVisibleAsync();
        await page.GetByText("What the file looks like").ClickAsync();
        await LookAsync(page, "imports");

        await UploadAsync(page, "phone_number;first_name;shoe size\n+447400000201;Ada;38\n+447400000202;Grace;39\n12;Nobody;40\n");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Import 2 users" })).ToBeVisibleAsync();
        await Expect(page.GetByText("left out: shoe size")).ToBeVisibleAsync();
        await LookAsync(page, "import-checked");
        Assert.Equal(0, await ImportedAsync());
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Refused lines as CSV" }).ClickAsync());
        using var reader = new StreamReader(await download.CreateReadStreamAsync());
        Assert.Contains("\n4,phone_number,", await reader.ReadToEndAsync(), StringComparison.Ordinal);

        await page.GetByRole(AriaRole.Button, new() { Name = "Import 2 users" }).ClickAsync();
        await Expect(page.GetByText("All but the refused lines is there.")).ToBeVisibleAsync();
        Assert.Equal(2, await ImportedAsync());
        await LookAsync(page, "import-done");
        await page.GetByRole(AriaRole.Link, new() { Name = "Import users" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "users.csv" })).ToBeVisibleAsync();
        await LookAsync(page, "imports-earlier");
    }

    [Theory]
    [InlineData(AdministratorRole.Support)]
    [InlineData(AdministratorRole.Auditor)]
    public async Task Others_do_not_import(AdministratorRole role)
    {
        var page = await OpenAsync("users", role);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Import" })).ToHaveCountAsync(0);
        Allow("/admin/users/imports");
        foreach (var path in new[] { "users/imports", "users/imports/1", "users/imports/1/report" })
            Assert.Equal(403, (await page.GotoAsync($"{Server.Url}/admin/{path}"))!.Status);
    }

    private static async Task UploadAsync(IPage page, string content)
    {
        await page.GetByLabel("CSV file").SetInputFilesAsync(new FilePayload { Name = "users.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(content) });
        await page.GetByRole(AriaRole.Button, new() { Name = "Check the file" }).ClickAsync();
    }

    private Task<long> ImportedAsync() => Server.Database.ReadAsync(db => db.FirstAsync<long>("SELECT COUNT(*) FROM users WHERE phone_number LIKE '+4474000002%'"));
}
