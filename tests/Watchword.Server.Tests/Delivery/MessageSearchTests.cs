using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core;
using Watchword.Core.Otp;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Delivery;

public sealed class MessageSearchOnSqlite(SqliteLoft loft) : MessageSearchTests(loft), IClassFixture<SqliteLoft>;

public sealed class MessageSearchOnPostgres(PostgresLoft loft) : MessageSearchTests(loft), IClassFixture<PostgresLoft>;

/// <summary>The message log as administrators search it and watch it.</summary>
public abstract class MessageSearchTests(PigeonLoft loft)
{
    private TestServer Server => loft.Server;

    private MessageLog Log => Server.Services.GetRequiredService<MessageLog>();

    [Theory]
    [InlineData("the key", null, null)]
    [InlineData("the index of those that got lost", "failed", null)]
    [InlineData("the index of a user's", null, "ann")]
    public async Task Where_few_match_a_page_looks_only_so_far_back_and_the_next_goes_on(string way, string? status, string? user)
    {
        Assert.NotEmpty(way);
        var (tenant, stranger) = (await loft.TenantAsync(), await loft.TenantAsync());
        var ids = await AddAsync(tenant, 100, (i, m) => m with { UserId = user ?? $"user{i}", Region = i is 3 or 91 ? "TO" : "GB" }, status ?? "sent");
        await AddAsync(stranger, 100, (_, m) => m with { UserId = user ?? "user", Region = "TO" }, status ?? "sent");
        // Among the rare ones, those that are not.
        await AddAsync(tenant, 5, (_, m) => m with { UserId = "bob", Region = "TO" }, "delivered");
        var query = new MessageLogQuery { Region = "TO", Status = status ?? "sent", UserId = user };
        var (found, sizes) = (new List<string>(), new List<int>());
        for (string? before = null; sizes.Count == 0 || before is not null;)
        {
            var page = await Server.Database.ReadAsync(db => new MessageLogStore(db) { MostWalked = 30, MostFetched = 30 }.ReadAsync(tenant.TenantId, query with { Before = before }, 10));
            found.AddRange(page.Messages.Select(m => m.MessageId));
            sizes.Add(page.Messages.Count);
            before = page.NextBefore;
        }
        Assert.Equal([ids[91], ids[3]], found);
        Assert.Equal([1, 0, 0, 1], sizes);
        // What is found ends a page as before, and as many as there are end the log.
        var full = await Server.Database.ReadAsync(db => new MessageLogStore(db) { MostWalked = 105, MostFetched = 100 }.ReadAsync(tenant.TenantId, query, 1));
        Assert.Equal((ids[91], ids[91]), (Assert.Single(full.Messages).MessageId, full.NextBefore));
        Assert.Null((await Server.Database.ReadAsync(db => new MessageLogStore(db) { MostWalked = 105, MostFetched = 100 }.ReadAsync(tenant.TenantId, query, 2))).NextBefore);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("failed")]
    [InlineData("undelivered")]
    [InlineData("expired")]
    [InlineData("delivered")]
    public async Task Every_way_to_a_message_gives_the_same_ones(string? status)
    {
        var tenant = await loft.TenantAsync();
        var all = new List<(string Id, string Status, OutboxMessage Message)>();
        string[] statuses = ["sent", "failed", "undelivered", "expired", "delivered"];
        for (var i = 0; i < 40; i++)
        {
            var message = Message(tenant, i) with { AppId = $"app{i % 3}", UserId = $"user{i % 2}", Channel = i % 5 == 0 ? OtpChannel.Email : OtpChannel.Sms, Region = i % 4 == 0 ? "FR" : "GB" };
            await WriteAsync(message, statuses[i % 5]);
            all.Insert(0, (message.MessageId, statuses[i % 5], message));
        }
        foreach (var (user, app, region, channel) in new (string?, string?, string?, string?)[] { (null, null, null, null), ("user1", null, null, null), (null, "app2", null, null), ("user0", "app1", "FR", "sms"), (null, null, "GB", "email") })
        {
            var page = await Log.ReadAsync(tenant.TenantId, new MessageLogQuery { Status = status, UserId = user, AppId = app, Region = region, Channel = channel });
            Assert.Equal(
                all.Where(m => (status is null || m.Status == status) && (user is null || m.Message.UserId == user) && (app is null || m.Message.AppId == app)
                    && (region is null || m.Message.Region == region) && (channel is null || m.Message.Channel.Wire() == channel)).Select(m => m.Id),
                page.Messages.Select(m => m.MessageId));
            Assert.Null(page.NextBefore);
            Assert.Null(page.LookedBackTo);
        }
    }

