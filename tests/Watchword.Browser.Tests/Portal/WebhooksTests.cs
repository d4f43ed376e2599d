using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Events;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Delivery.Providers;

namespace Watchword.Browser.Tests.Portal;

/// <summary>A webhook is made, tried out, watched and taken away.</summary>
public sealed class WebhooksTests(Chromium chromium, PortalServer portal) : PortalTest(chromium, portal), IClassFixture<PortalServer>
{
    private const string Key = "a-key-that-nobody-reads";

    [Fact]
    public async Task A_webhook_is_made_gets_a_test_event_and_what_fails_is_delivered_again()
    {
        await using var hook = new LoopbackGateway();
        var status = 204;
        hook.Answer = asked => asked.Method == "GET" ? new Reply(200, JsonSerializer.Serialize(new { key = asked.Headers["X-Verification-Key"] })) : new Reply(status, "");
        var address = hook.Url + "/hook?a=1";
        var page = await OpenAsync("webhooks", AdministratorRole.Administrator);
        await LookAsync(page, "webhooks-empty");
        await page.GetByRole(AriaRole.Link, new() { Name = "Add a webhook" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Choose at least one event.");
        await LookAsync(page, "webhook-new");
        await page.GetByLabel("Address").FillAsync(address);
        await page.GetByLabel("API key").FillAsync(Key);
        await page.GetByRole(AriaRole.Checkbox, new() { NameString = "user.created" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add it" }).ClickAsync();
        var secret = await page.Locator(".shown code").InnerTextAsync();
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        await LookAsync(page, "webhook-made");
        await page.GetByRole(AriaRole.Link, new() { Name = "I have kept it" }).ClickAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Send a test event" }).ClickAsync();
        await Expect(page.GetByText("The test event arrived: it answered 204.")).ToBeVisibleAsync();
        Assert.DoesNotContain(secret, await page.ContentAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(Key, await page.ContentAsync(), StringComparison.Ordinal);

        status = 500;
        await HappenAsync();
        await UntilAsync(async () =>
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Refresh" }).ClickAsync();
            await Expect(page.GetByText("It answered 500").First).ToBeVisibleAsync(new() { Timeout = 1000 });
        });
        await LookAsync(page, "webhook");
        status = 204;
        await page.GetByRole(AriaRole.Button, new() { Name = "Deliver user.created again" }).ClickAsync();
        await UntilAsync(async () =>
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Refresh" }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Cell, new() { Name = "Delivered" })).ToBeVisibleAsync(new() { Timeout = 1000 });
        });

        await page.GetByRole(AriaRole.Button, new() { Name = "New signing secret" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Make it" }).ClickAsync();
        await Expect(page.Locator(".shown code")).ToContainTextAsync("whsec_");
        Assert.NotEqual(secret, await page.Locator(".shown code").InnerTextAsync());
        await page.GetByRole(AriaRole.Link, new() { Name = "Webhooks", Exact = true }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = address })).ToBeVisibleAsync();
        await LookAsync(page, "webhooks");
        await page.GetByRole(AriaRole.Link, new() { Name = address }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.GetByText("No webhooks")).ToBeVisibleAsync();
    }

    /// <summary>A user is created, and the webhooks are told.</summary>
    private async Task HappenAsync()
    {
        await Server.Database.WriteAsync(async db =>
        {
            var tenant = (await new ApplicationStore(db).FirstTenantAsync())!;
            await new EventStore(db).AddAsync(new AuditEvent { TenantId = tenant, At = Server.Clock.GetUtcNow(), Action = AuditAction.UserCreated, Actor = "system", UserId = "u" });
        });
        await Server.Services.GetRequiredService<EventRelay>().RelayAllAsync(CancellationToken.None);
        Server.Services.GetRequiredService<WebhookDispatcher>().Ring();
    }

    /// <summary>Again until it holds: what it looks at comes by a queue.</summary>
    private static async Task UntilAsync(Func<Task> holds)
    {
        for (var left = 15; ; left--)
        {
            try
            {
                await holds();
                return;
            }
            catch (PlaywrightException) when (left > 0)
            {
                // Not yet.
            }
        }
    }
}
