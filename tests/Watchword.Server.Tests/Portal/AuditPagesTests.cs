using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Portal.Pages.Audit;
using Watchword.Server.Portal.Pages.Webhooks;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Events;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Portal;

/// <summary>The audit log as an administrator reads it and takes it along.</summary>
public sealed class AuditPagesTests
{
    [Fact]
    public void Every_action_is_a_sentence_of_its_own()
    {
        var names = new AuditNames();
        var said = AuditAction.All.Where(AuditAction.IsAudited).Select(a => AuditWords.Sentence(Event(a, "system"), names)).ToList();
        Assert.All(said, s => Assert.DoesNotContain(AuditAction.All, a => s.Contains(a, StringComparison.Ordinal)));
        Assert.Equal(said.Count, said.Distinct().Count());
        Assert.All(WebhookEvents.Offered, e => Assert.NotEqual(e, WebhookWords.Event(e)));
    }

    [Fact]
    public void Ids_are_names_where_they_are_known()
    {
        var names = new AuditNames();
        names.Know("a1", "Ada Lovelace");
        names.Know("app", "Acme");
        names.Know("c1", "Backend");
        Assert.Equal("Ada Lovelace changed the code policy of Acme", Say(AuditAction.PolicyChanged, "administrator:a1", "app"));
        Assert.Equal("Client Backend created a user in Acme", Say(AuditAction.UserCreated, "client:c1", "app"));
        Assert.Equal("Client c2 created a user in an application that is gone", Say(AuditAction.UserCreated, "client:c2", "x"));
        var known = AuditNames.Of(new Dictionary<string, string>(), [("a1", "Ada Lovelace")]);
        Assert.Equal("An administrator who is gone signed out", AuditWords.Sentence(Event(AuditAction.AdministratorSignedOut, "administrator:x"), known));
        // Where it may not be known who there is.
        Assert.Equal("An administrator signed out", Say(AuditAction.AdministratorSignedOut, "administrator:x", ""));

        string Say(string action, string actor, string app) => AuditWords.Sentence(Event(action, actor, app), names);
    }

    [Fact]
    public void What_changed_is_listed_with_numbers_and_switches()
    {
        var e = Event() with { Detail = """{"changed":["sms.max_failures","name","enabled"],"old":{"sms.max_failures":3,"enabled":false},"new":{"sms.max_failures":5,"enabled":true}}""" };
        Assert.Equal(["Sms, max failures: 3 → 5", "Name", "Enabled: off → on"], AuditWords.Changes(e));
        Assert.Null(AuditWords.Raw(e));
        Assert.Contains("\"method\"", AuditWords.Raw(Event() with { Detail = """{"method":"sms"}""" }), StringComparison.Ordinal);
        Assert.Empty(AuditWords.Changes(Event() with { Detail = "tampered" }));
    }

