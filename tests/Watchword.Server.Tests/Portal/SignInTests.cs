using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Portal.Accounts;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Portal;

public sealed class SignInOnSqlite(SqliteServer shared) : SignInTests(shared), IClassFixture<SqliteServer>;

public sealed class SignInOnPostgres(PostgresServer shared) : SignInTests(shared), IClassFixture<PostgresServer>;

/// <summary>Who gets into the portal, and who does not.</summary>
public abstract class SignInTests(SharedServer shared) : DoorTest(shared)
{
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
}
