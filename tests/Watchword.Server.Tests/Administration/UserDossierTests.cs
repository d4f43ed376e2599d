using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Audit;
using Watchword.Core.Users;
using Watchword.Server.Administration.Users;
using Watchword.Server.Events;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Administration;

public sealed class UserDossiersOnSqlite(SqliteServer server) : UserDossierTests(server), IClassFixture<SqliteServer>;

public sealed class UserDossiersOnPostgres(PostgresServer server) : UserDossierTests(server), IClassFixture<PostgresServer>;

/// <summary>What an administrator sees of one user.</summary>
public abstract class UserDossierTests(SharedServer shared) : SecurityTests(shared)
{
    [Fact]
    public async Task A_dossier_says_where_a_user_stands_up_to_this_moment()
    {
        var (app, tenant) = await TenantOfAsync();
        var other = await ApplicationAsync(beside: app);
        var user = await app.UserAsync();
        await other.UserAsync();
        await app.Http.PutAsync($"/cis/v1/users/{user}", new { username = "ann" }, 200);
        await (await app.AuthenticateAsync(Attack.CodeIn(await app.SmsAsync()))).JsonAsync(200);
        Server.Clock.Advance(TimeSpan.FromMinutes(2));
        await app.LoginAsync();
        await (await app.AuthenticateAsync("no code")).JsonAsync(400);
        var now = Server.Clock.GetUtcNow();

        var dossier = await ReadAsync(tenant, user);
        Assert.Equal((Attack.Alice, UserStatus.Active, now.AddMinutes(-2)), (dossier.User.PhoneNumber!, dossier.User.Status, dossier.User.PhoneVerifiedAt!.Value));
        Assert.Equal([(app.AppId, "ann", 1L, (DateTimeOffset?)now), (other.AppId, null, 0L, null)], dossier.Places.OrderBy(p => p.AppId == app.AppId ? 0 : 1).Select(p => (p.AppId, p.Username, p.Failures, p.LastLogin)));
        Assert.Equal([now, now.AddMinutes(-2)], dossier.Sessions.Select(s => s.StartedAt));
        Assert.Equal("+44*******001", Assert.Single(dossier.Messages).MaskedDestination);
        Assert.Equal([false, true, true], dossier.Logins.Select(l => l.Succeeded));
        Assert.Equal([null, "direct", "sms"], dossier.Logins.Select(l => l.Channel is { } channel ? Core.Otp.OtpChannelNames.Wire(channel) : null));
        Assert.Equal([AuditAction.UserUpdated, AuditAction.UserLinked, AuditAction.UserCreated], dossier.Entries.Select(e => e.Action));
        Assert.Equal((dossier.Logins[0].Sentence, now), (dossier.Trouble!.Sentence, dossier.Trouble.At));
        Assert.Equal("Acme", dossier.AppNames[app.AppId]);

        // The same once all of it has moved into the log.
        await Server.Services.GetRequiredService<EventRelay>().RelayAllAsync(CancellationToken.None);
        var again = await ReadAsync(tenant, user);
        Assert.Equal(dossier.Logins, again.Logins);
        Assert.Equal(dossier.Entries, again.Entries);
    }

    [Fact]
    public async Task A_dossier_is_of_a_user_of_the_tenant_or_there_is_none()
    {
        var (app, tenant) = await TenantOfAsync();
        var (_, theirs) = await TenantOfAsync();
        var user = await app.UserAsync();
        Assert.NotNull(await ReadAsync(tenant, user));
        var dossiers = Server.Services.GetRequiredService<UserDossiers>();
        foreach (var (of, id) in new[] { (theirs, user), (tenant, "x"), (tenant, "a\0b"), (tenant, "\ud800"), (tenant, new string('a', 200)) })
            Assert.Null(await dossiers.ReadAsync(of, id));
    }

