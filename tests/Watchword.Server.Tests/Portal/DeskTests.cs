using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Administration;
using Watchword.Server.Hosting;
using Watchword.Server.Portal.Accounts;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Portal;

/// <summary>What a sign-in is good for, for whom, and for how long.</summary>
public sealed class DeskTests
{
    [Fact]
    public async Task Every_page_is_forbidden_to_roles_without_its_permission_by_the_server_itself()
    {
        await using var server = await TestServer.StartAsync();
        var pages = Pages().ToList();
        Assert.Contains(pages, p => p.Path == "administrators");
        foreach (var role in Enum.GetValues<AdministratorRole>())
        {
            var (visitor, _) = await Visitor.OfAsync(server, role);
            foreach (var (path, permission) in pages)
            {
                var answer = await visitor.GetAsync(path);
                var expected = role.May(permission) ? HttpStatusCode.OK : HttpStatusCode.Forbidden;
                Assert.True(answer.StatusCode == expected, $"{role} at {path}: {(int)answer.StatusCode}");
                if (expected == HttpStatusCode.Forbidden)
                    Assert.Contains("Not for your role", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
            visitor.Dispose();
        }
        using var stranger = new Visitor(server);
        foreach (var (path, _) in pages)
            Assert.StartsWith("/admin/sign-in?then=", (await stranger.GetAsync(path)).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_page_says_what_it_needs_or_is_one_of_those_that_let_people_in()
    {
        string[] open = ["/sign-in", "/second-factor", "/join", "/enrol"];
        foreach (var type in PageTypes())
        {
            var route = type.GetCustomAttribute<RouteAttribute>()!.Template;
            if (open.Contains(route))
                Assert.NotNull(type.GetCustomAttribute<AllowAnonymousAttribute>());
            else
                Assert.True(type.GetCustomAttribute<NeedsAttribute>() is not null || route == "/account", $"{route} needs no permission");
        }
    }

    [Fact]
    public async Task A_sign_in_ends_after_the_idle_time_to_the_millisecond_and_use_prolongs_it()
    {
        await using var server = await TestServer.StartAsync(settings: ("Watchword:Portal:IdleMinutes", "20"));
        var (ada, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        await GoOnAsync(20);
        await GoOnAsync(20);
        server.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(HttpStatusCode.Redirect, (await ada.GetAsync("")).StatusCode);

        async Task GoOnAsync(int minutes)
        {
            server.Clock.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("")).StatusCode);
        }
    }

    [Fact]
    public async Task However_busy_a_sign_in_is_over_after_twelve_hours()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        for (var minutes = 25; minutes < 12 * 60; minutes += 25)
        {
            server.Clock.Advance(TimeSpan.FromMinutes(25));
            Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("")).StatusCode);
        }
        server.Clock.Advance(TimeSpan.FromMinutes(20) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("")).StatusCode);
        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.Redirect, (await ada.GetAsync("")).StatusCode);
    }

    [Fact]
    public async Task A_role_that_is_taken_away_counts_at_the_next_click_and_a_removed_administrator_is_out()
    {
        await using var server = await TestServer.StartAsync();
        var (owner, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Administrator);
        var who = (await server.Database.ReadAsync(db => new AdministratorStore(db).ByEmailAsync(email)))!;
        var accounts = server.Services.GetRequiredService<Administrators>();
        Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("administrators")).StatusCode);
        await accounts.ChangeRoleAsync(Author.Console(who.TenantId), who.AdministratorId, AdministratorRole.Support);
        Assert.Equal(HttpStatusCode.Forbidden, (await ada.GetAsync("administrators")).StatusCode);
        await accounts.RemoveAsync(Author.Console(who.TenantId), who.AdministratorId);
        Assert.Equal(HttpStatusCode.Redirect, (await ada.GetAsync("")).StatusCode);
        owner.Dispose();
    }

    [Fact]
    public async Task Signing_out_ends_the_sign_in_and_everywhere_ends_all()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        using var elsewhere = new Visitor(server);
        elsewhere.Take(ada);
        await elsewhere.SignInAsync(email);
        var stolen = elsewhere.Cookies.GetAllCookies().Single(c => c.Name == "watchword-portal").Value;

        var account = await (await elsewhere.GetAsync("account")).Content.ReadAsStringAsync();
        Assert.Contains("Where you are signed in", account, StringComparison.Ordinal);
        Visitor.Goes(await ada.SubmitAsync("account", "everywhere"), "sign-in?out=true");
        Assert.Equal(HttpStatusCode.Redirect, (await ada.GetAsync("")).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await elsewhere.GetAsync("")).StatusCode);
        using var thief = new Visitor(server);
        thief.Cookies.Add(new Uri(server.Url), new Cookie("watchword-portal", stolen));
        Assert.Equal(HttpStatusCode.Redirect, (await thief.GetAsync("")).StatusCode);
    }

    [Fact]
    public async Task Another_password_ends_all_other_sign_ins_and_wants_a_fresh_one()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        using var elsewhere = new Visitor(server);
        elsewhere.Take(ada);
        await elsewhere.SignInAsync(email);
        server.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.DoesNotContain("Form.Password", await (await ada.GetAsync("account")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await ada.SignInAsync(email);
        Visitor.Says(await ada.SubmitAsync("account", "password", ("Form.Current", Visitor.Password), ("Form.Password", "Password1234")), "first that an attacker would try");
        Visitor.Says(await ada.SubmitAsync("account", "password", ("Form.Password", "pewter lantern 17 gorse")), "The password that you have now was wrong");
        Visitor.Says(await ada.SubmitAsync("account", "password", ("Form.Current", Visitor.Password), ("Form.Password", "pewter lantern 17 gorse")), "The password was changed");
        Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("")).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await elsewhere.GetAsync("")).StatusCode);
        Visitor.Says(await elsewhere.PasswordAsync(email), "That did not work");
        await elsewhere.SignInAsync(email, "pewter lantern 17 gorse");
    }

    [Fact]
    public async Task Another_password_wants_the_present_one_and_guesses_at_it_count()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        for (var i = 0; i < 5; i++)
            Visitor.Says(await ada.SubmitAsync("account", "password", ("Form.Current", "not the password at all"), ("Form.Password", "pewter lantern 17 gorse")), "The password that you have now was wrong");
        Visitor.Says(await ada.SubmitAsync("account", "password", ("Form.Current", Visitor.Password), ("Form.Password", "pewter lantern 17 gorse")), "The password that you have now was wrong");
        Visitor.Says(await ada.PasswordAsync(email), "That did not work");
    }

    [Fact]
    public async Task What_makes_the_portal_somebodys_own_wants_a_sign_in_of_the_last_fifteen_minutes_to_the_millisecond()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        ada.Dispose();
        var session = (await server.Database.ReadAsync(async db =>
        {
            var who = (await new AdministratorStore(db).ByEmailAsync(email))!;
            return await new AdministratorSessionStore(db).ListAsync(who.TenantId, who.AdministratorId);
        }))[0];
        var desk = new Server.Portal.Desk(new Seated(session), server.Services.GetRequiredService<PortalSessions>());
        Permission[] wanting = [Permission.ChangeAdministrators, Permission.RotateSigningKeys];
        server.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(1));
        await desk.FreshAsync();
        foreach (var permission in Enum.GetValues<Permission>())
            await desk.AsAsync(permission);
        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await Assert.ThrowsAsync<Server.Portal.NotFreshException>(desk.FreshAsync);
        foreach (var permission in Enum.GetValues<Permission>())
        {
            if (wanting.Contains(permission))
                await Assert.ThrowsAsync<Server.Portal.NotFreshException>(() => desk.AsAsync(permission));
            else
                await desk.AsAsync(permission);
        }
    }

    [Fact]
    public async Task An_old_sign_in_changes_nothing_of_an_account_and_signing_in_again_leads_back()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        var fresh = await (await ada.GetAsync("account")).Content.ReadAsStringAsync();
        server.Clock.Advance(TimeSpan.FromMinutes(15));
        await ada.SubmitAsync("account", fresh, "codes");
        await ada.SubmitAsync("account", fresh, "password", ("Form.Current", Visitor.Password), ("Form.Password", "pewter lantern 17 gorse"));
        var stale = await (await ada.GetAsync("account")).Content.ReadAsStringAsync();
        Assert.Contains("href=\"sign-in?then=%2Fadmin%2Faccount\"", stale, StringComparison.Ordinal);
        Assert.Contains("sign in again first", stale, StringComparison.Ordinal);
        Visitor.Goes(await ada.SubmitAsync("sign-in?then=%2Fadmin%2Faccount", "sign-in", ("Form.Email", email), ("Form.Password", Visitor.Password)), "second-factor?then=%2Fadmin%2Faccount");
        Visitor.Goes(await ada.SubmitAsync("second-factor?then=%2Fadmin%2Faccount", "recovery", ("Typed.Code", ada.RecoveryCodes[0])), "/admin/account");
        Assert.Contains("9 of 10 are left", await (await ada.GetAsync("account")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_are_bound_to_this_host_and_pages_let_nothing_in_from_elsewhere()
    {
        await using var server = await TestServer.StartAsync(settings: ("Watchword:PublicUrl", "https://login.example.com"));
        var answer = await server.Http.GetAsync("/admin/sign-in");
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("__Host-watchword-portal-form=", cookie, StringComparison.Ordinal);
        foreach (var word in new[] { "path=/", "secure", "samesite=strict", "httponly" })
            Assert.Contains(word, cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        foreach (var page in new[] { "/admin/sign-in", "/admin/join", "/admin/nothing-here", "/admin/" })
        {
            var headers = (await server.Http.GetAsync(page)).Headers;
            var policy = headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.Equal("no-referrer", headers.GetValues("Referrer-Policy").Single());
            Assert.True(headers.CacheControl!.NoStore, page);
        }
    }

    [Fact]
    public void Passwords_are_hashed_as_slowly_as_is_advised()
    {
        var services = new ServiceCollection();
        Server.Portal.PortalRoom.Add(services, new Server.Portal.PortalOptions(), new Server.Tokens.Issuer("https://login.example.com"));
        Assert.Equal(210_000, services.BuildServiceProvider().GetRequiredService<IOptions<PasswordHasherOptions>>().Value.IterationCount);
    }

    [Fact]
    public async Task Switched_off_there_is_no_portal()
    {
        await using var server = await TestServer.StartAsync(settings: ("Watchword:Portal:Enabled", "false"));
        foreach (var path in new[] { "/admin", "/admin/sign-in", "/admin/_blazor/negotiate", "/admin/_framework/blazor.web.js" })
            Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task The_portal_and_the_Api_are_not_reached_through_each_others_addresses()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, _) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        Assert.Equal(HttpStatusCode.NotFound, (await ada.GetAsync("cis/v1/users")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/sign-in")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/_blazor/negotiate")).StatusCode);
        // A portal's cookie opens nothing in the API.
        var request = new HttpRequestMessage(HttpMethod.Get, server.Url + "/cis/v1/users");
        request.Headers.Add("Cookie", ada.Cookies.GetCookieHeader(new Uri(server.Url)));
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.Http.SendAsync(request)).StatusCode);
    }

    /// <summary>Whoever sits at a page.</summary>
    private sealed class Seated(AdministratorSession session) : Microsoft.AspNetCore.Components.Authorization.AuthenticationStateProvider
    {
        public override Task<Microsoft.AspNetCore.Components.Authorization.AuthenticationState> GetAuthenticationStateAsync() =>
            Task.FromResult(new Microsoft.AspNetCore.Components.Authorization.AuthenticationState(PortalIdentity.SignedIn(session)));
    }

    private static IEnumerable<Type> PageTypes() =>
        typeof(WatchwordHost).Assembly.GetTypes().Where(t => t.GetCustomAttribute<RouteAttribute>() is not null);

    private static IEnumerable<(string Path, Permission Permission)> Pages() =>
        from type in PageTypes()
        let needs = type.GetCustomAttribute<NeedsAttribute>()
        where needs is not null
        from route in type.GetCustomAttributes<RouteAttribute>()
        select (string.Join('/', route.Template.TrimStart('/').Split('/').Select(part => part.StartsWith('{') ? "00000000000000000000000000000000" : part)), Enum.Parse<Permission>(needs.Policy!));
}
