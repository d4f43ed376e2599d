using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Delivery;

public sealed class MessageLogOnSqlite(SqliteLoft loft) : MessageLogTests(loft), IClassFixture<SqliteLoft>;

public sealed class MessageLogOnPostgres(PostgresLoft loft) : MessageLogTests(loft), IClassFixture<PostgresLoft>;

/// <summary>What became of messages, as administrators read it and providers report it.</summary>
public abstract class MessageLogTests(PigeonLoft loft)
{
    private const string Log = "/cis/v1/messages";

    [Fact]
    public async Task A_message_is_shown_with_its_history_but_without_its_text_and_number()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(PigeonLoft.Settings, new { providers = new[] { PigeonLoft.Bird("a") }, currency = "EUR" }, 200);
        var at = loft.Server.Clock.GetUtcNow();
        var id = await AddAsync(tenant, status: "failed", history:
        [
            new StatusChange(at.Ms() + 1500, "queued") { Provider = "Bird", Reason = "The provider is busy.", Code = "HTTP 503", Text = "come back" },
            new StatusChange(at.Ms() + 3000, "failed") { Provider = "Bird", Reason = "No such number." },
        ]);
        var body = await tenant.Management.GetAsync($"{Log}/{id}", 200);
        Assert.Equal(
            $$$"""
            {"result":{"message_id":"{{{id}}}","created_at":{{{at.Ms()}}},"app_id":"app","user_id":"user","channel":"sms","to":"+44*******001","region":"GB","status":"failed",
            "status_at":{{{Json(at)}}},"error":"No such number.","provider_id":"a","provider":"Bird","provider_message_id":"SM1","sender_note":"a note","segments":2,"tries":2,"unknown_tries":1,
            "cost_micros":78000,"currency":"EUR","expires_at":{{{Json(at.AddMinutes(5))}}},"history":[{"at":{{{Json(at)}}},"status":"queued"},
            {"at":{{{Json(at.AddMilliseconds(1500))}}},"status":"queued","provider":"Bird","reason":"The provider is busy.","provider_code":"HTTP 503","provider_text":"come back"},
            {"at":{{{Json(at.AddMilliseconds(3000))}}},"status":"failed","provider":"Bird","reason":"No such number."}]}}
            """.ReplaceLineEndings(""),
            body.GetRawText());
        Assert.Equal(body.At("result").GetRawText(), Assert.Single((await tenant.Management.GetAsync(Log, 200)).At("result").EnumerateArray()).GetRawText());

