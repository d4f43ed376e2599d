using Acme.Start;
using Watchword.Browser.Tests.Harness;
using Watchword.Server.Tests.Interop;

namespace Watchword.Browser.Tests.Sample;

/// <summary>One command starts server and sample, and they know each other.</summary>
public sealed class StartTests(Chromium chromium) : BrowserTest(chromium)
{
    [Fact]
    public async Task One_command_starts_both_and_a_newcomer_is_logged_in_and_still_is_after_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("watchword-start-").FullName;
        var options = new CoupleOptions { Folder = folder, ServerPort = Loopback.FreePort(), WebPort = Loopback.FreePort() };
        IPage page;
        string client;
        await using (var couple = await Couple.StartAsync(options, TestContext.Current.CancellationToken))
        {
            client = couple.Client.Id;
            page = await VisitAsync(couple.WebUrl + "/signup");
            await page.GetByLabel("What shall we call you?").FillAsync("Alice");
            await page.GetByLabel("Phone number").FillAsync("+44 7700 900123");
            await page.GetByRole(AriaRole.Button, new() { Name = "Send me a code" }).ClickAsync();
            var inbox = await page.RunAndWaitForPopupAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "SMS inbox" }).ClickAsync());
            var copy = inbox.GetByRole(AriaRole.Button, new() { Name = "Copy " });
            await Expect(copy).ToBeVisibleAsync();
            await page.GetByLabel("Code from the message").FillAsync((await copy.InnerTextAsync())[5..11]);
            await page.GetByRole(AriaRole.Button, new() { Name = "Sign up" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Hello, Alice" })).ToBeVisibleAsync();
            await inbox.CloseAsync();
        }

        await using (var again = await Couple.StartAsync(options, TestContext.Current.CancellationToken))
        {
            Assert.Equal(client, again.Client.Id);
            await page.ReloadAsync();
            await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Hello, Alice" })).ToBeVisibleAsync();
            await page.GotoAsync("about:blank");
        }
        Directory.Delete(folder, recursive: true);
    }
}
