using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Watchword.Core.Audit;
using Watchword.Server.Events;
using Watchword.Server.Hosting;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

public sealed class ChainOnSqlite() : ChainTests(Engine.Sqlite);

public sealed class ChainOnPostgres() : ChainTests(Engine.Postgres);

/// <summary>Nothing that happened gets lost, and whoever writes to the database behind the server's back is found out.</summary>
public abstract class ChainTests(Engine engine) : IAsyncLifetime
{
    private TestServer _server = null!;
    private HttpClient _management = null!;
    private string _tenant = "";

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync(engine);
        _management = await _server.ManagementAsync();
        _tenant = (await _server.PeekAsync<string>("SELECT tenant_id FROM tenants"))!;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_chain_of_several_batches_is_intact()
    {
        await FillAsync(1250);
        await _server.RelayAsync();
        var report = await _management.VerifyAsync();
        Assert.True(report.At("intact").GetBoolean(), report.GetRawText());
        Assert.Equal(await _server.PeekAsync<long>("SELECT COUNT(*) FROM audit"), report.At("entries").GetInt64());
        Assert.True(report.At("entries").GetInt64() >= 1250);
    }

    [Theory]
    [InlineData("altered_entry", 17, "UPDATE audit SET outcome = 'ok' WHERE sequence = 17")]
    [InlineData("altered_entry", 17, "UPDATE audit SET at = at + 1 WHERE sequence = 17")]
    [InlineData("altered_entry", 17, "UPDATE audit SET actor = 'system' WHERE sequence = 17")]
    [InlineData("altered_entry", 17, "UPDATE audit SET user_id = 'x', action = 'user.created' WHERE sequence = 17")]
    [InlineData("altered_entry", 17, "UPDATE audit SET origin = '{\"address\":\"192.0.2.1\"}' WHERE sequence = 17")]
    [InlineData("altered_entry", 17, "UPDATE audit SET mac = (SELECT mac FROM audit WHERE sequence = 16) WHERE sequence = 17")]
    [InlineData("altered_entry", 17, "UPDATE audit SET target = app_id, app_id = target WHERE sequence = 17")]
    [InlineData("missing_entry", 17, "DELETE FROM audit WHERE sequence = 17")]
    [InlineData("missing_entry", 1, "DELETE FROM audit WHERE sequence <= 5")]
    [InlineData("missing_entry", 38, "DELETE FROM audit WHERE sequence > 37")]
    [InlineData("entry_after_head", 36, "UPDATE audit_heads SET sequence = 35, mac = (SELECT mac FROM audit WHERE sequence = 35)")]
    [InlineData("wrong_head", 35, "UPDATE audit_heads SET sequence = 35")]
    [InlineData("wrong_head", 1, "DELETE FROM audit_heads")]
    [InlineData("pruned_unproved", 5, "DELETE FROM audit WHERE sequence <= 5; UPDATE audit_heads SET pruned_sequence = 5, pruned_mac = (SELECT mac FROM audit WHERE sequence = 6)")]
    [InlineData("origin_erased", 17, "UPDATE audit SET origin = NULL WHERE sequence = 17")]
    [InlineData("altered_entry", 16, "UPDATE audit SET sequence = -1 WHERE sequence = 16; UPDATE audit SET sequence = 16 WHERE sequence = 17; UPDATE audit SET sequence = 17 WHERE sequence = -1")]
    [InlineData("altered_entry", 17, "UPDATE audit SET sequence = sequence + 1000 WHERE sequence >= 17; INSERT INTO audit SELECT tenant_id, 17, at, action, actor, app_id, user_id, target, outcome, origin, origin_mac, detail, mac FROM audit WHERE sequence = 3; UPDATE audit SET sequence = sequence - 999 WHERE sequence > 1000; UPDATE audit_heads SET sequence = sequence + 1")]
    public async Task Whatever_is_done_to_the_rows_shows(string kind, long sequence, string sql)
    {
        await FillAsync(40);
        await _server.RelayAsync();
        Assert.Empty(await _management.FaultsAsync());
        foreach (var statement in sql.Split("; "))
            await _server.TamperAsync(statement);
        var found = (await _management.VerifyAsync()).At("faults").EnumerateArray().Where(f => f.Text("kind") == kind).ToList();
        Assert.Equal(sequence, Assert.Single(found).At("sequence").GetInt64());
        // It can still be read.
        await _management.AuditAsync();
    }