        static string Json(DateTimeOffset instant) => JsonSerializer.Serialize(instant);
    }

    [Fact]
    public async Task A_code_that_was_sent_is_on_the_log_without_a_word_of_it()
    {
        var tenant = await loft.TenantAsync();
        var app = await tenant.ApplicationAsync();
        var user = await app.UserAsync("+447400654321");
        await (await app.SendAsync("+447400654321", "sms")).JsonAsync(200);
        var text = (await loft.Server.Sender.WaitForAsync("+447400654321")).Text;
        var message = Assert.Single((await tenant.Management.GetAsync(Log, 200)).At("result").EnumerateArray());
        Assert.Equal((app.AppId, user, "+44*******321", "GB"), (message.Str("app_id"), message.Str("user_id"), message.Str("to"), message.Str("region")));
        Assert.DoesNotContain(Wire.Code(text), message.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("447400654321", message.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_route_that_a_message_took_is_on_its_record()
    {
        var tenant = await loft.TenantAsync();
        var app = await tenant.ApplicationAsync();
        var stops = new[] { new { provider_id = "a" } };
        await tenant.Management.PutAsync(
            PigeonLoft.Settings,
            new { providers = new[] { PigeonLoft.Bird("a") }, routes = new object[] { new { name = "UK", match = new[] { "+44" }, providers = stops }, new { match = new[] { "FR", "DE" }, providers = stops } } },
            200);
        foreach (var phone in (string[])["+447400654322", "+33612345678", "+12015550123"])
        {
            await app.UserAsync(phone);
            await (await app.SendAsync(phone, "sms")).JsonAsync(200);
        }
        var messages = new List<JsonElement>();
        await Attack.UntilAsync(async () => (messages = [.. (await tenant.Management.GetAsync(Log + "?status=sent", 200)).At("result").EnumerateArray()]).Count == 3);
        Assert.Equal(["FR: FR, DE", "GB: UK", "US: none"], messages.Select(m => $"{m.Str("region")}: {(m.Has("route") ? m.Str("route") : "none")}").Order(StringComparer.Ordinal));
        var tries = messages.SelectMany(m => m.At("history").EnumerateArray()).Where(h => h.Has("route")).ToList();
        Assert.Equal(["sending", "sending"], tries.Select(h => h.Str("status")));
    }

    [Fact]
    public async Task Pages_follow_each_other_newest_first_without_gap_or_repetition()
    {
        var (tenant, stranger) = (await loft.TenantAsync(), await loft.TenantAsync());
        var ids = new List<string?>();
        for (var i = 0; i < 7; i++)
        {
            ids.Insert(0, await AddAsync(tenant));
            await AddAsync(stranger);
            loft.Server.Clock.Advance(TimeSpan.FromMilliseconds(10));
        }
        var seen = new List<string?>();
        string? token = null;
        do
        {
            var page = await tenant.Management.GetAsync($"{Log}?page_limit=3{(token is null ? "" : "&page_token=" + token)}", 200);
            seen.AddRange(page.At("result").EnumerateArray().Select(m => m.Str("message_id")));
            token = page.Has("next_page_token") ? page.Str("next_page_token") : null;
        }
        while (token is not null);
        Assert.Equal(ids, seen);
        Assert.False((await tenant.Management.GetAsync($"{Log}?page_limit=7", 200)).Has("next_page_token"));
        foreach (var id in ids)
            await stranger.Management.GetAsync($"{Log}/{id}", 404);
    }

    [Fact]
    public async Task The_log_is_searched_by_what_matters()
    {
        var tenant = await loft.TenantAsync();
        var start = loft.Server.Clock.GetUtcNow();
        var first = await AddAsync(tenant, app: "one", user: "ann", provider: "a", region: "GB", status: "sent");
        loft.Server.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await AddAsync(tenant, app: "two", user: "bob", provider: "b", region: "FR", status: "delivered");
        loft.Server.Clock.Advance(TimeSpan.FromSeconds(1));
        var third = await AddAsync(tenant, app: "two", user: "ann", provider: "a", region: "FR", status: "sent");
        Assert.Equal([third, second, first], await IdsAsync(""));
        Assert.Equal([third, second], await IdsAsync("app_id=two"));
        Assert.Equal([third, first], await IdsAsync("user_id=ann"));
        Assert.Equal([third, first], await IdsAsync("provider_id=a"));
        Assert.Equal([third, second], await IdsAsync("region=FR"));
        Assert.Equal([second], await IdsAsync("status=delivered"));
        Assert.Equal([third], await IdsAsync("app_id=two&user_id=ann&provider_id=a&region=FR&status=sent"));
        Assert.Empty(await IdsAsync("app_id=three"));
        // From an instant on, up to one: the first belongs, the last does not, to the millisecond.
        Assert.Equal([third, second], await IdsAsync($"since={start.AddSeconds(1):yyyy-MM-ddTHH:mm:ss.fffZ}"));
        Assert.Equal([third], await IdsAsync($"since={start.AddSeconds(1).AddMilliseconds(1):yyyy-MM-ddTHH:mm:ss.fffZ}"));
        Assert.Equal([first], await IdsAsync($"until={start.AddSeconds(1):yyyy-MM-ddTHH:mm:ss.fffZ}"));
        Assert.Equal([second, first], await IdsAsync($"until={start.AddSeconds(1).AddMilliseconds(1):yyyy-MM-ddTHH:mm:ss.fffZ}"));

        foreach (var wrong in (string[])["status=lost", "page_limit=0", "page_limit=501", "page_limit=x", "page_token=!", "since=yesterday", "until=", "app_id=", "region=%0A", "user_id=" + new string('x', 129)])
            await tenant.Management.GetAsync($"{Log}?{wrong}", 400);
        Assert.Equal(3, (await tenant.Management.GetAsync($"{Log}?status=lost&page_limit=0&since=x", 400)).At("message").GetArrayLength());
        await tenant.Management.GetAsync($"{Log}/nothing", 404);

        async Task<List<string?>> IdsAsync(string query) =>
            [.. (await tenant.Management.GetAsync($"{Log}?{query}", 200)).At("result").EnumerateArray().Select(m => m.Str("message_id"))];
    }

    [Fact]
    public async Task A_receipt_at_the_address_that_was_given_out_reaches_the_record()
    {
        var tenant = await BirdsAsync();
        var (delivered, lost, silent) = (await AddAsync(tenant), await AddAsync(tenant), await AddAsync(tenant));
        Assert.Equal(200, await ReportAsync(await AddressAsync(tenant, delivered), "home"));
        Assert.Equal("delivered", (await tenant.Management.GetAsync($"{Log}/{delivered}", 200)).Str("result", "status"));
        Assert.Equal(200, await ReportAsync(await AddressAsync(tenant, delivered), "home"));
        Assert.Equal(200, await ReportAsync(await AddressAsync(tenant, lost), "hawk"));
        var record = (await tenant.Management.GetAsync($"{Log}/{lost}", 200)).At("result");
        Assert.Equal(("undelivered", "A hawk came.", "H1"), (record.Str("status"), record.At("history").EnumerateArray().Last().Str("reason"), record.At("history").EnumerateArray().Last().Str("provider_code")));
        // Read and found to be of no matter; and by GET, as some providers do.
        Assert.Equal(200, await ReportAsync(await AddressAsync(tenant, silent), "coo"));
        Assert.Equal("sent", (await tenant.Management.GetAsync($"{Log}/{silent}", 200)).Str("result", "status"));
        Assert.Equal(200, await ReportAsync(new Uri(await AddressAsync(tenant, silent) + "&state=home"), body: null));
        Assert.Equal("delivered", (await tenant.Management.GetAsync($"{Log}/{silent}", 200)).Str("result", "status"));
        // For a message that is gone there is nothing to do, and nothing to complain of.
        Assert.Equal(200, await ReportAsync(await AddressAsync(tenant, "gone"), "home"));
    }

    [Fact]
    public async Task A_receipt_that_proves_nothing_changes_nothing()
    {
        var (tenant, stranger) = (await BirdsAsync(), await BirdsAsync());
        var (message, other) = (await AddAsync(tenant), await AddAsync(tenant));
        var good = await AddressAsync(tenant, message);
        var key = good.Query;
        var before = (await tenant.Management.GetAsync($"{Log}/{message}", 200)).GetRawText();
        Assert.Equal(403, await ReportAsync(good, "home", ring: "another ring"));
        Assert.Equal(403, await ReportAsync(good, "home", ring: null));
        foreach (var path in (string[])
            [
                good.AbsolutePath, good.AbsolutePath + "?key=", good.AbsolutePath + "?key=x", good.AbsolutePath + key[..^1] + (key[^1] == '0' ? '1' : '0'), good.AbsolutePath + key + "&key=x",
                $"/cis/v1/receipts/{tenant.TenantId}/a/{other}{key}", $"/cis/v1/receipts/{tenant.TenantId}/b/{message}{key}", $"/cis/v1/receipts/{stranger.TenantId}/a/{message}{key}",
                "/cis/v1/receipts/x/y/z" + key, "/cis/v1/receipts/%F0%9F%98%80/%0A/'" + key,
            ])
            Assert.Equal(403, await ReportAsync(new Uri(loft.Server.Url + path), "home"));
        // The provider is gone.
        Assert.Equal(403, await ReportAsync(await AddressAsync(tenant, message, "nobody"), "home"));
        foreach (var garbage in (string[])["{}", "<xml/>", "\u0000", new string('x', 60_000)])
            Assert.Equal(400, await ReportAsync(good, garbage));
        Assert.Equal(400, await ReportAsync(good, body: null));
        Assert.Equal(400, await ReportAsync(good, new string('x', 65 * 1024)));
        Assert.Equal(before, (await tenant.Management.GetAsync($"{Log}/{message}", 200)).GetRawText());
    }

    private async Task<TestTenant> BirdsAsync()
    {
        var tenant = await loft.TenantAsync();
        await tenant.Management.PutAsync(PigeonLoft.Settings, new { providers = new[] { PigeonLoft.Bird("a"), PigeonLoft.Bird("b") } }, 200);
        return tenant;
    }

    /// <summary>The address, at this server's port in place of the public one.</summary>
    private async Task<Uri> AddressAsync(TestTenant tenant, string message, string provider = "a")
    {
        var open = (await loft.Server.Services.GetRequiredService<ProviderDirectory>().FindAsync(tenant.TenantId, "a"))! with { ProviderId = provider };
        return new Uri(loft.Server.Url + loft.Server.Services.GetRequiredService<ReceiptAddress>().Of(tenant.TenantId, open, message)!.PathAndQuery);
    }

    private async Task<int> ReportAsync(Uri address, string? body, string? ring = "ring-token-of-a-bird")
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, address);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "text/plain");
        if (ring is not null)
            request.Headers.Add("X-Ring", ring);
        var answer = await loft.Server.Http.SendAsync(request);
        if (!answer.IsSuccessStatusCode)
            Assert.Equal((int)answer.StatusCode, (await answer.JsonAsync((int)answer.StatusCode)).At("error_code").GetInt32());
        return (int)answer.StatusCode;
    }

    /// <summary>A message as it is after it was handed over.</summary>
    private async Task<string> AddAsync(
        TestTenant tenant, string app = "app", string user = "user", string provider = "a", string region = "GB", string status = "sent", StatusChange[]? history = null)
    {
        var now = loft.Server.Clock.GetUtcNow();
        var id = Ids.New(now);
        await loft.Server.Database.WriteAsync(async db =>
        {
            await new OutboxStore(db).AddAsync(new OutboxMessage
            {
                TenantId = tenant.TenantId, MessageId = id, AppId = app, UserId = user, Channel = OtpChannel.Sms, Body = "", MaskedDestination = "+44*******001",
                Region = region, SenderNote = "a note", Segments = 2, CreatedAt = now, ExpiresAt = now.AddMinutes(5), Suppressed = true,
            });
            await db.ExecuteAsync(
                """
                UPDATE outbox SET status = @status, provider_id = @provider, provider = 'Bird', provider_message_id = 'SM1', tries = 2, unknown_tries = 1, cost = 78000,
                    fault = @fault, history = @history WHERE tenant_id = @tenant AND message_id = @id
                """,
                new { status, provider, fault = history?[^1].Reason, history = string.Concat((history ?? []).Select(h => h.Line())), tenant = tenant.TenantId, id });
        });
        return id;
    }
}
