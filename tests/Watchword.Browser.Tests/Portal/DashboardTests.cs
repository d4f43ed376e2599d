using Microsoft.Extensions.DependencyInjection;
using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;
using Watchword.Server.Events;
using Watchword.Server.Tests.Harness;

namespace Watchword.Browser.Tests.Portal;

/// <summary>What an administrator sees of the logins and messages of a day.</summary>
public sealed class DashboardTests(Chromium chromium, PortalServer portal) : PortalTest(chromium, portal), IClassFixture<PortalServer>
{
    [Fact]
    public async Task Logins_and_messages_are_on_the_dashboard_and_in_the_log_as_they_happen()
    {
        var empty = await OpenAsync();
        await Expect(empty.GetByText("Nothing happened in this time")).ToBeVisibleAsync();
        await LookAsync(empty, "dashboard-empty");

        var app = await Server.ApplicationAsync();
        await app.UserAsync("+447400000001");
        await app.SmsAsync("+447400000001");
        var sms = Server.Sender.Messages[^1].Text;
        await app.AuthenticateAsync("000000");
        await (await app.AuthenticateAsync(new string([.. sms.Where(char.IsAsciiDigit)])[..6])).JsonAsync(200);
        await Server.Services.GetRequiredService<EventRelay>().RelayAllAsync(TestContext.Current.CancellationToken);

        var page = await OpenAsync();
        await Expect(page.Locator(".figure", new() { HasText = "Logins" }).First).ToContainTextAsync("1");
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "1 logins and 1 refused attempts." })).ToBeVisibleAsync();
        await Expect(page.GetByText("Wrong code")).ToBeVisibleAsync();
        await LookAsync(page, "dashboard");
        await page.GetByRole(AriaRole.Button, new() { Name = "30 days" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "30 days" })).ToHaveAttributeAsync("aria-pressed", "true");

        var messages = await OpenAsync("messages", AdministratorRole.Support);
        await Expect(messages.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        await LookAsync(messages, "messages");
        // A message that comes while the page is open.
        Server.Clock.Advance(TimeSpan.FromMinutes(2));
        var again = await app.SendAsync("+447400000001", "sms", await Server.ClientAsync(app.ClientId, app.ClientSecret));
        await again.JsonAsync(200);
        await Expect(messages.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);

        await messages.GetByLabel("Phone number, email, user id or message id").FillAsync("+447400000009");
        await messages.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(messages.GetByText("No user has this number or address.")).ToBeVisibleAsync();
        await messages.GetByLabel("Phone number, email, user id or message id").FillAsync("+44 7400 000001");
        await messages.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await messages.Locator("td a").First.ClickAsync();
        await Expect(messages.GetByRole(AriaRole.Heading, new() { Name = "What happened" })).ToBeVisibleAsync();
        await Expect(messages.GetByText("+447400000001")).ToHaveCountAsync(0);
        await LookAsync(messages, "message");
    }
}
