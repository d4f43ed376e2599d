using System.Net;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Administration;
using Watchword.Server.Portal.Accounts;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Events;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Portal;

public sealed class SignInOnSqlite(SqliteServer shared) : SignInTests(shared), IClassFixture<SqliteServer>;

public sealed class SignInOnPostgres(PostgresServer shared) : SignInTests(shared), IClassFixture<PostgresServer>;

/// <summary>Who gets into the portal, and who does not.</summary>
public abstract class SignInTests(SharedServer shared)
{
    private const string Wrong = "That did not work";

    private TestServer Server => shared.Server;

    [Fact]
    public async Task Password_and_app_open_the_portal_and_either_alone_does_not()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("")).StatusCode);

        using var visitor = new Visitor(Server);
        Visitor.Goes(await visitor.GetAsync("administrators"), "/admin/sign-in?then=%2Fadmin%2Fadministrators");
        Visitor.Goes(await visitor.GetAsync("second-factor"), "sign-in");
        Visitor.Says(await visitor.PasswordAsync(email, "not the password at all"), Wrong);
        Visitor.Says(await visitor.PasswordAsync("nobody@example.com"), Wrong);
        Visitor.Says(await visitor.PasswordAsync("no address"), Wrong);
        Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
        Visitor.Goes(await visitor.GetAsync("administrators"), "/admin/sign-in?then=%2Fadmin%2Fadministrators");
        Visitor.Goes(await visitor.GetAsync("enrol"), "sign-in");
        Server.Clock.Advance(TimeSpan.FromSeconds(30));
        Visitor.Says(await visitor.TotpAsync("000000"), Wrong);
        Visitor.Goes(await visitor.TotpAsync(ada.Code()), "/admin/");
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("")).StatusCode);
        Visitor.Goes(await visitor.GetAsync("second-factor"), "sign-in");
    }

    [Fact]
    public async Task A_code_of_an_app_opens_once_even_for_twenty_at_the_same_instant()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        Server.Clock.Advance(TimeSpan.FromSeconds(30));
        var code = ada.Code();
        var who = await WhoAsync(email);
        var verdicts = await Task.WhenAll(Enumerable.Range(0, SignInTries.Most).Select(_ => TryAsync(signIn => signIn.TotpAsync(who, code, null))));
        Assert.Single(verdicts, SignInVerdict.Right);
    }

    [Fact]
    public async Task A_recovery_code_opens_once()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Auditor);
        var code = ada.RecoveryCodes[3];
        using var first = new Visitor(Server);
        Visitor.Goes(await first.PasswordAsync(email), "second-factor");
        Visitor.Goes(await first.SubmitAsync("second-factor", "recovery", ("Typed.Code", code.ToLowerInvariant())), "/admin/");
        using var second = new Visitor(Server);
        Visitor.Goes(await second.PasswordAsync(email), "second-factor");
        Visitor.Says(await second.SubmitAsync("second-factor", "recovery", ("Typed.Code", code)), Wrong);
        Visitor.Says(await second.SubmitAsync("second-factor", "recovery", ("Typed.Code", "ABCD-EFGH-IJKL-MNOP")), Wrong);
        var who = await WhoAsync(email);
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TryAsync(signIn => signIn.RecoveryCodeAsync(who, ada.RecoveryCodes[4], null))));
        Assert.Single(verdicts, SignInVerdict.Right);
    }

    [Fact]
    public async Task Five_wrong_tries_shut_the_door_for_fifteen_minutes_to_the_millisecond()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Support);
        using var visitor = new Visitor(Server);
        for (var i = 0; i < 5; i++)
            Visitor.Says(await visitor.PasswordAsync(email, "not the password at all"), Wrong);
        Visitor.Says(await visitor.PasswordAsync(email), Wrong);
        Server.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(1));
        Visitor.Says(await visitor.PasswordAsync(email), Wrong);
        Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        visitor.Take(ada);
        await visitor.SignInAsync(email);
    }

    [Fact]
    public async Task Five_wrong_codes_shut_the_second_door_for_fifteen_minutes_and_a_right_password_gives_none_back()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Support);
        using var visitor = new Visitor(Server);
        for (var i = 0; i < 5; i++)
        {
            Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
            Visitor.Says(await visitor.TotpAsync("000000"), Wrong);
        }
        Server.Clock.Advance(TimeSpan.FromSeconds(30));
        Visitor.Says(await visitor.TotpAsync(ada.Code()), Wrong);
        Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
        Visitor.Says(await visitor.TotpAsync(ada.Code()), Wrong);
        Server.Clock.Advance(TimeSpan.FromMinutes(15));
        visitor.Take(ada);
        await visitor.SignInAsync(email);
    }

    [Fact]
    public async Task Signing_in_and_giving_up_does_not_lock_anybody_out()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Support);
        using var visitor = new Visitor(Server);
        for (var i = 0; i < 7; i++)
            Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
        visitor.Take(ada);
        await visitor.SignInAsync(email);
    }

    [Fact]
    public async Task A_hundred_wrong_passwords_at_once_are_five_that_are_compared()
    {
        var (_, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => TryAsync(async signIn => (await signIn.PasswordAsync(email, "not the password at all", new DefaultHttpContext())).Verdict)));
        var entries = await EntriesAsync(email);
        Assert.Equal(5, entries.Count(e => e.Action == AuditAction.AdministratorSignInFailed));
        Assert.Single(entries, e => e.Action == AuditAction.AdministratorLocked);
        // Nobody has shown that it was the administrator.
        Assert.All(entries.Where(e => e.Action is AuditAction.AdministratorSignInFailed or AuditAction.AdministratorLocked), e => Assert.Equal("system", e.Actor));
        Assert.Equal(SignInVerdict.Refused, await TryAsync(async signIn => (await signIn.PasswordAsync(email, Visitor.Password, new DefaultHttpContext())).Verdict));
    }

    [Fact]
    public async Task A_hundred_wrong_second_factors_in_a_row_shut_the_door_until_an_owner_opens_it()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Support);
        var who = await WhoAsync(email);
        using var visitor = new Visitor(Server);
        visitor.Take(ada);
        await GuessAsync(99);
        await visitor.SignInAsync(email);
        await GuessAsync(99);
        // Wrong passwords of a stranger are something else, and a right one gives nothing back.
        using var stranger = new Visitor(Server);
        for (var i = 0; i < 5; i++)
            Visitor.Says(await stranger.PasswordAsync(email, "not the password at all"), Wrong);
        Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
        Assert.Equal(99, (await WhoAsync(email)).WrongFactors);
        await GuessAsync(1);
        Assert.Equal(100, (await WhoAsync(email)).WrongFactors);
        Server.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Equal(SignInVerdict.Refused, await TryAsync(async signIn => await signIn.TotpAsync(await WhoAsync(email), ada.Code(), null)));
        Assert.Equal(SignInVerdict.Refused, await TryAsync(signIn => signIn.RecoveryCodeAsync(who, ada.RecoveryCodes[0], null)));
        Assert.True((await WhoAsync(email)).IsLocked(Server.Clock.GetUtcNow()));
        Assert.True(await Administrators.UnlockAsync(Author.Console(who.TenantId), who.AdministratorId));
        await visitor.SignInAsync(email);
        await GuessAsync(100);
        var code = (await Administrators.InviteAsync(Author.Console(who.TenantId), email, AdministratorRole.Support)).Value!.Code;
        await visitor.JoinAsync(code, email);
        Assert.Equal(0, (await WhoAsync(email)).WrongFactors);

        async Task GuessAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                if (i % 5 == 0)
                    Server.Clock.Advance(SignInTries.LockDuration);
                Assert.Equal(SignInVerdict.Refused, await TryAsync(signIn => signIn.TotpAsync(who, "000000", null)));
            }
            Server.Clock.Advance(SignInTries.LockDuration);
        }
    }

    [Fact]
    public async Task The_dashboard_tells_of_a_right_password_with_wrong_second_factors()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        var who = (await server.Database.ReadAsync(db => new AdministratorStore(db).ByEmailAsync(email)))!;
        using var thief = new Visitor(server);
        for (var i = 0; i < 5; i++)
        {
            Assert.DoesNotContain(await ReadAsync(), item => item.Place == AttentionPlace.Administrators);
            Visitor.Goes(await thief.PasswordAsync(email), "second-factor");
            Visitor.Says(await thief.TotpAsync("000000"), Wrong);
        }
        Assert.Contains(await ReadAsync(), item => item.Place == AttentionPlace.Administrators);
        server.Clock.Advance(SignInTries.LockDuration);
        await ada.SignInAsync(email);
        Assert.DoesNotContain(await ReadAsync(), item => item.Place == AttentionPlace.Administrators);

        Task<IReadOnlyList<AttentionItem>> ReadAsync() => server.Services.GetRequiredService<Attention>().ReadAsync(who.TenantId);
    }

    [Fact]
    public async Task A_stranger_who_locks_an_address_locks_it_for_strangers_only()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        var (other, _) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        using var stranger = new Visitor(Server);
        for (var i = 0; i < 6; i++)
            Visitor.Says(await stranger.PasswordAsync(email, "not the password at all"), Wrong);
        Visitor.Says(await stranger.PasswordAsync(email), Wrong);
        // Another administrator's browser is a stranger's.
        Visitor.Says(await other.PasswordAsync(email), Wrong);
        await ada.SignInAsync(email);

        for (var i = 0; i < 5; i++)
            Visitor.Says(await ada.PasswordAsync(email, "not the password at all"), Wrong);
        Visitor.Says(await ada.PasswordAsync(email), Wrong);
        stranger.Take(ada);
        await stranger.SignInAsync(email);
        Server.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(31));
        Visitor.Says(await ada.PasswordAsync(email), Wrong);
        Server.Clock.Advance(TimeSpan.FromSeconds(1));
        Visitor.Goes(await ada.PasswordAsync(email), "second-factor");
        other.Dispose();
    }

    [Fact]
    public async Task A_known_browser_has_five_tries_of_its_own_even_for_a_hundred_at_once()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => TryAsync(async signIn => (await signIn.PasswordAsync(email, "not the password at all", From(ada))).Verdict)));
        Assert.Equal(5, (await EntriesAsync(email)).Count(e => e.Action == AuditAction.AdministratorSignInFailed));
        Assert.Null((await WhoAsync(email)).LockedUntil);
        Assert.Equal(SignInVerdict.Refused, await TryAsync(async signIn => (await signIn.PasswordAsync(email, Visitor.Password, From(ada))).Verdict));
        Assert.Equal(SignInVerdict.Right, await TryAsync(async signIn => (await signIn.PasswordAsync(email, Visitor.Password, new DefaultHttpContext())).Verdict));
    }

    [Theory]
    [InlineData("signed out everywhere")]
    [InlineData("new password")]
    [InlineData("way back in")]
    [InlineData("half a year")]
    public async Task A_browser_is_known_no_more_after(string what)
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        var who = await WhoAsync(email);
        Assert.NotNull(await DeviceAsync());
        switch (what)
        {
            case "signed out everywhere":
                await Administrators.SignOutEverywhereAsync(Author.Console(who.TenantId), who.AdministratorId);
                break;
            case "new password":
                Visitor.Says(await ada.SubmitAsync("account", "password", ("Form.Current", Visitor.Password), ("Form.Password", "pewter lantern 17 gorse")), "The password was changed");
                break;
            case "way back in":
                using (var back = new Visitor(Server))
                    await back.JoinAsync((await Administrators.InviteAsync(Author.Console(who.TenantId), email, AdministratorRole.Owner)).Value!.Code, email);
                break;
            default:
                Server.Clock.Advance(DeviceStore.Life - TimeSpan.FromMilliseconds(1));
                Assert.NotNull(await DeviceAsync());
                Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
                break;
        }
        Assert.Null(await DeviceAsync());

        async Task<string?> DeviceAsync()
        {
            await using var scope = Server.Services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<SignIn>().DeviceAsync(who, From(ada));
        }
    }

    [Fact]
    public void The_cookie_of_a_known_browser_is_bound_to_this_host_and_to_one_administrator()
    {
        var cookie = new DeviceCookie(new EphemeralDataProtectionProvider(), new Server.Tokens.Issuer("https://login.example.com"));
        Administrator ada = new() { TenantId = "t", AdministratorId = "ada", Email = "ada@example.com", Name = "Ada", Role = AdministratorRole.Owner };
        Administrator eve = new() { TenantId = "t", AdministratorId = "eve", Email = "eve@example.com", Name = "Eve", Role = AdministratorRole.Owner };
        var http = new DefaultHttpContext();
        cookie.Write(http, ada, "device");
        var set = http.Response.Headers.SetCookie.ToString();
        Assert.StartsWith("__Host-watchword-portal-device=", set, StringComparison.Ordinal);
        foreach (var word in new[] { "path=/", "secure", "samesite=strict", "httponly", "max-age=15552000" })
            Assert.Contains(word, set, StringComparison.OrdinalIgnoreCase);
        var next = new DefaultHttpContext();
        next.Request.Headers.Cookie = set.Split(';')[0];
        Assert.Equal("device", cookie.Read(next, ada));
        Assert.Null(cookie.Read(next, eve));
        next.Request.Headers.Cookie = set.Split(';')[0] + "x";
        Assert.Null(cookie.Read(next, ada));
    }

    [Fact]
    public async Task A_refused_password_is_answered_on_a_beat_whoever_is_meant()
    {
        await using var server = await TestServer.StartAsync(configure: builder => builder.Services.AddSingleton(new RefusalPace(RefusalPace.Usual)));
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        ada.Dispose();
        for (var i = 0; i < 7; i++)
        {
            foreach (var (tried, password) in new[] { (email, "not the password at all"), ("nobody@example.com", "not the password at all"), ("no address", "x"), (email, "") })
            {
                await using var scope = server.Services.CreateAsyncScope();
                var answer = scope.ServiceProvider.GetRequiredService<SignIn>().PasswordAsync(tried, password, new DefaultHttpContext());
                server.Clock.Advance(TimeSpan.FromMilliseconds(499));
                await Task.Delay(50);
                Assert.False(answer.IsCompleted, tried);
                server.Clock.Advance(TimeSpan.FromMilliseconds(1));
                Assert.Equal(SignInVerdict.Refused, (await answer.WaitAsync(TimeSpan.FromSeconds(30))).Verdict);
            }
        }
        // What took longer waits for the next beat.
        var slow = new RefusalPace(RefusalPace.Usual).WaitAsync(server.Clock, server.Clock.GetTimestamp() - (server.Clock.TimestampFrequency * 6 / 10), CancellationToken.None);
        server.Clock.Advance(TimeSpan.FromMilliseconds(399));
        Assert.False(slow.IsCompleted);
        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await slow.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_flood_of_passwords_is_told_to_come_back_and_counts_against_nobody()
    {
        await using var server = await TestServer.StartAsync();
        var (ada, email) = await Visitor.OfAsync(server, AdministratorRole.Owner);
        var bench = server.Services.GetRequiredService<PasswordBench>();
        var end = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var gone = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, PasswordBench.MostWaiting + 1).Select(i => WaitAsync(i == 0 ? CancellationToken.None : gone.Token)).ToList();
        Assert.Throws<BenchFullException>(bench.Enter);
        using var visitor = new Visitor(server);
        for (var i = 0; i < 6; i++)
        {
            var answer = await visitor.PasswordAsync(email);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "10"), (answer.StatusCode, answer.Headers.RetryAfter!.ToString()));
            Assert.Contains("Try again in ten seconds", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        var change = await ada.SubmitAsync("account", "password", ("Form.Current", Visitor.Password), ("Form.Password", "pewter lantern 17 gorse"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, change.StatusCode);
        // Whoever hangs up leaves the queue.
        await gone.CancelAsync();
        foreach (var left in waiting.Skip(1))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        end.SetResult(0);
        await waiting[0];
        visitor.Take(ada);
        await visitor.SignInAsync(email);

        async Task WaitAsync(CancellationToken cancellation)
        {
            using var turn = bench.Enter();
            await turn.RunAsync(() => end.Task, cancellation);
        }
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::9", "2001:db8:1:2::/64")]
    [InlineData("fe80::1%3", "fe80::/64")]
    [InlineData(null, "")]
    public void Tries_are_limited_by_what_a_stranger_has_of_addresses(string? address, string together) =>
        Assert.Equal(together, PortalSessions.NetworkText(address is null ? null : IPAddress.Parse(address)));

    [Fact]
    public async Task An_owner_can_open_the_door_again()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Support);
        using var visitor = new Visitor(Server);
        for (var i = 0; i < 5; i++)
            await visitor.PasswordAsync(email, "not the password at all");
        var who = await WhoAsync(email);
        Assert.True(await Administrators.UnlockAsync(Author.Console(who.TenantId), who.AdministratorId));
        visitor.Take(ada);
        await visitor.SignInAsync(email);
    }

    [Fact]
    public async Task Between_password_and_code_are_ten_minutes_to_the_second()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Support);
        using var visitor = new Visitor(Server);
        Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
        Server.Clock.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("second-factor")).StatusCode);
        Server.Clock.Advance(TimeSpan.FromSeconds(2));
        Visitor.Goes(await visitor.GetAsync("second-factor"), "sign-in");
        ada.Dispose();
    }

    [Fact]
    public async Task A_right_password_leads_in_once_and_not_past_a_sign_out_everywhere_or_another_password()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        var who = await WhoAsync(email);
        using var visitor = new Visitor(Server);
        visitor.Take(ada);
        Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
        using var thief = Copy(visitor);
        using var twin = Copy(visitor);
        Assert.Equal(HttpStatusCode.OK, (await thief.GetAsync("second-factor")).StatusCode);
        // Two factors at once, one way in.
        Server.Clock.Advance(TimeSpan.FromSeconds(30));
        var answers = await Task.WhenAll(visitor.TotpAsync(visitor.Code()), twin.SubmitAsync("second-factor", "recovery", ("Typed.Code", ada.RecoveryCodes[0])));
        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.Redirect && a.Headers.Location!.OriginalString.EndsWith("/admin/", StringComparison.Ordinal));
        Visitor.Goes(await thief.GetAsync("second-factor"), "sign-in");

        Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
        using var everywhere = Copy(visitor);
        Assert.True(await Administrators.SignOutEverywhereAsync(Author.Console(who.TenantId), who.AdministratorId));
        Visitor.Goes(await everywhere.GetAsync("second-factor"), "sign-in");

        // Ended while the factor was being checked.
        Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
        var read = await WhoAsync(email);
        await Administrators.SignOutEverywhereAsync(Author.Console(who.TenantId), who.AdministratorId);
        var sessions = Server.Services.GetRequiredService<PortalSessions>();
        Assert.Null(await sessions.BeginAsync(read, new(read.TenantId, read.AdministratorId, Stage.SecondFactor, "one", read.Epoch), "totp", null, "", "device", null));
        read = await WhoAsync(email);
        Assert.NotNull(await sessions.BeginAsync(read, new(read.TenantId, read.AdministratorId, Stage.SecondFactor, "two", read.Epoch), "totp", null, "", "device", null));
        Assert.Null(await sessions.BeginAsync(read, new(read.TenantId, read.AdministratorId, Stage.SecondFactor, "two", read.Epoch), "totp", null, "", "device", null));

        Visitor.Goes(await visitor.PasswordAsync(email), "second-factor");
        var code = (await Administrators.InviteAsync(Author.Console(who.TenantId), email, AdministratorRole.Owner)).Value!.Code;
        using var back = new Visitor(Server);
        await back.JoinAsync(code, email);
        Visitor.Goes(await visitor.GetAsync("second-factor"), "sign-in");
        ada.Dispose();
    }

    [Fact]
    public async Task A_passkeys_challenge_is_answered_once_even_by_twenty_at_the_same_instant()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        var who = await WhoAsync(email);
        await using var scope = Server.Services.CreateAsyncScope();
        var challenges = scope.ServiceProvider.GetRequiredService<PasskeyState>();
        var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        var (options, state) = await challenges.CreationAsync(who, http);
        Assert.Contains("challenge", options, StringComparison.Ordinal);
        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => challenges.TakeAsync(who, state))));
        Assert.Single(taken, t => t is not null);
        Assert.Null(await challenges.TakeAsync(who, state));
        ada.Dispose();
    }

    [Fact]
    public async Task What_was_used_up_is_forgotten_once_it_is_old_and_not_before()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        var who = await WhoAsync(email);
        await Server.Database.WriteAsync(db => OneTime.SignInStep.ConsumeAsync(db, new { tenant = who.TenantId, id = "mine", expires = Server.Clock.GetUtcNow().AddMinutes(10).ToUnixTimeMilliseconds() }));
        await HouseholdAsync(TimeSpan.FromMinutes(15));
        Assert.True(await Server.Database.ReadAsync(db => new SignInStepStore(db).IsUsedAsync(who.TenantId, "mine")));
        await HouseholdAsync(TimeSpan.FromMilliseconds(1));
        Assert.False(await Server.Database.ReadAsync(db => new SignInStepStore(db).IsUsedAsync(who.TenantId, "mine")));
        ada.Dispose();

        Task HouseholdAsync(TimeSpan later)
        {
            Server.Clock.Advance(later);
            return Server.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<Watchword.Server.Hosting.Housekeeping>().Single().RunOnceAsync();
        }
    }

    [Fact]
    public async Task A_second_password_in_the_same_browser_ends_the_sign_in_before()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        using var copy = Copy(ada);
        Assert.Equal(HttpStatusCode.OK, (await copy.GetAsync("")).StatusCode);
        await ada.SignInAsync(email);
        Assert.Equal(HttpStatusCode.OK, (await ada.GetAsync("")).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await copy.GetAsync("")).StatusCode);
    }

    [Fact]
    public async Task Whoever_signs_in_goes_to_a_page_of_the_portal_and_nowhere_else()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Support);
        foreach (var (then, goes) in new[] { ("/admin/users?x=1", "/admin/users?x=1"), ("https://evil.example/", "/admin/"), ("//evil.example", "/admin/"), ("/admin//evil.example", "/admin/"), ("/admin/\\evil.example", "/admin/"), ("/cis/v1/users", "/admin/") })
        {
            using var visitor = new Visitor(Server);
            var at = "?then=" + Uri.EscapeDataString(then);
            Visitor.Goes(await visitor.SubmitAsync("sign-in" + at, "sign-in", ("Form.Email", email), ("Form.Password", Visitor.Password)), "second-factor" + at);
            Server.Clock.Advance(TimeSpan.FromSeconds(30));
            Visitor.Goes(await visitor.SubmitAsync("second-factor" + at, "totp", ("Typed.Code", ada.Code())), goes);
        }
    }

    [Fact]
    public async Task A_form_without_its_token_is_refused()
    {
        using var visitor = new Visitor(Server);
        var (_, email) = await Visitor.OfAsync(Server, AdministratorRole.Support);
        var answer = await visitor.SubmitAsync("sign-in", "sign-in", ("Form.Email", email), ("Form.Password", Visitor.Password), ("__RequestVerificationToken", ""));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("This form is too old", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_thirty_tries_a_minute_from_one_address_are_not_looked_at()
    {
        using var visitor = new Visitor(Server);
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 31; i++)
            statuses.Add((await visitor.PasswordAsync("nobody@example.com")).StatusCode);
        Assert.Equal(30, statuses.Count(s => s == HttpStatusCode.OK));
        Assert.Equal(HttpStatusCode.TooManyRequests, statuses[^1]);
        using var neighbour = new Visitor(Server);
        Visitor.Says(await neighbour.PasswordAsync("nobody@example.com"), Wrong);
    }

    [Fact]
    public async Task What_happened_at_the_door_is_in_the_audit_log_and_no_secret_is_anywhere()
    {
        var (ada, email) = await Visitor.OfAsync(Server, AdministratorRole.Owner);
        using var visitor = new Visitor(Server);
        visitor.Take(ada);
        await visitor.SignInAsync(email);
        var code = visitor.Code();
        await visitor.SubmitAsync("account", "everywhere");
        var actions = (await EntriesAsync(email)).Select(e => e.Action).ToList();
        foreach (var expected in new[] { AuditAction.AdministratorJoined, AuditAction.AdministratorFactorsChanged, AuditAction.AdministratorSignedIn, AuditAction.AdministratorSignedOutEverywhere })
            Assert.Contains(expected, actions);
        var everything = string.Join('\n', (await Server.ColumnsAsync()).Select(c => Encoding.Latin1.GetString(c.Bytes))) + string.Join('\n', Server.Logs.Lines);
        foreach (var secret in new[] { Visitor.Password, code, Convert.ToBase64String(ada.TotpKey), TypedCode.Base32(ada.TotpKey), ada.RecoveryCodes[0], ada.RecoveryCodes[0].Replace("-", "", StringComparison.Ordinal) })
            Assert.DoesNotContain(secret, everything, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(email, string.Join('\n', Server.Logs.Lines), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A request from somebody's browser.</summary>
    private DefaultHttpContext From(Visitor of)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Cookie = of.Cookies.GetCookieHeader(new Uri(Server.Url + "/admin/"));
        return http;
    }

    /// <summary>Another browser with the same cookies.</summary>
    private Visitor Copy(Visitor of)
    {
        var copy = new Visitor(Server);
        copy.Take(of);
        copy.Cookies.Add(of.Cookies.GetAllCookies());
        return copy;
    }

    private Administrators Administrators => Server.Services.GetRequiredService<Administrators>();

    private async Task<Administrator> WhoAsync(string email) => (await Server.Database.ReadAsync(db => new AdministratorStore(db).ByEmailAsync(email)))!;

    private async Task<SignInVerdict> TryAsync(Func<SignIn, Task<SignInVerdict>> attempt)
    {
        await using var scope = Server.Services.CreateAsyncScope();
        try
        {
            return await Task.Run(() => attempt(scope.ServiceProvider.GetRequiredService<SignIn>()));
        }
        catch (BenchFullException)
        {
            return SignInVerdict.Refused;
        }
    }

    /// <summary>What the log has of an administrator.</summary>
    private async Task<IReadOnlyList<LoggedEvent>> EntriesAsync(string email)
    {
        await Server.RelayAsync();
        var who = await WhoAsync(email);
        var page = await Server.Database.ReadAsync(db => new AuditLogStore(db).ReadAsync(who.TenantId, new AuditLogQuery(), 500));
        return [.. page.Entries.Where(e => e.Target == who.AdministratorId)];
    }
}
