using System.Text.Json;
using Watchword.Core.Audit;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

public sealed class AuditReadOnSqlite(SqliteServer server) : AuditReadTests(server), IClassFixture<SqliteServer>;

public sealed class AuditReadOnPostgres(PostgresServer server) : AuditReadTests(server), IClassFixture<PostgresServer>;

/// <summary>Administrators find what they look for, and only in their own tenant.</summary>
public abstract class AuditReadTests(SharedServer shared) : SecurityTests(shared)
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Each_filter_finds_its_entries_and_no_others()
    {
        var (management, tenant) = await NewTenantAsync();
        await HappenAsync(
            new() { TenantId = tenant, At = Noon, Action = "user.created", Actor = "client:a", AppId = "app1", UserId = "u1" },
            new() { TenantId = tenant, At = Noon.AddMinutes(10), Action = "otp.failed", Actor = "client:b", AppId = "app2", UserId = "u1", Outcome = "auth_locked" },
            new() { TenantId = tenant, At = Noon.AddMinutes(20), Action = "user.logged_in", Actor = "client:a", AppId = "app1", UserId = "u2" },
            new() { TenantId = tenant, At = Noon.AddMinutes(30), Action = "client.changed", Actor = "client:m", AppId = "app1", Target = "c1" },
            new() { TenantId = tenant, At = Noon.AddMinutes(40), Action = "otp.failed", Actor = "client:a", AppId = "app1", UserId = "u2", Outcome = "auth_invalid_credentials" },
            new() { TenantId = tenant, At = Noon.AddMinutes(50), Action = "webhook.deleted", Actor = "console" },
            // Another node, whose clock is behind and who was slow.
            new() { TenantId = tenant, At = Noon.AddMinutes(49), Action = "webhook.created", Actor = "console" });
        foreach (var (query, found) in new (string, int[])[]
        {
            ("user_id=u1", [2, 1]), ("user_id=u1&outcome=ok", [1]), ("user_id=nobody", []), ("app_id=app1", [5, 4, 3, 1]), ("action=otp.failed", [5, 2]), ("action=client.changed", [4]),
            ("action=user.", [3, 1]), ("action=webhook.", [7, 6]), ("actor=client:a", [5, 3, 1]), ("outcome=ok&action=user.", [3, 1]), ("outcome=refused", [5, 2]), ("outcome=auth_locked", [2]),
            ("since=2026-11-24T12:30:00Z", [7, 6, 5, 4]), ("until=2026-11-24T12:30:00Z", [3, 2, 1, 0]), ("since=2026-11-24T12:50:00Z", [6]), ("until=2026-11-24T12:50:00Z", [7, 5, 4, 3, 2, 1, 0]),
            ("since=2026-11-24T13:10:00%2B01:00&until=2026-11-24T12:20:00.001Z", [3, 2]), ("since=2027-01-01T00:00:00Z", []), ("until=2020-01-01T00:00:00Z", []), ("page_token=5", [3, 2, 1, 0]),
            ("user_id=u1&action=user.&actor=client:a&app_id=app1&since=2026-11-24T12:00:00Z", [1]), ("action=client.changed&user_id=u1", []),
        })
            Assert.True(found.Select(f => (long)f).SequenceEqual((await management.AuditAsync(query)).Select(e => e.At("sequence").GetInt64() - Offset)), query);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_gap()
    {
        var (management, tenant) = await NewTenantAsync();
        await HappenAsync([.. Enumerable.Range(0, 25).Select(i => new AuditEvent { TenantId = tenant, At = Noon, Action = i % 2 == 0 ? "client.changed" : "otp.failed", Actor = "console" })]);
        foreach (var (query, count) in new[] { ("", 26), ("&action=client.changed", 13), ("&action=otp.failed&outcome=ok", 12) })
        {
            var seen = new List<long>();
            for (string? before = $"{long.MaxValue}"; before is not null;)
            {
                var page = await management.GetAsync($"{AuditLog.Path}?page_limit=4&page_token={before}{query}", 200);
                seen.AddRange(page.At("result").EnumerateArray().Select(e => e.At("sequence").GetInt64()));
                before = page.Has("next_page_token") ? page.Str("next_page_token") : null;
            }
            Assert.Equal(count, seen.Count);
            Assert.Equal(seen.OrderDescending().Distinct(), seen);
        }
    }

    [Fact]
    public async Task Where_few_match_the_search_stops_and_goes_on_where_it_stopped()
    {
        var (management, tenant) = await NewTenantAsync();
        await HappenAsync(new AuditEvent { TenantId = tenant, At = Noon, Action = "otp.failed", Actor = "client:rare" });
        await management.AuditAsync();
        await Server.TamperAsync(
            """
            INSERT INTO audit (tenant_id, sequence, at, action, actor, app_id, user_id, target, outcome, origin_mac, detail, mac)
            WITH RECURSIVE n (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
            SELECT @tenant, i, @at, 'otp.failed', 'client:common', '', '', '', 'ok', mac, '{}', mac FROM n, (SELECT mac FROM audit WHERE tenant_id = @tenant AND sequence = 1) AS pattern
            """,
            new { tenant, at = Noon.ToUnixTimeMilliseconds() });
        await Server.TamperAsync("UPDATE audit_heads SET sequence = 60000 WHERE tenant_id = @tenant", new { tenant });
        var first = await management.GetAsync(AuditLog.Path + "?actor=client:rare", 200);
        Assert.Equal((0, 60_001 - AuditLogStore.MostWalked), (first.At("result").GetArrayLength(), long.Parse(first.Str("next_page_token")!, System.Globalization.CultureInfo.InvariantCulture)));
        var second = await management.GetAsync($"{AuditLog.Path}?actor=client:rare&page_token={first.Str("next_page_token")}", 200);
        Assert.Equal(2, Assert.Single(second.At("result").EnumerateArray()).At("sequence").GetInt64());
        Assert.False(second.Has("next_page_token"));
        // An export goes on by itself.
        Assert.Contains("client:rare", await management.GetStringAsync(AuditLog.Path + "/export?actor=client:rare"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_entry_is_read_by_its_number_in_its_own_tenant()
    {
        var (management, tenant) = await NewTenantAsync();
        var (other, _) = await NewTenantAsync();
        await HappenAsync(new AuditEvent
        {
            TenantId = tenant, At = Noon, Action = "user.logged_in", Actor = "client:a", UserId = "u", Target = "s", Origin = """{"address":"192.0.2.1","user_ip":"192.0.2.2"}""", Detail = """{"method":"sms"}""",
        });
        await management.AuditAsync();
        Assert.Equal(
            """{"sequence":2,"at":"2026-11-24T12:00:00+00:00","action":"user.logged_in","actor":"client:a","user_id":"u","target":"s","outcome":"ok","origin":{"address":"192.0.2.1","user_ip":"192.0.2.2"},"detail":{"method":"sms"}}""",
            (await management.GetAsync(AuditLog.Path + "/2", 200)).At("result").GetRawText());
        foreach (var number in new[] { "3", "0", "-1", "x", "99999999999999999999" })
            await management.GetAsync($"{AuditLog.Path}/{number}", 404);
        await other.GetAsync(AuditLog.Path + "/2", 404);
        Assert.DoesNotContain(await other.AuditAsync(), e => e.Text("action") == "user.logged_in");
    }

    [Fact]
    public async Task An_export_holds_every_entry_and_runs_nothing_in_a_spreadsheet()
    {
        var (management, tenant) = await NewTenantAsync();
        string[] browsers = ["=HYPERLINK(\"http://evil.example\")", "+cmd|' /C calc'!A0", "x;=cmd|'/C calc'!A0", "Plain, \"quoted\"; -no"];
        await HappenAsync([.. Enumerable.Range(0, 1200).Select(i => new AuditEvent
        {
            TenantId = tenant,
            At = Noon,
            Action = "otp.failed",
            Actor = "client:a",
            Outcome = "auth_locked",
            Origin = JsonSerializer.Serialize(new { address = "192.0.2.1", user_agent = browsers[i % 4] }),
        })]);
        using var lines = await management.GetAsync(AuditLog.Path + "/export?action=otp.failed");
        Assert.Equal("application/jsonl", lines.Content.Headers.ContentType!.MediaType);
        var entries = (await lines.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l)).ToList();
        Assert.Equal(Enumerable.Range(2, 1200).Reverse().Select(i => (long)i), entries.Select(e => e.At("sequence").GetInt64()));

        using var csv = await management.GetAsync(AuditLog.Path + "/export?action=otp.failed&format=csv");
        Assert.Equal("text/csv", csv.Content.Headers.ContentType!.MediaType);
        var rows = (await csv.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1201, rows.Length);
        Assert.Equal("sequence,at,action,actor,app_id,user_id,target,outcome,address,user_ip,user_agent,detail", rows[0]);
        Assert.Contains("""2,2026-11-24T12:00:00.000Z,otp.failed,client:a,,,,auth_locked,192.0.2.1,,"'=HYPERLINK(""http://evil.example"")",{}""", rows);
        Assert.Contains(rows, r => r.EndsWith(""",'+cmd|' /C calc'!A0,{}""", StringComparison.Ordinal));
        // Where a semicolon begins a cell.
        Assert.Contains(rows, r => r.EndsWith(",x;'=cmd|'/C calc'!A0,{}", StringComparison.Ordinal));
        Assert.Contains(rows, r => r.EndsWith(",\"Plain, \"\"quoted\"\"; '-no\",{}", StringComparison.Ordinal));
        Assert.Equal(["csv", "jsonl"], (await management.AuditAsync("action=audit.exported")).Select(e => e.At("detail", "format").GetString()));
    }

    [Theory]
    [InlineData("page_limit=0")]
    [InlineData("page_limit=501")]
    [InlineData("page_token=0")]
    [InlineData("page_token=x")]
    [InlineData("since=yesterday")]
    [InlineData("until=")]
    [InlineData("action=user.danced")]
    [InlineData("action=otp.sent")]
    [InlineData("action=user")]
    [InlineData("action=.")]
    [InlineData("user_id=")]
    [InlineData("actor=%0A")]
    public async Task A_filter_that_makes_no_sense_is_refused(string query)
    {
        var management = await TenantAsync();
        await management.GetAsync($"{AuditLog.Path}?{query}", 400);
        if (!query.StartsWith("page", StringComparison.Ordinal))
            await management.GetAsync($"{AuditLog.Path}/export?{query}", 400);
        await management.GetAsync($"{AuditLog.Path}/export?format=xml", 400);
    }

    /// <summary>A new tenant's first entry is that it was made.</summary>
    private const int Offset = 1;

    private async Task<(HttpClient Management, string TenantId)> NewTenantAsync()
    {
        var management = await TenantAsync();
        return (management, Attack.ClaimsOf(management.DefaultRequestHeaders.Authorization!.Parameter!).Text("tid"));
    }

    private Task HappenAsync(params AuditEvent[] events) => Server.Database.WriteAsync(async db =>
    {
        foreach (var happened in events)
            await new EventStore(db).AddAsync(happened);
    });
}