    [Fact]
    public async Task It_says_what_stands_in_the_way_of_a_login()
    {
        var (app, tenant) = await TenantOfAsync();
        await app.ChangeMethodsAsync(new { sms = new { maxFailures = 2, lockoutDuration = 10 }, direct_otp = new { maxFailures = 2, lockoutDuration = 10, expiresIn = 1 } });
        var user = await app.UserAsync();
        Assert.Null(await TroubleAsync(tenant, user));

        await (await app.AuthenticateAsync("no code")).JsonAsync(400);
        Assert.StartsWith("The code was wrong", await TroubleAsync(tenant, user), StringComparison.Ordinal);
        await app.LoginAsync();
        Assert.Null(await TroubleAsync(tenant, user));

        var code = await app.CodeAsync();
        Server.Clock.Advance(TimeSpan.FromMinutes(1));
        await (await app.AuthenticateAsync(code)).ErrorAsync(400);
        Assert.Equal("The code was right, but came too late.", await TroubleAsync(tenant, user));

        await app.LoginAsync();
        await app.LockOutAsync(maxFailures: 2);
        Assert.Equal("Locked out of Acme after 2 wrong codes in a row, for another 10 minutes.", await TroubleAsync(tenant, user));
        Server.Clock.Advance(TimeSpan.FromMinutes(9.5));
        Assert.Equal("Locked out of Acme after 2 wrong codes in a row, for another minute.", await TroubleAsync(tenant, user));
        Server.Clock.Advance(TimeSpan.FromMinutes(0.5));
        Assert.StartsWith("The user was locked out after too many wrong codes", await TroubleAsync(tenant, user), StringComparison.Ordinal);
        await Server.TamperAsync("UPDATE login_state SET consecutive_failures = 100 WHERE user_id = @user", new { user });
        Assert.Equal("Locked out of Acme after 100 wrong codes in a row: it does not end by itself, only when you unlock the user.", await TroubleAsync(tenant, user));
        var (users, by) = (Server.Services.GetRequiredService<UserAdministration>(), Author.Console(tenant));
        await users.UnlockAsync(by, null, user);
        await app.LoginAsync();
        Assert.Null(await TroubleAsync(tenant, user));

        await users.DisableAsync(by, user);
        Assert.Equal("The user is disabled: no code is sent and none is accepted.", await TroubleAsync(tenant, user));
        await users.EnableAsync(by, user);
        await users.RemoveFromApplicationAsync(by, app.AppId, user);
        Assert.Equal("The user is in no application, so there is none to log in to.", await TroubleAsync(tenant, user));
    }

    [Theory]
    [InlineData("failed", "no such number.", "The last code was not sent: no such number.")]
    [InlineData("undelivered", null, "The last code did not reach the phone.")]
    [InlineData("expired", null, "The last code expired before a provider took it.")]
    [InlineData("queued", null, "The last code is still on its way to a provider.")]
    [InlineData("delivered", null, null)]
    public void A_message_that_did_not_arrive_is_the_trouble_until_the_next_login(string status, string? fault, string? expected)
    {
        var now = Server.Clock.GetUtcNow();
        var user = new User { TenantId = "t", UserId = "u", Status = UserStatus.Active };
        var place = new UserPlaceState("a", "Acme", null, null, now, 0, 0, null, null);
        var message = new LoggedMessage { Status = status, Fault = fault, CreatedAt = now.Ms(), StatusAt = now.Ms() };
        var login = new LoginAttempt(now.AddSeconds(-1), "a", true, "ok", "", null, null);
        Assert.Equal(expected, LoginTrouble.Of(user, [place], [login], [message], now)?.Sentence);
        Assert.Equal(expected, LoginTrouble.Of(user, [place], [], [message], now)?.Sentence);
        Assert.Null(LoginTrouble.Of(user, [place], [login with { At = now }], [message], now));
    }

    private async Task<string?> TroubleAsync(string tenant, string user) => (await ReadAsync(tenant, user)).Trouble?.Sentence;

    private async Task<UserDossier> ReadAsync(string tenant, string user) => (await Server.Services.GetRequiredService<UserDossiers>().ReadAsync(tenant, user))!;

    private async Task<(TestApplication App, string Tenant)> TenantOfAsync()
    {
        var app = await ApplicationAsync();
        return (app, (await Server.PeekAsync<string>("SELECT tenant_id FROM applications WHERE app_id = @app", new { app = app.AppId }))!);
    }
}
