using System.Net;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Administration;
using Watchword.Server.Portal.Accounts;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Portal;

public sealed class SignInTriesOnSqlite(SqliteServer shared) : SignInTriesTests(shared), IClassFixture<SqliteServer>;

public sealed class SignInTriesOnPostgres(PostgresServer shared) : SignInTriesTests(shared), IClassFixture<PostgresServer>;

/// <summary>How often somebody may try to get into the portal, from where, and what the answer tells.</summary>
public abstract class SignInTriesTests(SharedServer shared) : DoorTest(shared)
{
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
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
                Assert.False(answer.IsCompleted, tried);
                server.Clock.Advance(TimeSpan.FromMilliseconds(1));
                // On a machine that is busy the answer was not ready yet, and the next beat is its.
                for (; !answer.IsCompleted; server.Clock.Advance(RefusalPace.Usual))
                    await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System));
                Assert.Equal(SignInVerdict.Refused, (await answer).Verdict);
            }
        }
        // What took longer waits for the next beat.
        var clock = new FakeTimeProvider();
        var began = clock.GetTimestamp();
        clock.Advance(TimeSpan.FromMilliseconds(600));
        var slow = new RefusalPace(RefusalPace.Usual).WaitAsync(clock, began, CancellationToken.None);
        clock.Advance(TimeSpan.FromMilliseconds(399));
        Assert.False(slow.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
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
}
