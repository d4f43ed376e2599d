using System.Net.Http.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

public sealed class TenantsOnSqlite(SqliteServer shared) : TenantTests(shared), IClassFixture<SqliteServer>;

public sealed class TenantsOnPostgres(PostgresServer shared) : TenantTests(shared), IClassFixture<PostgresServer>;

/// <summary>Two tenants of one server, and two applications of one tenant, know nothing of each other (I29).</summary>
public abstract class TenantTests(SharedServer shared) : SecurityTests(shared)
{
    [Fact]
    public async Task One_number_in_two_tenants_is_two_people()
    {
        var (ours, theirs) = await PairAsync();
        var mine = await ours.UserAsync();
        var other = await theirs.UserAsync();
        Assert.NotEqual(mine, other);
        await ours.LoginAsync();
        Assert.Equal("Active", (await ours.ReadUserAsync(mine)).Text("status"));
        Assert.Equal("Pending", (await theirs.ReadUserAsync(other)).Text("status"));
        await ours.ChangeUserAsync(mine, new { phone_number = Attack.Bob });
        Assert.Equal(Attack.Alice, (await theirs.ReadUserAsync(other)).GetProperty("phone_number").Text("value"));
        Assert.Equal(204, (int)(await ours.Management.DeleteAsync($"/cis/v1/manage/users/{mine}")).StatusCode);
        await theirs.LoginAsync();
    }

    [Fact]
    public async Task Nobody_reaches_a_user_of_another_tenant()
    {
        var (ours, theirs) = await PairAsync();
        var user = (await (await ours.PostAsync("/cis/v1/users", new
        {
            phone_number = Attack.Alice, email = "alice@acme.example", username = "alice", external_user_id = "42",
        })).JsonAsync(201)).GetProperty("result").Text("user_id");
        var login = await ours.LoginAsync();

        foreach (var stranger in (HttpClient[])[theirs.Http, theirs.Management])
        {
            foreach (var path in (string[])[user, "phone-number/%2B447400000001", "email/alice@acme.example", "username/alice", "external-user-id/42"])
                Assert.Equal(404, (int)(await stranger.GetAsync($"/cis/v1/users/{path}")).StatusCode);
            Assert.Equal(0, (await (await stranger.GetAsync("/cis/v1/users")).JsonAsync(200)).GetProperty("total_count").GetInt32());
            Assert.Equal(0, (await (await stranger.GetAsync("/cis/v1/users?search=phone_number%20pr%20or%20email%20pr")).JsonAsync(200)).GetProperty("total_count").GetInt32());
            Assert.Equal(0, (await (await stranger.GetAsync("/cis/v1/users/count")).JsonAsync(200)).GetProperty("result").GetProperty("user_count").GetInt32());
            Assert.Equal(404, (int)(await stranger.PutAsJsonAsync($"/cis/v1/users/{user}", new { picture = "https://evil.example/x.png" })).StatusCode);
            Assert.Equal(404, (int)(await stranger.GetAsync($"/cis/v1/auth/users/{user}/sessions")).StatusCode);
            Assert.Equal(404, (int)(await stranger.DeleteAsync($"/cis/v1/auth/users/{user}/sessions")).StatusCode);
        }
        Assert.Equal(404, (int)(await theirs.Http.DeleteAsync($"/cis/v1/users/{user}/apps")).StatusCode);
        Assert.Equal(404, (int)(await theirs.Management.DeleteAsync($"/cis/v1/manage/users/{user}")).StatusCode);
        Assert.Equal(404, (int)(await theirs.Management.PostAsync($"/cis/v1/users/{user}/unlock", null)).StatusCode);
        Assert.Equal("user_not_found", await (await theirs.SendAsync(new { channel = "direct", identifier_type = "user_id", identifier = user })).ErrorAsync(404));
        Assert.True(await ours.IsActiveAsync(login.Text("access_token")));
        Assert.False((await ours.ReadUserAsync(user)).TryGetProperty("picture", out _));
    }