    [Fact]
    public async Task One_line_of_text_finds_a_message_or_a_users_messages()
    {
        var (tenant, stranger) = (await loft.TenantAsync(), await loft.TenantAsync());
        var app = await tenant.ApplicationAsync();
        var user = await app.UserAsync("+447400200001");
        await app.ChangeUserAsync(user, new { email = "ann@acme.example" });
        var mine = (await AddAsync(tenant, 2, (_, m) => m with { UserId = user }))[1];
        var other = (await AddAsync(tenant, 1, (_, m) => m with { UserId = "somebody" }))[0];
        var foreign = (await AddAsync(stranger, 1, (_, m) => m with { UserId = user }))[0];
        Assert.Equal((MessageSearch.None, 3), await FoundAsync(" "));
        Assert.Equal((MessageSearch.Message, 1), await FoundAsync($" {other} "));
        Assert.Equal((MessageSearch.Message, 1), await FoundAsync(mine.ToUpperInvariant()));
        foreach (var text in (string[])[user, "+44 7400 200001", "00447400200001", "Ann@ACME.example"])
            Assert.Equal((MessageSearch.User, 2), await FoundAsync(text));
        Assert.Equal((MessageSearch.NobodyHasIt, 0), await FoundAsync("+447400200002"));
        Assert.Equal((MessageSearch.NobodyHasIt, 0), await FoundAsync("bob@acme.example"));
        foreach (var text in (string[])["ann", "7400200001", "' OR 1=1", "\0", "\ud800", new string('x', 300)])
            Assert.Equal((MessageSearch.Unreadable, 0), await FoundAsync(text));
        // Another tenant's message and its users' numbers lead nowhere.
        Assert.Equal((MessageSearch.User, 0), await FoundAsync(foreign));
        Assert.Equal(MessageSearch.NobodyHasIt, (await Log.ReadAsync(stranger.TenantId, new(), "+447400200001")).Search);

        async Task<(MessageSearch, int)> FoundAsync(string text)
        {
            var page = await Log.ReadAsync(tenant.TenantId, new MessageLogQuery(), text);
            return (page.Search, page.Messages.Count);
        }
    }

    [Fact]
    public async Task A_page_learns_what_came_and_what_changed()
    {
        var tenant = await loft.TenantAsync();
        var start = Server.Clock.GetUtcNow();
        var empty = await Log.ChangesAsync(tenant.TenantId, new(), [], start);
        Assert.Empty(empty.New.Concat(empty.Changed));
        var first = await AddAsync(tenant, 3, (_, m) => m with { Region = "FR" });
        Assert.Equal(first.Reverse(), (await Log.ChangesAsync(tenant.TenantId, new(), [], start)).New.Select(m => m.MessageId));

        var shown = first;
        await Server.TamperAsync("UPDATE outbox SET status = 'delivered' WHERE message_id = @id", new { id = first[1] });
        await Server.TamperAsync("DELETE FROM outbox WHERE message_id = @id", new { id = first[0] });
        Server.Clock.Advance(TimeSpan.FromSeconds(3));
        var next = await AddAsync(tenant, 2, (i, m) => m with { Region = i == 0 ? "FR" : "GB" });
        var changes = await Log.ChangesAsync(tenant.TenantId, new MessageLogQuery { Region = "FR" }, shown, start);
        Assert.Equal([(first[2], "sent"), (first[1], "delivered")], changes.Changed.Select(m => (m.MessageId, m.Status)));
        Assert.Equal([next[0]], changes.New.Select(m => m.MessageId));
        Assert.Empty((await Log.ChangesAsync(tenant.TenantId, new(), shown, start, top: false)).New);
        // Its id is older than the newest that is shown, but it was not there yet.
        var late = Message(tenant, 0) with { MessageId = Ids.New(start.AddSeconds(-1)), CreatedAt = start.AddSeconds(-1) };
        await WriteAsync(late, "sent");
        Assert.Contains(late.MessageId, (await Log.ChangesAsync(tenant.TenantId, new(), shown, start)).New.Select(m => m.MessageId));
    }

    [Fact]
    public async Task Who_watches_is_told_of_the_own_tenants_messages_only()
    {
        var (tenant, stranger) = (await loft.TenantAsync(), await loft.TenantAsync());
        await tenant.Management.PutAsJsonAsync(PigeonLoft.Settings, new { providers = new[] { PigeonLoft.Bird("a") } });
        var app = await tenant.ApplicationAsync();
        await app.UserAsync("+447400200009");
        var signal = Server.Services.GetRequiredService<MessageSignal>();
        using var watch = Log.Watch(tenant.TenantId);
        using var other = Log.Watch(stranger.TenantId);
        await (await app.SendAsync("+447400200009", "sms")).JsonAsync(200);
        await watch.WaitAsync(TestContext.Current.CancellationToken);
        await Attack.UntilAsync(() => Task.FromResult(watch.Told > 0));
        Assert.Equal(0, other.Told);
        var told = watch.Told;
        watch.Dispose();
        signal.Changed([tenant.TenantId]);
        Assert.Equal(told, watch.Told);
    }

    private OutboxMessage Message(TestTenant tenant, int i)
    {
        var now = Server.Clock.GetUtcNow().AddMilliseconds(i);
        return new OutboxMessage
        {
            TenantId = tenant.TenantId, MessageId = Ids.New(now), AppId = "app", UserId = "user", Channel = OtpChannel.Sms, Body = "", MaskedDestination = "+44*******001",
            Region = "GB", Segments = 1, CreatedAt = now, ExpiresAt = now.AddMinutes(5), Test = true,
        };
    }

    /// <summary>Messages that have left the queue, a millisecond apart; their ids, oldest first.</summary>
    private async Task<IReadOnlyList<string>> AddAsync(TestTenant tenant, int count, Func<int, OutboxMessage, OutboxMessage> change, string status = "sent")
    {
        var messages = Enumerable.Range(0, count).Select(i => change(i, Message(tenant, i))).ToList();
        foreach (var message in messages)
            await WriteAsync(message, status);
        return [.. messages.Select(m => m.MessageId)];
    }

    private Task WriteAsync(OutboxMessage message, string status) => Server.Database.WriteAsync(async db =>
    {
        await new OutboxStore(db).AddAsync(message);
        await db.ExecuteAsync("UPDATE outbox SET status = @status WHERE message_id = @id", new { status, id = message.MessageId });
    });
}