    [Fact]
    public async Task A_log_that_was_cut_off_and_written_on_shows_by_a_head_that_was_noted()
    {
        await FillAsync(40);
        await _server.RelayAsync();
        var early = (await _management.VerifyAsync()).Text("head");
        await FillAsync(10);
        await _server.RelayAsync();
        var noted = (await _management.VerifyAsync()).Text("head");
        Assert.Empty(await _management.FaultsAsync(early));
        Assert.Empty(await _management.FaultsAsync(noted));

        await _server.TamperAsync("DELETE FROM audit WHERE sequence > 42");
        await _server.TamperAsync("UPDATE audit_heads SET sequence = 42, mac = (SELECT mac FROM audit WHERE sequence = 42)");
        Assert.Equal(["noted_head_gone"], await _management.FaultsAsync(noted));
        _server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await FillAsync(20);
        await _server.RelayAsync();
        Assert.Empty(await _management.FaultsAsync());
        Assert.Empty(await _management.FaultsAsync(early));
        Assert.Equal(["noted_head_gone"], await _management.FaultsAsync(noted));
    }

    [Fact]
    public async Task Where_the_chain_stands_is_logged_once_an_hour_when_it_moved()
    {
        await _server.RelayAsync();
        var heads = _server.Services.GetRequiredService<HeadLog>();
        int Told() => _server.Logs.Lines.Count(line => line.Contains(_tenant, StringComparison.Ordinal) && line.Contains(" stands at ", StringComparison.Ordinal));
        await heads.TellAsync();
        Assert.Equal(1, Told());
        var head = (await _management.VerifyAsync()).Text("head");
        Assert.Contains(_server.Logs.Lines, line => line.Contains($"The audit log of tenant {_tenant} stands at {head} ", StringComparison.Ordinal));
        await FillAsync(1);
        await _server.RelayAsync();
        await heads.TellAsync();
        Assert.Equal(1, Told());
        _server.Clock.Advance(TimeSpan.FromHours(1));
        await Attack.UntilAsync(() => Task.FromResult(Told() == 2));
        _server.Clock.Advance(TimeSpan.FromHours(1));
        await heads.TellAsync();
        Assert.Equal(2, Told());
    }

    [Fact]
    public async Task What_happened_before_a_crash_is_in_the_log_after_it()
    {
        var app = await _server.ApplicationAsync();
        await app.UserAsync();
        await app.LoginAsync();
        Assert.NotEqual(0, await _server.PeekAsync<long>("SELECT COUNT(*) FROM events"));
        await _server.RestartAsync();
        _management = await _server.ManagementAsync();
        Assert.Contains(await _management.AuditAsync("action=user.logged_in"), e => e.Text("app_id") == app.AppId);
        Assert.Empty(await _management.FaultsAsync());
        Assert.Equal(0, await _server.PeekAsync<long>("SELECT COUNT(*) FROM events"));
    }