    [Fact]
    public async Task Nobody_manages_an_application_of_another_tenant()
    {
        var (ours, theirs) = await PairAsync();
        var app = $"/cis/v1/applications/{ours.AppId}";
        var client = $"{app}/clients/{ours.ClientId}";
        var stranger = theirs.Management;
        Assert.DoesNotContain(ours.AppId, await (await stranger.GetAsync("/cis/v1/applications")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var settings = new { settings = new { conceal_unknown_users = true } };
        HttpResponseMessage[] answers =
        [
            await stranger.GetAsync(app), await stranger.PutAsJsonAsync(app, settings), await stranger.DeleteAsync(app),
            await stranger.GetAsync(app + "/clients"), await stranger.PostAsJsonAsync(app + "/clients", new { name = "x" }),
            await stranger.GetAsync(client), await stranger.PutAsJsonAsync(client, new { name = "x" }), await stranger.DeleteAsync(client),
            await stranger.PostAsJsonAsync(client + "/rotate-secret", new { overlap_seconds = 0 }),
            // Nor by way of an application of one's own.
            await stranger.PostAsJsonAsync($"/cis/v1/applications/{theirs.AppId}/clients/{ours.ClientId}/rotate-secret", new { overlap_seconds = 0 }),
            await stranger.DeleteAsync($"/cis/v1/applications/{theirs.AppId}/clients/{ours.ClientId}"),
            await stranger.GetAsync($"/cis/loginPreferences/{ours.AppId}"),
            await stranger.PutAsJsonAsync($"/cis/loginPreferences/{ours.AppId}/authMethods", new { direct_otp = new { maxFailures = 20 } }),
        ];
        Assert.All(answers, a => Assert.Equal(404, (int)a.StatusCode));
        // The signing keys are everybody's; only the first tenant turns them.
        Assert.Equal(403, (int)(await stranger.GetAsync("/cis/v1/signing-keys")).StatusCode);
        Assert.Equal(403, (int)(await stranger.PostAsync("/cis/v1/signing-keys/rotate", null)).StatusCode);

        await AgainAsync(theirs);
        await (await ours.FormAsync("/oidc/token", ("grant_type", "client_credentials"))).JsonAsync(200);
        await ours.UserAsync();
        await ours.LoginAsync();
    }

    [Fact]
    public async Task Codes_tokens_and_sessions_are_worth_nothing_in_another_tenant()
    {
        var (ours, theirs) = await PairAsync();
        await ours.UserAsync();
        await theirs.UserAsync();
        var login = await ours.LoginAsync();
        var (access, refresh, session) = (login.Text("access_token"), login.Text("refresh_token"), login.Text("session_id"));

        Assert.Equal("""{"active":false}""", await theirs.IntrospectAsync(access));
        Assert.Equal("""{"active":false}""", await theirs.IntrospectAsync(refresh));
        Assert.Equal("""{"active":false}""", await theirs.IntrospectAsync(ours.Http.DefaultRequestHeaders.Authorization!.Parameter!));
        // A management client sees all of its tenant, and of no other.
        var boss = theirs with { ClientId = Manager.Id, ClientSecret = Manager.Secret };
        foreach (var token in (string[])[access, refresh, ours.Http.DefaultRequestHeaders.Authorization!.Parameter!])
        {
            Assert.Equal("""{"active":false}""", await boss.IntrospectAsync(token));
            await (await boss.FormAsync("/oidc/token/revocation", ("token", token))).JsonAsync(200);
        }
        Assert.True(await boss.IsActiveAsync((await theirs.LoginAsync()).Text("access_token")));
        await (await theirs.RefreshAsync(refresh)).JsonAsync(400);
        await (await theirs.RefreshByFormAsync(refresh)).JsonAsync(400);
        await (await theirs.ResumeAsync(session)).JsonAsync(400);
        await (await theirs.PostAsync("/cis/v1/auth/session/logout", new { session_id = session })).JsonAsync(400);
        await (await theirs.PostAsync("/cis/v1/auth/session/logout", new { session_id = Attack.ClaimsOf(access).Text("sid") })).JsonAsync(400);
        await (await theirs.FormAsync("/oidc/token/revocation", ("token", refresh))).JsonAsync(200);
        await (await theirs.FormAsync("/oidc/token/revocation", ("token", access))).JsonAsync(200);
        Assert.Equal("session_not_found", await (await theirs.AuthenticateAsync(new
        {
            passcode = await theirs.CodeAsync(), identifier_type = "phone_number", identifier = Attack.Alice, session_id = session,
        })).ErrorAsync(400));

        // None of it did any harm.
        Assert.True(await ours.IsActiveAsync(access));
        await (await ours.ResumeAsync(session)).JsonAsync(200);
        await (await ours.RefreshAsync(refresh)).JsonAsync(200);
    }

    [Fact]
    public async Task Guesses_and_sends_in_one_tenant_count_in_no_other()
    {
        var (ours, theirs) = await PairAsync();
        await ours.UserAsync();
        await theirs.UserAsync();
        await ours.SmsAsync();
        await (await ours.SendAsync(channel: "sms")).JsonAsync(429);
        await theirs.SmsAsync();
        await ours.LockOutAsync();
        await theirs.LoginAsync();
        Assert.NotEqual(
            await Server.PeekAsync<string>("SELECT destination_tag FROM sends WHERE app_id = @app", new { app = ours.AppId }),
            await Server.PeekAsync<string>("SELECT destination_tag FROM sends WHERE app_id = @app", new { app = theirs.AppId }));
    }

    [Fact]
    public async Task Policies_and_names_stay_where_they_were_set()
    {
        var ours = await ApplicationAsync(new { sms = new { codeLength = 8, maxFailures = 1 } });
        await (await ours.Management.PutAsJsonAsync($"/cis/v1/applications/{ours.AppId}", new { app_name = "Ours" })).JsonAsync(200);
        var theirs = await ApplicationAsync(new { sms = new { codeLength = 4, maxFailures = 2 } });
        await (await theirs.Management.PutAsJsonAsync($"/cis/v1/applications/{theirs.AppId}", new { app_name = "Theirs" })).JsonAsync(200);
        await ours.UserAsync();
        await theirs.UserAsync();
        for (var i = 0; i < 2; i++)
        {
            Assert.Matches("^This is your One Time Password: [0-9]{8} from Ours$", await ours.SmsAsync());
            Assert.Matches("^This is your One Time Password: [0-9]{4} from Theirs$", await theirs.SmsAsync());
            Server.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        await ours.LockOutAsync(maxFailures: 1);
        await theirs.LockOutAsync(maxFailures: 2);
    }

    [Fact]
    public async Task Two_tenants_logging_in_at_once_never_mix()
    {
        var (ours, theirs) = await PairAsync();
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var app in (TestApplication[])[ours, theirs])
        {
            for (var i = 0; i < 10; i++)
                ids[app.AppId + i] = await app.UserAsync($"+44740000010{i}");
        }
        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => Task.Run(async () =>
        {
            var app = i % 2 == 0 ? ours : theirs;
            var n = i / 2 % 10;
            var code = await app.CodeAsync($"+44740000010{n}");
            var answer = await app.AuthenticateAsync(code, $"+44740000010{n}");
            // Three share a user, so a code may have been replaced meanwhile; who logs in is who asked.
            if (!answer.IsSuccessStatusCode)
                return;
            var claims = Attack.ClaimsOf((await answer.JsonAsync(200)).Text("id_token"));
            Assert.Equal(ids[app.AppId + n], claims.Text("sub"));
            Assert.Equal(app.ClientId, claims.Text("aud"));
        })));
    }

