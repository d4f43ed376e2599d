using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Delivery;
using Watchword.Server.Tests.Delivery.Providers;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

/// <summary>A tenant's administrator with bad intentions, somebody who can write to the database, and messages that nobody can carry.</summary>
public sealed class HostileDeliveryTests
{
    private const string Settings = PigeonLoft.Settings;

    [Fact]
    public async Task On_a_public_server_a_gateway_inside_is_refused_unless_the_operator_allows_its_network()
    {
        await using var gateway = Gateway();
        object body = new { provider = "CustomGateway", uri = gateway.Url + "/sms", api_key = "key-of-the-gateway" };
        await using (var closed = await TestServer.StartAsync(settings: ("Watchword:PublicUrl", "https://login.example.com")))
        {
            var told = Assert.Single((await (await closed.ManagementAsync()).PutAsync(Settings, body, 400)).At("message").Strings());
            Assert.Contains("Watchword__Delivery__AllowedNetworks", told, StringComparison.Ordinal);
            Assert.Empty(gateway.Requests);
        }
        await using var open = await TestServer.StartAsync(
            settings: [("Watchword:PublicUrl", "https://login.example.com"), ("Watchword:Delivery:AllowedNetworks", "10.0.0.0/8, 127.0.0.1/32")]);
        await (await open.ManagementAsync()).PutAsync(Settings, body, 200);
        Assert.Single(gateway.Requests);
    }

    [Fact]
    public async Task A_secret_that_nobody_may_read_is_not_sent_to_an_address_of_ones_own()
    {
        await using var server = await TestServer.StartAsync();
        await using var ours = Gateway();
        await using var theirs = Gateway();
        var management = await server.ManagementAsync();
        await management.PutAsync(Settings, new { provider = "CustomGateway", provider_id = "g", uri = ours.Url, api_key = "key-of-the-gateway", callback_secret = "secret-of-the-callback" }, 200);
        Assert.Equal(
            ["api_key must be sent again, because uri changes: a secret is not taken along to another address.", "callback_secret must be sent again, because uri changes: a secret is not taken along to another address."],
            (await management.PutAsync(Settings, new { provider = "CustomGateway", provider_id = "g", uri = theirs.Url }, 400)).At("message").Strings());
        await management.PostAsync(Settings + "/test", new { to = Attack.Alice }, 200);
        Assert.Empty(theirs.Requests);
        Assert.Equal("POST", ours.Requests[^1].Method);

        // With secrets given anew, or taken away, it may move; and at its old address it keeps them.
        await management.PutAsync(Settings, new { provider = "CustomGateway", provider_id = "g", uri = theirs.Url, api_key = "a-new-key", callback_secret = (string?)null }, 200);
        await management.PutAsync(Settings, new { provider = "CustomGateway", provider_id = "g", uri = theirs.Url, sender_id = "ACME" }, 200);
        await management.PostAsync(Settings + "/test", new { to = Attack.Alice }, 200);
        Assert.All(theirs.Requests, r => Assert.Equal("a-new-key", r.Headers["X-API-Key"]));
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task A_message_copied_into_another_tenants_row_opens_nothing_there_and_holds_up_nobody(Engine engine)
    {
        var provider = new FakeProvider("one");
        provider.Always(SendOutcome.TryLater, "Busy.");
        await using var fixture = await DispatchFixture.StartAsync(engine, provider);
        var (victims, attackers) = ((await fixture.QueueAsync(1, "victim"))[0], (await fixture.QueueAsync(1, "attacker"))[0]);
        await fixture.UntilAsync(victims, m => m is { Status: "queued", Tries: 1 }, "victim");
        await fixture.UntilAsync(attackers, m => m is { Status: "queued", Tries: 1 }, "attacker");
        await fixture.Server.TamperAsync(
            "UPDATE outbox SET body = (SELECT v.body FROM outbox v WHERE v.message_id = @victims) WHERE message_id = @attackers", new { victims, attackers });
        provider.Always(SendOutcome.Accepted);
        fixture.Advance(TimeSpan.FromSeconds(2));
        await fixture.UntilAsync(victims, "sent", "victim");
        var stuck = await fixture.UntilAsync(attackers, m => m.Fault?.StartsWith("The message cannot be opened", StringComparison.Ordinal) == true, "attacker");
        Assert.Equal(("queued", 1), (stuck.Status, stuck.Tries));
        // It waits, and ends with its code.
        await fixture.PassUntilAsync(TimeSpan.FromSeconds(10), async () => (await fixture.ReadAsync(attackers, "attacker")).Status == "expired");
        Assert.Contains("could not be opened", (await fixture.ReadAsync(attackers, "attacker")).Fault, StringComparison.Ordinal);
        Assert.Single(provider.Accepted);
        Assert.Null(await fixture.Server.PeekAsync<string>("SELECT body FROM outbox WHERE message_id = @attackers", new { attackers }));
    }

    [Fact]
    public async Task A_change_that_cannot_be_written_takes_no_other_with_it()
    {
        await using var server = await TestServer.StartAsync();
        var journal = server.Services.GetRequiredService<DispatchJournal>();
        // The writer is held until all three wait: the first is under way, the others share the next transaction.
        using var held = new ManualResetEventSlim();
        var holding = server.Database.WriteAsync(db =>
        {
            held.Wait();
            return ValueTask.FromResult(0);
        });
        var first = journal.WriteAsync(ChangeOf(server, "1", []));
        var poison = journal.WriteAsync(ChangeOf(server, "2", null!));
        var beside = journal.WriteAsync(ChangeOf(server, "3", []));
        held.Set();
        await holding;
        Assert.False(await first);
        await Assert.ThrowsAnyAsync<Exception>(() => poison);
        Assert.False(await beside);
    }

    [Fact]
    public async Task What_is_handed_over_prints_neither_the_text_nor_the_key_of_its_receipts()
    {
        var handover = new Handover("m1", new MessageContent(Attack.Alice, null, "code 123456", null), new Uri("https://login.example/cis/v1/receipts/t/p/m1?key=kk11"));
        Assert.Equal("[message m1]", $"{handover}");
        await using var fixture = await DispatchFixture.StartAsync(Engine.Sqlite, new FakeProvider("one"));
        var message = Assert.Single(await fixture.QueueAsync(1));
        await fixture.UntilAsync(message, "sent");
        var body = fixture.Outbox.SealBody("t", "m", handover.Content);
        Assert.Equal(-1, Encoding.UTF8.GetBytes(body).AsSpan().IndexOf("123456"u8));
    }

    private static OutboxChange ChangeOf(TestServer server, string id, IReadOnlyList<StatusChange> history) => new()
    {
        Message = new OutboxMessage
        {
            TenantId = "t",
            MessageId = id,
            AppId = "a",
            UserId = "u",
            Channel = OtpChannel.Sms,
            Body = "",
            MaskedDestination = "",
            Region = "GB",
            Segments = 1,
            CreatedAt = server.Clock.GetUtcNow(),
            ExpiresAt = server.Clock.GetUtcNow(),
        },
        Status = "queued",
        Now = server.Clock.GetUtcNow(),
        NextTryAt = server.Clock.GetUtcNow(),
        Tries = 0,
        UnknownTries = 0,
        History = history,
    };

    /// <summary>A gateway that proves itself and takes everything.</summary>
    private static LoopbackGateway Gateway() => new()
    {
        Answer = asked => new(200, asked.Method == "GET" ? $$"""{"key":"{{asked.Headers["X-Verification-Key"]}}"}""" : "{}"),
    };
}