    [Fact]
    public void What_is_looked_for_stands_in_the_address_and_comes_back_from_it()
    {
        var search = new AuditSearch { Action = "user.", Actor = "client:a&b", App = "x", Outcome = "refused", User = "u", From = new DateOnly(2026, 11, 1), To = new DateOnly(2026, 11, 30) };
        var query = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(search.ToAddress(("format", "csv")));
        Assert.Equal("csv", query["format"]);
        Assert.Equal(search, AuditSearch.Of(name => query.TryGetValue(name, out var value) ? value.ToString() : null));
        Assert.Equal((new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero)), (search.ToQuery().From!.Value, search.ToQuery().To!.Value));
        Assert.True(AuditSearch.Of(_ => "non\nsense").IsEmpty);
        Assert.Equal("", new AuditSearch().ToAddress());
    }

    [Fact]
    public async Task The_file_holds_what_was_looked_for_in_the_own_tenant_and_only_for_those_who_may_read_it()
    {
        await using var server = await TestServer.StartAsync();
        var other = (await server.Services.GetRequiredService<Watchword.Server.Administration.ApplicationAdministration>().CreateTenantAsync("Other")).Value!;
        var (owner, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        var (auditor, _) = await Visitor.OfAsync(server, AdministratorRole.Auditor);
        var (stranger, _) = await Visitor.OfAsync(server, AdministratorRole.Owner, tenant: other.Client.TenantId);
        var (support, _) = await Visitor.OfAsync(server, AdministratorRole.Support);

        var csv = await auditor.GetAsync("audit/export?format=csv&action=administrator.joined");
        Assert.Equal(("text/csv", "audit.csv"), (csv.Content.Headers.ContentType!.MediaType, csv.Content.Headers.ContentDisposition!.FileName));
        var lines = (await csv.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("sequence,at,action,", lines[0], StringComparison.Ordinal);
        Assert.Equal(3, lines.Length - 1);
        Assert.All(lines[1..], l => Assert.Contains("administrator.joined", l, StringComparison.Ordinal));

        var json = (await (await owner.GetAsync("audit/export")).Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(json.Length > 6);
        Assert.Contains("\"action\":\"tenant.created\"", json[^1], StringComparison.Ordinal);
        Assert.Single((await (await stranger.GetAsync("audit/export?action=administrator.joined")).Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(HttpStatusCode.Forbidden, (await support.GetAsync("audit/export")).StatusCode);
        var exports = (await (await auditor.GetAsync("audit/export?action=audit.exported")).Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, exports.Length);
        Assert.All(exports, e => Assert.Contains("\"actor\":\"administrator:", e, StringComparison.Ordinal));
        using var nobody = new Visitor(server);
        Assert.Equal(HttpStatusCode.Redirect, (await nobody.GetAsync("audit/export")).StatusCode);
        foreach (var visitor in new[] { owner, auditor, stranger, support })
            visitor.Dispose();
    }

    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Who_did_it_can_be_told_of_those_who_were_removed_as_long_as_the_log_has_what_they_did(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var accounts = server.Services.GetRequiredService<Watchword.Server.Administration.Administrators>();
        var (ada, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        var (bob, email) = await Visitor.OfAsync(server, AdministratorRole.Auditor);
        var who = (await server.Database.ReadAsync(db => new AdministratorStore(db).ByEmailAsync(email)))!;
        var by = Author.Console(who.TenantId);
        await accounts.RemoveAsync(by, who.AdministratorId);

        var names = AuditNames.Of(new Dictionary<string, string>(), await accounts.NamesAsync(who.TenantId));
        Assert.Equal("Auditor (removed) signed in", AuditWords.Sentence(Event(AuditAction.AdministratorSignedIn, "administrator:" + who.AdministratorId), names));
        Assert.Equal("Somebody at the server's console removed Auditor (removed)", AuditWords.Sentence(Event(AuditAction.AdministratorRemoved, "console") with { Target = who.AdministratorId }, names));
        Assert.DoesNotContain(await accounts.ListAsync(who.TenantId), a => a.AdministratorId == who.AdministratorId);
        Visitor.Says(await bob.PasswordAsync(email), "That did not work");
        // Their address is free, and whoever comes back by it is somebody else.
        var (again, _) = await Visitor.OfAsync(server, AdministratorRole.Support, email);
        Assert.Equal(2, (await accounts.NamesAsync(who.TenantId)).Count(n => n.Name is "Auditor (removed)" or "Support"));

        await server.RelayAsync();
        var housekeeping = server.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<Watchword.Server.Hosting.Housekeeping>().Single();
        server.Clock.Advance(TimeSpan.FromDays(29));
        await housekeeping.RunOnceAsync();
        Assert.Contains(await accounts.NamesAsync(who.TenantId), n => n.Id == who.AdministratorId);
        await server.Services.GetRequiredService<Watchword.Server.Administration.RetentionAdministration>().ChangeAsync(by, kept => kept with { AuditDays = 30 });
        await server.RelayAsync();
        server.Clock.Advance(TimeSpan.FromDays(1.5));
        await housekeeping.RunOnceAsync();
        Assert.DoesNotContain(await accounts.NamesAsync(who.TenantId), n => n.Id == who.AdministratorId);
        foreach (var visitor in new[] { ada, bob, again })
            visitor.Dispose();
    }

    [Fact]
    public async Task A_check_tells_how_far_it_has_come()
    {
        await using var server = await TestServer.StartAsync();
        var tenant = (await server.PeekAsync<string>("SELECT tenant_id FROM tenants"))!;
        await server.Database.WriteAsync(async db =>
        {
            for (var i = 0; i < 2500; i++)
                await new EventStore(db).AddAsync(new AuditEvent { TenantId = tenant, At = server.Clock.GetUtcNow(), Action = AuditAction.UserCreated, Actor = "system" });
        });
        var trail = server.Services.GetRequiredService<Watchword.Server.Administration.AuditTrail>();
        await trail.ReadAsync(tenant, new AuditLogQuery(), 1, CancellationToken.None);
        var told = new List<(long Done, long All)>();
        var report = await trail.VerifyAsync(tenant, null, (done, all) => told.Add((done, all)), CancellationToken.None);
        Assert.Empty(report.Faults);
        Assert.Equal([1000, 2000, report.Entries], told.Select(t => t.Done));
        Assert.All(told, t => Assert.Equal(report.Entries, t.All));
    }

    private static AuditEvent Event(string action = "", string actor = "", string app = "") =>
        new() { TenantId = "t", At = DateTimeOffset.UnixEpoch, Action = action, Actor = actor, AppId = app, Detail = "{}" };
}