    [Fact]
    public async Task A_users_or_an_identity_token_is_no_clients_token()
    {
        var (ours, _) = await PairAsync();
        var user = await ours.UserAsync();
        var login = await ours.LoginAsync();
        foreach (var token in (string[])[login.Text("access_token"), login.Text("id_token"), login.Text("refresh_token"), login.Text("session_id")])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/cis/v1/users/{user}") { Headers = { { "Authorization", "Bearer " + token } } };
            Assert.Equal(401, (int)(await Server.Http.SendAsync(request)).StatusCode);
        }
        using var me = new HttpRequestMessage(HttpMethod.Get, "/cis/oidc/me") { Headers = { { "Authorization", "Bearer " + login.Text("id_token") } } };
        Assert.Equal(401, (int)(await Server.Http.SendAsync(me)).StatusCode);
        Assert.Equal("""{"active":false}""", await ours.IntrospectAsync(login.Text("id_token")));
    }

    [Fact]
    public async Task An_application_sees_only_its_own_users_and_manages_nothing()
    {
        var ours = await ApplicationAsync();
        var beside = await ApplicationAsync(beside: ours);
        var user = await ours.UserAsync();
        var login = await ours.LoginAsync();
        Assert.Equal(404, (int)(await beside.Http.GetAsync($"/cis/v1/users/{user}")).StatusCode);
        Assert.Equal(404, (int)(await beside.Http.PutAsJsonAsync($"/cis/v1/users/{user}", new { phone_number = Attack.Bob })).StatusCode);
        Assert.Equal(404, (int)(await beside.Http.DeleteAsync($"/cis/v1/auth/users/{user}/sessions")).StatusCode);
        Assert.Equal("""{"active":false}""", await beside.IntrospectAsync(login.Text("access_token")));
        await (await beside.ResumeAsync(login.Text("session_id"))).JsonAsync(400);
        await (await beside.PostAsync("/cis/v1/auth/session/logout", new { session_id = login.Text("session_id") })).JsonAsync(400);
        foreach (var path in (string[])["/cis/v1/applications", $"/cis/v1/applications/{ours.AppId}", $"/cis/v1/applications/{ours.AppId}/clients", $"/cis/loginPreferences/{ours.AppId}", "/cis/v1/signing-keys"])
            Assert.Equal(403, (int)(await ours.Http.GetAsync(path)).StatusCode);
        Assert.Equal(403, (int)(await ours.Http.DeleteAsync($"/cis/v1/manage/users/{user}")).StatusCode);
        Assert.True(await ours.IsActiveAsync(login.Text("access_token")));
    }

    private async Task<(TestApplication Ours, TestApplication Theirs)> PairAsync() => (await ApplicationAsync(), await ApplicationAsync());
}