    [Fact]
    public async Task Relays_on_two_nodes_make_one_chain_without_a_gap()
    {
        await using var other = await _server.AnotherNodeAsync();
        await FillAsync(1500);
        var waiting = await _server.PeekAsync<long>("SELECT COUNT(*) FROM events") + await _server.PeekAsync<long>("SELECT COUNT(*) FROM audit");
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(() => (i % 2 == 0 ? _server : other).RelayAsync())));
        await _server.RelayAsync();
        Assert.Equal(waiting, await _server.PeekAsync<long>("SELECT COUNT(*) FROM audit"));
        Assert.Equal(waiting, await _server.PeekAsync<long>("SELECT MAX(sequence) FROM audit"));
        Assert.Empty(await _management.FaultsAsync());
    }

    [Fact]
    public async Task What_is_older_than_is_kept_goes_in_batches_and_the_rest_is_still_proved()
    {
        await FillAsync(30);
        await _server.RelayAsync();
        var old = await _server.PeekAsync<long>("SELECT COUNT(*) FROM audit");
        var noted = (await _management.VerifyAsync()).Text("head");
        var cut = _server.Clock.GetUtcNow().AddMilliseconds(1);
        _server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await FillAsync(10);
        await _server.RelayAsync();
        Task<int> PruneAsync(int limit) => _server.Database.WriteAsync(db => new AuditStore(db).PruneAsync(_tenant, cut, limit, _server.Services.GetRequiredService<MasterKey>().AuditKey));

        Assert.Equal(20, await PruneAsync(20));
        Assert.Empty(await _management.FaultsAsync(noted));
        Assert.Equal(old - 20, await PruneAsync(20 + 100));
        Assert.Equal(0, await PruneAsync(100));
        Assert.Equal(old + 1, await _server.PeekAsync<long>("SELECT MIN(sequence) FROM audit"));
        var report = await _management.VerifyAsync(noted);
        Assert.True(report.At("intact").GetBoolean(), report.GetRawText());
        Assert.Equal((10, old + 1), (report.At("entries").GetInt64(), report.At("first").GetInt64()));
        Assert.Equal(10, (await _management.AuditAsync()).Count);

        await FillAsync(1);
        Assert.Equal(old + 11, (await _management.AuditAsync())[0].At("sequence").GetInt64());
        Assert.Empty(await _management.FaultsAsync());
        await _server.TamperAsync("UPDATE audit_heads SET pruned_sequence = pruned_sequence + 1");
        Assert.Contains("pruned_unproved", await _management.FaultsAsync());
    }

    [Fact]
    public async Task A_deleted_users_addresses_are_gone_from_the_log_and_the_chain_holds()
    {
        var app = await _server.ApplicationAsync();
        var user = await app.UserAsync();
        await app.AuthenticateAsync(new { passcode = "x", identifier_type = "phone_number", identifier = Attack.Alice, client_attributes = new { ip_address = "203.0.113.77" } });
        await _server.RelayAsync();
        await app.AuthenticateAsync(new { passcode = "x", identifier_type = "phone_number", identifier = Attack.Alice, client_attributes = new { ip_address = "203.0.113.78" } });
        await app.Management.DeleteAsync($"/cis/v1/manage/users/{user}", 204);
        // Before and after the last events have been moved.
        Assert.Empty(await _management.FaultsAsync());
        var entries = await _management.AuditAsync($"user_id={user}");
        Assert.Equal(["user.deleted", "otp.failed", "otp.failed", "user.created"], entries.Select(e => e.Text("action")));
        Assert.All(entries.Skip(1), e => Assert.False(e.Has("origin")));
        Assert.True(entries[0].Has("origin"));
        Assert.Empty(await _management.FaultsAsync());
        Assert.Equal(0, await _server.PeekAsync<long>("SELECT COUNT(*) FROM audit WHERE origin LIKE '%203.0.113%'"));
    }

    [Fact]
    public async Task An_address_does_not_slip_past_its_erasure_while_it_is_being_moved()
    {
        for (var round = 0; round < 10; round++)
        {
            var user = $"user{round}";
            await FillAsync(300, user, """{"address":"203.0.113.5"}""");
            await Task.WhenAll(
                Task.Run(_server.RelayAsync),
                Task.Run(() => _server.Database.WriteAsync(async db =>
                {
                    await new EventStore(db).EraseOriginsAsync(_tenant, user);
                    await new AuditStore(db).EraseOriginsAsync(_tenant, user);
                    await new EventStore(db).AddAsync(Author.Server(_tenant), AuditAction.UserDeleted, _server.Clock.GetUtcNow(), user: user);
                })),
                Task.Run(_server.RelayAsync));
            Assert.Equal(0, await _server.PeekAsync<long>("SELECT COUNT(*) FROM audit WHERE origin IS NOT NULL AND user_id = @user", new { user }));
            Assert.Equal(0, await _server.PeekAsync<long>("SELECT COUNT(*) FROM events WHERE origin IS NOT NULL AND user_id = @user", new { user }));
        }
        await _server.RelayAsync();
        Assert.Empty(await _management.FaultsAsync());
    }

    [Fact]
    public async Task When_the_schedule_turns_the_signing_keys_the_server_itself_is_named()
    {
        _server.Clock.Advance(TimeSpan.FromDays(91));
        await _server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RunOnceAsync();
        _management = await _server.ManagementAsync();
        var turned = Assert.Single(await _management.AuditAsync("action=signing_keys.rotated"));
        Assert.Equal("system", turned.Text("actor"));
        Assert.Equal(2, turned.At("detail", "kids").GetArrayLength());
        await _server.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single().RunOnceAsync();
        Assert.Single(await _management.AuditAsync("action=signing_keys.rotated"));
    }

    /// <summary>So many events, as if they had happened now.</summary>
    private Task FillAsync(int count, string user = "", string? origin = """{"address":"192.0.2.7"}""") => _server.Database.WriteAsync(async db =>
    {
        var events = new EventStore(db);
        for (var i = 0; i < count; i++)
        {
            await events.AddAsync(new AuditEvent
            {
                TenantId = _tenant, At = _server.Clock.GetUtcNow(), Action = AuditAction.OtpFailed, Actor = "client:c", AppId = "app", UserId = user, Outcome = "auth_locked", Origin = origin,
            });
        }
    });
}
