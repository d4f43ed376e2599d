using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Administration;
using Watchword.Server.Portal.Accounts;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Portal;

/// <summary>How somebody becomes an administrator, and how somebody stops being one.</summary>
public sealed class InvitationTests
{
    public static TheoryData<Engine> Engines => [Engine.Sqlite, Engine.Postgres];

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_set_up_code_makes_one_first_administrator_and_then_opens_nothing(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var tenant = await TenantAsync(server);
        var accounts = server.Services.GetRequiredService<Administrators>();
        var (one, other) = ((await accounts.SetUpCodeAsync(tenant))!, (await accounts.SetUpCodeAsync(tenant))!);
        var joined = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => JoinAsync(server, i % 2 == 0 ? one : other, $"first{i}@example.com")));
        Assert.Single(joined, j => j.Faults.Count == 0);
        // The one that was made last; a start shuts what was open before.
        Assert.Equal(1, Array.FindIndex(joined, j => j.Faults.Count == 0) % 2);
        Assert.All(joined.Where(j => j.Faults.Count > 0), j => Assert.Contains("code", j.Faults[0] + "code", StringComparison.Ordinal));
        Assert.Equal(AdministratorRole.Owner, joined.Single(j => j.Value is not null).Value!.Role);
        Assert.Null(await accounts.SetUpCodeAsync(tenant));
        Assert.Single(await accounts.ListAsync(tenant));
    }

    [Fact]
    public async Task As_long_as_nobody_can_sign_in_the_way_leads_to_becoming_the_first()
    {
        await using var server = await TestServer.StartAsync();
        using var visitor = new Visitor(server);
        Visitor.Goes(await visitor.GetAsync("sign-in"), "join");
        var (ada, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        ada.Dispose();
        Assert.Equal(System.Net.HttpStatusCode.OK, (await visitor.GetAsync("sign-in")).StatusCode);
    }

    [Fact]
    public async Task A_set_up_code_is_open_for_a_day_to_the_millisecond()
    {
        await using var server = await TestServer.StartAsync();
        var code = (await server.Services.GetRequiredService<Administrators>().SetUpCodeAsync(await TenantAsync(server)))!;
        server.Clock.Advance(TimeSpan.FromHours(24));
        Assert.NotEmpty((await JoinAsync(server, code)).Faults);
        var next = (await server.Services.GetRequiredService<Administrators>().SetUpCodeAsync(await TenantAsync(server)))!;
        server.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromMilliseconds(1));
        Assert.Empty((await JoinAsync(server, next)).Faults);
    }

    [Fact]
    public async Task The_configured_password_is_for_the_configured_address_once()
    {
        await using var server = await TestServer.StartAsync(
            settings: [("Watchword:Bootstrap:AdminEmail", "Ada@Example.com"), ("Watchword:Bootstrap:AdminPassword", "one-time-password-0123")]);
        await server.RestartAsync();
        Assert.NotEmpty((await JoinAsync(server, "one-time-password-0123", "eve@example.com")).Faults);
        Assert.NotEmpty((await JoinAsync(server, "one-time-password-0124", "ada@example.com")).Faults);
        Assert.Empty((await JoinAsync(server, "one-time-password-0123", "ada@example.com")).Faults);
        Assert.NotEmpty((await JoinAsync(server, "one-time-password-0123", "ada@example.com")).Faults);
        await server.RestartAsync();
        Assert.NotEmpty((await JoinAsync(server, "one-time-password-0123", "ada@example.com")).Faults);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_configured_password_opens_nothing_after_a_day_or_a_start_without_it(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var accounts = server.Services.GetRequiredService<Administrators>();
        const string Configured = "one-time-password-0123";
        await accounts.SetUpCodeAsync(await TenantAsync(server), "ada@example.com", Configured);
        await accounts.SetUpCodeAsync(await TenantAsync(server));
        Assert.NotEmpty((await JoinAsync(server, Configured)).Faults);
        await accounts.SetUpCodeAsync(await TenantAsync(server), "ada@example.com", Configured);
        server.Clock.Advance(Administrators.SetUpLife);
        Assert.NotEmpty((await JoinAsync(server, Configured)).Faults);
        // Nodes that start at once.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => accounts.SetUpCodeAsync(TenantOf(), "ada@example.com", Configured)));
        Assert.Empty((await JoinAsync(server, Configured)).Faults);

        string TenantOf() => TenantAsync(server).GetAwaiter().GetResult();
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_invitation_is_for_one_address_once_and_for_three_days(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var (owner, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        owner.Dispose();
        var accounts = server.Services.GetRequiredService<Administrators>();
        var by = Author.Console(await TenantAsync(server));
        var code = (await accounts.InviteAsync(by, "grace@example.com", AdministratorRole.Support)).Value!.Code;
        Assert.NotEmpty((await JoinAsync(server, code, "eve@example.com")).Faults);
        server.Clock.Advance(Administrators.InvitationLife - TimeSpan.FromMilliseconds(1));
        var joined = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => JoinAsync(server, code, "grace@example.com")));
        Assert.Equal(AdministratorRole.Support, joined.Single(j => j.Faults.Count == 0).Value!.Role);

        var late = (await accounts.InviteAsync(by, "late@example.com", AdministratorRole.Support)).Value!.Code;
        server.Clock.Advance(Administrators.InvitationLife);
        Assert.NotEmpty((await JoinAsync(server, late, "late@example.com")).Faults);
        var withdrawn = (await accounts.InviteAsync(by, "gone@example.com", AdministratorRole.Support)).Value!;
        Assert.True(await accounts.WithdrawAsync(by, withdrawn.Invitation.InvitationId));
        Assert.NotEmpty((await JoinAsync(server, withdrawn.Code, "gone@example.com")).Faults);
        var first = (await accounts.InviteAsync(by, "twice@example.com", AdministratorRole.Owner)).Value!;
        await accounts.InviteAsync(by, "twice@example.com", AdministratorRole.Support);
        Assert.NotEmpty((await JoinAsync(server, first.Code, "twice@example.com")).Faults);
    }

    [Fact]
    public async Task A_way_back_in_replaces_password_factors_and_sign_ins()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        var invited = await server.Services.GetRequiredService<Administrators>().InviteAsync(Author.Console(await TenantAsync(server)), email, AdministratorRole.Auditor);
        Assert.Equal(AdministratorRole.Owner, invited.Value!.Invitation.Role);
        Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("")).StatusCode);
        using var back = new Visitor(server);
        await back.JoinAsync(invited.Value.Code, email);
        Visitor.Goes(await ada.GetAsync(""), "/admin/sign-in?then=%2Fadmin%2F");
        server.Clock.Advance(TimeSpan.FromSeconds(30));
        using var thief = new Visitor(server);
        Visitor.Goes(await thief.PasswordAsync(email), "second-factor");
        Visitor.Says(await thief.TotpAsync(ada.Code()), "That did not work");
        Visitor.Says(await thief.SubmitAsync("second-factor", "recovery", ("Typed.Code", ada.RecoveryCodes[0])), "That did not work");
        Visitor.Goes(await thief.TotpAsync(back.Code()), "/admin/");
    }

    [Fact]
    public async Task An_address_is_an_administrator_in_one_tenant_only()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        ada.Dispose();
        var other = (await server.Services.GetRequiredService<ApplicationAdministration>().CreateTenantAsync("other")).Value!.Client.TenantId;
        var refused = await server.Services.GetRequiredService<Administrators>().InviteAsync(Author.Console(other), email.ToUpperInvariant(), AdministratorRole.Support);
        Assert.NotEmpty(refused.Faults);
        Assert.Empty(await server.Services.GetRequiredService<Administrators>().ListAsync(other));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_tenant_keeps_an_owner_whoever_removes_whom_at_once(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var tenant = await TenantAsync(server);
        var accounts = server.Services.GetRequiredService<Administrators>();
        var ids = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            var (visitor, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
            visitor.Dispose();
            ids.Add((await server.Database.ReadAsync(db => new AdministratorStore(db).ByEmailAsync(email)))!.AdministratorId);
        }
        var by = Author.Console(tenant);
        await Task.WhenAll(accounts.RemoveAsync(by, ids[0]), accounts.RemoveAsync(by, ids[1]));
        var left = Assert.Single(await accounts.ListAsync(tenant));
        Assert.NotEmpty((await accounts.RemoveAsync(by, left.AdministratorId))!.Value.Faults);
        Assert.NotEmpty((await accounts.ChangeRoleAsync(by, left.AdministratorId, AdministratorRole.Auditor))!.Value.Faults);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Links_of_an_owner_who_is_one_no_more_open_nothing(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var accounts = server.Services.GetRequiredService<Administrators>();
        var (ada, bob, carol) = (await AddAsync("ada@example.com"), await AddAsync("bob@example.com"), await AddAsync("carol@example.com"));
        var (byAda, byBob, byCarol) = (By(ada), By(bob), By(carol));
        var reset = (await accounts.InviteAsync(byBob, "ada@example.com", AdministratorRole.Owner)).Value!.Code;
        var another = (await accounts.InviteAsync(byBob, "bob.too@example.com", AdministratorRole.Owner)).Value!.Code;
        var carols = (await accounts.InviteAsync(byCarol, "carol.too@example.com", AdministratorRole.Owner)).Value!.Code;
        var good = (await accounts.InviteAsync(byAda, "grace@example.com", AdministratorRole.Support)).Value!.Code;

        Assert.True((await accounts.RemoveAsync(byAda, bob.AdministratorId))!.Value.Value);
        Assert.Empty((await accounts.ChangeRoleAsync(byAda, carol.AdministratorId, AdministratorRole.Administrator))!.Value.Faults);
        Assert.Equal(["grace@example.com"], (await accounts.InvitationsAsync(ada.TenantId)).Select(i => i.Email));
        // Made a moment after the removal, by a click that was under way.
        var late = (await accounts.InviteAsync(byBob, "late@example.com", AdministratorRole.Owner)).Value!.Code;
        var later = (await accounts.InviteAsync(byCarol, "ada@example.com", AdministratorRole.Owner)).Value!.Code;
        foreach (var (code, email) in new[] { (reset, "ada@example.com"), (another, "bob.too@example.com"), (carols, "carol.too@example.com"), (late, "late@example.com"), (later, "ada@example.com") })
            Assert.NotEmpty((await JoinAsync(server, code, email)).Faults);
        Assert.Empty((await JoinAsync(server, good, "grace@example.com")).Faults);

        async Task<Administrator> AddAsync(string email)
        {
            var code = (await accounts.InviteAsync(Author.Console(await TenantAsync(server)), email, AdministratorRole.Owner)).Value!.Code;
            return (await JoinAsync(server, code, email)).Value!;
        }

        static Author By(Administrator who) => Author.Administrator(who.TenantId, who.AdministratorId, null);
    }

    [Theory]
    [InlineData("too short", "orchard 93")]
    [InlineData("what everybody tries first", "Password1234")]
    [InlineData("a word again and again", "qwertyqwertyqwerty")]
    [InlineData("their own name and address", "AdaLovelace2026ada")]
    [InlineData("the product", "watchwordwatchword1")]
    [InlineData("one letter", "aaaaaaaaaaaaaaaa")]
    public void A_password_that_is_tried_first_is_refused(string reason, string password)
    {
        Assert.NotEmpty(reason);
        Assert.NotNull(PasswordRules.Fault(Ada, password));
    }

    [Theory]
    [InlineData("orchard kettle 93 violin")]
    [InlineData("Zm9vYmFyYmF6cXV4")]
    [InlineData("möwen über dem watt")]
    public void A_long_one_of_its_own_is_taken(string password) => Assert.Null(PasswordRules.Fault(Ada, password));

    private static Administrator Ada => new() { TenantId = "t", AdministratorId = "a", Email = "ada@example.com", Name = "Ada Lovelace", Role = AdministratorRole.Owner };

    private static async Task<string> TenantAsync(TestServer server) => (await server.Database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync()))!;

    private static async Task<Change<Administrator>> JoinAsync(TestServer server, string code, string email = "ada@example.com")
    {
        await using var scope = server.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<Enrolment>().JoinAsync(code, email, "Ada", Visitor.Password, null, CancellationToken.None);
    }
}
