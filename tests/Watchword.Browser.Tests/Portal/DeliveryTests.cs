using System.Text.Json;
using Watchword.Browser.Tests.Harness;
using Watchword.Core.Administrators;
using Watchword.Server.Tests.Delivery.Providers;

namespace Watchword.Browser.Tests.Portal;

/// <summary>An administrator who is no programmer connects a provider, tries it out, and says which country goes by whom.</summary>
public sealed class DeliveryTests(Chromium chromium, PortalServer portal) : PortalTest(chromium, portal), IClassFixture<PortalServer>
{
    private const string Key = "a-key-that-nobody-reads";

    [Fact]
    public async Task A_gateway_is_configured_and_sends_a_test_message_and_routes_say_for_whom()
    {
        await using var gateway = new LoopbackGateway();
        gateway.Answer = asked => asked.Method == "GET" ? new Reply(200, JsonSerializer.Serialize(new { key = asked.Headers["X-Verification-Key"] }))
            : asked.Body.Contains("900666", StringComparison.Ordinal) ? new Reply(401, """{"error":"bad_key","message":"no such key"}""") : new Reply(200, "{}");
        var page = await OpenAsync("delivery", AdministratorRole.Administrator);
        await Expect(page.GetByText("No provider yet")).ToBeVisibleAsync();
        await LookAsync(page, "delivery-empty");

        await page.GetByRole(AriaRole.Link, new() { Name = "Choose a provider" }).ClickAsync();
        await HeadAsync(page, "Add a provider");
        await LookAsync(page, "delivery-kinds");
        await page.GetByRole(AriaRole.Link, new() { Name = "Own HTTP gateway" }).ClickAsync();
        await HeadAsync(page, "Own HTTP gateway");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Pigeons");
        await page.GetByLabel("URI").FillAsync("ftp://pigeons.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("API key is required");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("URI must be an address");
        await LookAsync(page, "delivery-form");
        await page.GetByLabel("URI").FillAsync(gateway.Url + "/sms");
        await page.GetByLabel("API key").FillAsync(Key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await HeadAsync(page, "SMS providers");
        Assert.Equal(Key, Assert.Single(gateway.Requests).Headers["X-API-Key"]);

        await page.GetByRole(AriaRole.Link, new() { Name = "Pigeons" }).ClickAsync();
        await HeadAsync(page, "Pigeons");
        await Expect(page.GetByLabel("API key")).ToHaveValueAsync("");
        Assert.DoesNotContain(Key, await page.ContentAsync(), StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Link, new() { Name = "The guide for Own HTTP gateway" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Registering" })).ToBeVisibleAsync();
        await LookAsync(page, "delivery-guide");

        await GoAsync(page, "delivery/test", "Test message");
        await page.GetByLabel("To", new() { Exact = true }).FillAsync("07700 900123");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Write a phone number with +");
        await page.GetByLabel("To", new() { Exact = true }).FillAsync("+44 7700 900123");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send it" }).ClickAsync();
        await Expect(page.GetByText("Pigeons took the message")).ToBeVisibleAsync();
        Assert.Equal("+447700900123", gateway.Requests[^1].Json.GetProperty("phone_number").GetString());
        await page.GetByLabel("To", new() { Exact = true }).FillAsync("+44 7700 900666");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send it" }).ClickAsync();
        await Expect(page.GetByText("Pigeons does not take messages as it is set up here")).ToBeVisibleAsync();
        await LookAsync(page, "delivery-test");

        await RoutesAsync(page);
        await PricesAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Providers", Exact = true }).ClickAsync();
        await HeadAsync(page, "SMS providers");
        await LookAsync(page, "delivery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Actions for Pigeons" }).ClickAsync();
        await page.GetByText("Delete", new() { Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.Locator(".faults")).ToContainTextAsync("names none of the providers");
    }

    [Fact]
    public async Task An_auditor_reads_everything_about_delivery_and_changes_nothing()
    {
        var page = await OpenAsync("delivery/routes", AdministratorRole.Auditor);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Add a route" })).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Test message" })).ToHaveCountAsync(0);
        Allow("/admin/delivery/test answered 403 ");
        await page.GotoAsync($"{Server.Url}/admin/delivery/test");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Not for your role" })).ToBeVisibleAsync();
    }

    private static async Task RoutesAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = "Routes by country" }).ClickAsync();
        await HeadAsync(page, "Routes by country");
        foreach (var (name, sought, found) in new[] { ("Britain", "united k", "United Kingdom (GB, +44)"), ("Germany", "germ", "Germany (DE, +49)") })
        {
            await page.GetByRole(AriaRole.Button, new() { Name = "Add a route" }).ClickAsync();
            await page.GetByLabel("Name (optional)").FillAsync(name);
            await page.GetByLabel("Add a country").ClickAsync();
            await page.GetByLabel("Add a country").PressSequentiallyAsync(sought);
            await page.GetByRole(AriaRole.Option, new() { Name = found }).ClickAsync();
            await Expect(page.GetByRole(AriaRole.Button, new() { NameString = "Take out" })).ToHaveCountAsync(1);
            if (name == "Britain")
                await page.GetByLabel("Sender name").FillAsync("a name that is too long");
            await page.GetByLabel("Sender name").PressAsync("Tab");
            if (name == "Germany")
                await LookAsync(page, "delivery-route");
            await page.GetByRole(AriaRole.Button, new() { Name = "Close route 1" }).ClickAsync();
        }
        var routes = page.Locator(".routes .route-what b");
        await Expect(routes).ToHaveTextAsync(["Germany", "Britain"]);
        // By mouse, and back by keyboard.
        await page.Locator(".routes > li").First.DragToAsync(page.Locator(".routes > li").Last);
        await Expect(routes).ToHaveTextAsync(["Britain", "Germany"]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Move route 2 up" }).PressAsync("Enter");
        await Expect(routes).ToHaveTextAsync(["Germany", "Britain"]);

        await page.GetByRole(AriaRole.Button, new() { Name = "Save the routes" }).ClickAsync();
        await Expect(page.Locator(".faults")).ToContainTextAsync("Route 2 (Britain): Sender name 1 must be");
        await page.GetByRole(AriaRole.Button, new() { Name = "Edit route 2" }).ClickAsync();
        await page.GetByLabel("Sender name").FillAsync("ACME");
        await page.GetByLabel("Sender name").PressAsync("Tab");
        await page.GetByLabel("Number or email address").FillAsync("+44 7700 900123");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await Expect(page.Locator(".try-answer")).ToContainTextAsync("route 2, Britain");
        await Expect(page.Locator(".try-answer")).ToContainTextAsync("Pigeons, shown as ACME");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the routes" }).ClickAsync();
        await Expect(page.GetByText("The routes are saved")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Save the routes" })).ToHaveCountAsync(0);
        await LookAsync(page, "delivery-routes");
    }

    private static async Task PricesAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = "Prices" }).ClickAsync();
        await HeadAsync(page, "Prices");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a price for every country" }).ClickAsync();
        await page.GetByLabel("USD for a segment").FillAsync("0.039");
        await page.GetByLabel("USD for a segment").PressAsync("Tab");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save the prices" }).ClickAsync();
        await Expect(page.GetByText("The prices are saved")).ToBeVisibleAsync();
        await LookAsync(page, "delivery-prices");
    }

    private static Task HeadAsync(IPage page, string title) => Expect(page.GetByRole(AriaRole.Heading, new() { Name = title, Level = 1 })).ToBeVisibleAsync();

    private async Task GoAsync(IPage page, string path, string title)
    {
        await page.GotoAsync($"{Server.Url}/admin/{path}");
        await ReadyAsync(page);
        await HeadAsync(page, title);
    }
}
