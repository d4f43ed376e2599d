using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Api;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Security;

namespace Watchword.Server.Tests.Events;

public sealed class EmissionOnSqlite(SqliteServer server) : EmissionTests(server), IClassFixture<SqliteServer>;

public sealed class EmissionOnPostgres(PostgresServer server) : EmissionTests(server), IClassFixture<PostgresServer>;

/// <summary>Everything that somebody changes or tries leaves an entry that says who it was.</summary>
public abstract class EmissionTests(SharedServer shared) : SecurityTests(shared)
{
    /// <summary>Endpoints that change nothing an administrator accounts for.</summary>
    private static readonly string[] Silent =
    [
        "POST /cis/v1/auth/otp/send", // The message log has it.
        "POST /cis/v1/auth/otp/authenticate", // Each outcome has a test of its own.
        "POST /cis/v1/auth/token/refresh", // The session was opened by a login; its abuse has a test of its own.
        "POST /cis/v1/auth/session/authenticate",
        "POST /cis/v1/audit/verify",
    ];

    /// <summary>They need a receiver; see <see cref="WebhookSettingsTests.Every_change_is_written_down_with_who_made_it_and_without_an_address_or_a_secret"/>.</summary>
    private static readonly string[] Webhooks =
        ["POST /cis/v1/webhooks", "PUT /cis/v1/webhooks/{id}", "DELETE /cis/v1/webhooks/{id}", "POST /cis/v1/webhooks/{id}/rotate-secret", "POST /cis/v1/webhooks/{id}/test",
         "POST /cis/v1/webhooks/{id}/deliveries/{deliveryId}/retry"];

    private static readonly IReadOnlyList<Row> Rows =
    [
        new("POST /cis/v1/auth/session/logout", "session.ended", true,
            s => s.App.PostAsync("/cis/v1/auth/session/logout", new { session_id = s.Login.Text("session_id") }), s => s.App.PostAsync("/cis/v1/auth/session/logout", new { session_id = "x" }),
            s => (s.App.AppId, s.User, s.Sid)),
        new("DELETE /cis/v1/auth/users/{id}/sessions", "session.ended", true,
            s => s.App.Http.DeleteAsync($"/cis/v1/auth/users/{s.User}/sessions"), s => s.App.Http.DeleteAsync("/cis/v1/auth/users/x/sessions"), s => (s.App.AppId, s.User, null)),
        new("POST /cis/v1/users", "user.created", true,
            s => s.App.PostAsync("/cis/v1/users", new { phone_number = "+447400000055" }), s => s.App.PostAsync("/cis/v1/users", new { phone_number = Attack.Alice }), s => (s.App.AppId, "*", null)),
        new("PUT /cis/v1/users/{id}", "user.updated", true,
            s => s.App.Http.PutAsJsonAsync($"/cis/v1/users/{s.User}", new { name = new { first_name = "Alice" } }), s => s.App.Http.PutAsJsonAsync($"/cis/v1/users/{s.User}", new { birthday = "never" }),
            s => (s.App.AppId, s.User, null)),
        new("DELETE /cis/v1/users/{id}/apps", "user.removed", true,
            s => s.App.Http.DeleteAsync($"/cis/v1/users/{s.User}/apps"), s => s.App.Http.DeleteAsync("/cis/v1/users/x/apps"), s => (s.App.AppId, s.User, null)),
        new("DELETE /cis/v1/manage/users/{id}", "user.deleted", false,
            s => s.App.Management.DeleteAsync($"/cis/v1/manage/users/{s.User}"), s => s.App.Management.DeleteAsync("/cis/v1/manage/users/x"), s => (null, s.User, null)),
        new("POST /cis/v1/users/{id}/unlock", "user.unlocked", false,
            s => s.App.Management.PostAsync($"/cis/v1/users/{s.Locked}/unlock?app_id={s.App.AppId}", null), s => s.App.Management.PostAsync("/cis/v1/users/x/unlock", null),
            s => (s.App.AppId, s.Locked, null)),
        new("POST /cis/v1/applications", "application.created", false,
            s => s.App.Management.PostAsJsonAsync("/cis/v1/applications", new { app_name = "B", redirect_uris = new[] { "https://b.example/" } }),
            s => s.App.Management.PostAsJsonAsync("/cis/v1/applications", new { app_name = "B" }), s => ("*", null, null)),
        new("PUT /cis/v1/applications/{appId}", "application.changed", false,
            s => s.App.Management.PutAsJsonAsync($"/cis/v1/applications/{s.App.AppId}", new { settings = new { conceal_unknown_users = true } }),
            s => s.App.Management.PutAsJsonAsync($"/cis/v1/applications/{s.App.AppId}", new { app_name = "" }), s => (s.App.AppId, null, null)),
        new("DELETE /cis/v1/applications/{appId}", "application.deleted", false,
            s => s.App.Management.DeleteAsync($"/cis/v1/applications/{s.App.AppId}"), s => s.App.Management.DeleteAsync("/cis/v1/applications/x"), s => (s.App.AppId, null, null)),
        new("POST /cis/v1/applications/{appId}/clients", "client.created", false,
            s => s.App.Management.PostAsJsonAsync($"/cis/v1/applications/{s.App.AppId}/clients", new { name = "Second" }),
            s => s.App.Management.PostAsJsonAsync($"/cis/v1/applications/{s.App.AppId}/clients", new { name = "" }), s => (s.App.AppId, null, "*")),
        new("PUT /cis/v1/applications/{appId}/clients/{clientId}", "client.changed", false,
            s => s.App.Management.PutAsJsonAsync(s.Client, new { settings = new { session_lifetime = 600 } }), s => s.App.Management.PutAsJsonAsync(s.Client, new { settings = new { session_lifetime = 1 } }),
            s => (s.App.AppId, null, s.App.ClientId)),
        new("DELETE /cis/v1/applications/{appId}/clients/{clientId}", "client.deleted", false,
            s => s.App.Management.DeleteAsync(s.Client), s => s.App.Management.DeleteAsync(s.Client + "x"), s => (s.App.AppId, null, s.App.ClientId)),
        new("POST /cis/v1/applications/{appId}/clients/{clientId}/rotate-secret", "client.secret_rotated", false,
            s => s.App.Management.PostAsJsonAsync(s.Client + "/rotate-secret", new { overlap_seconds = 60 }), s => s.App.Management.PostAsJsonAsync(s.Client + "/rotate-secret", new { overlap_seconds = 2592001 }),
            s => (s.App.AppId, null, s.App.ClientId)),
        new("PUT /cis/loginPreferences/{appId}/authMethods", "application.policy_changed", false,
            s => s.App.Management.PutAsJsonAsync($"/cis/loginPreferences/{s.App.AppId}/authMethods", new { sms = new { maxFailures = 5 } }),
            s => s.App.Management.PutAsJsonAsync($"/cis/loginPreferences/{s.App.AppId}/authMethods", new { sms = new { maxFailures = 50 } }), s => (s.App.AppId, null, null)),
        new("PUT /cis/v1/tenantsmsproviders", "delivery.changed", false,
            s => s.App.Management.PutAsJsonAsync("/cis/v1/tenantsmsproviders", new { providers = Array.Empty<object>(), currency = "EUR" }),
            s => s.App.Management.PutAsJsonAsync("/cis/v1/tenantsmsproviders", new { providers = Array.Empty<object>(), currency = "euro" }), _ => (null, null, null)),
        new("POST /cis/v1/tenantsmsproviders/test", "delivery.test_message_sent", false,
            s => s.App.Management.PostAsJsonAsync("/cis/v1/tenantsmsproviders/test", new { to = "+447400000077" }),
            s => s.App.Management.PostAsJsonAsync("/cis/v1/tenantsmsproviders/test", new { to = "nobody" }), _ => (null, null, "*")),
        new("PUT /cis/v1/retention", "retention.changed", false,
            s => s.App.Management.PutAsJsonAsync("/cis/v1/retention", new { message_days = 101 }),
            s => s.App.Management.PutAsJsonAsync("/cis/v1/retention", new { message_days = 0 }), _ => (null, null, null)),
        new("POST /cis/v1/signing-keys/rotate", "signing_keys.rotated", false,
            s => s.App.Management.PostAsync("/cis/v1/signing-keys/rotate", null), s => s.App.Management.PostAsync("/cis/v1/signing-keys/rotate", null), _ => (null, null, null)) { FirstTenant = true },
    ];

    [Fact]
    public void Every_endpoint_that_may_change_something_is_in_the_table() =>
        Assert.Equal(
            Server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                .Where(e => e.Metadata.GetMetadata<RequireClientAttribute>() is not null)
                .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Where(m => m != "GET").Select(m => $"{m} {e.RoutePattern.RawText!.TrimEnd('/')}"))
                .Order(StringComparer.Ordinal),
            Rows.Select(r => r.Endpoint).Concat(Silent).Concat(Webhooks).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Every_change_leaves_one_entry_that_says_who_made_it_and_a_refused_one_leaves_none()
    {
        foreach (var row in Rows)
        {
            var stage = await StageAsync(row.FirstTenant);
            var actor = row.ByApplication ? stage.App.ClientId : row.FirstTenant ? TestServer.ManagementClientId : Manager.Id;
            var left = await stage.App.Management.LeftByAsync(async () => Assert.True((await row.Act(stage)).IsSuccessStatusCode, row.Endpoint));
            Assert.True(left.Count == 1, $"{row.Endpoint} left {left.Count} entries: {string.Join(' ', left)}");
            var (app, user, target) = row.At(stage);
            Assert.Equal((row.Endpoint, row.Action, "client:" + actor, "ok"), (row.Endpoint, left[0].Text("action"), left[0].Text("actor"), left[0].Text("outcome")));
            Is(app, left[0].Maybe("app_id"), row);
            Is(user, left[0].Maybe("user_id"), row);
            Is(target, left[0].Maybe("target"), row);
            Assert.Equal("127.0.0.1", left[0].Str("origin", "address"));

            var refused = await stage.App.Management.LeftByAsync(async () => Assert.InRange((int)(await row.Refuse(stage)).StatusCode, 400, 499));
            Assert.True(refused.Count == 0, $"{row.Endpoint}, refused, left {string.Join(' ', refused)}");
        }
    }

    [Fact]
    public async Task What_changes_nothing_leaves_no_entry()
    {
        var stage = await StageAsync();
        var expires = Server.Clock.GetUtcNow().AddDays(1).ToString("O");
        var settings = new { test_numbers = new[] { new { phone_number = "+447400000066", code = "123456", expires_at = expires } } };
        await stage.App.ChangeSettingsAsync(settings);
        await stage.App.ChangeMethodsAsync(new { sms = new { } });
        Assert.Empty(await stage.App.Management.LeftByAsync(async () =>
        {
            await stage.App.ChangeSettingsAsync(settings);
            await stage.App.ChangeMethodsAsync(new { sms = new { } });
            await stage.App.ChangeClientAsync(new { session_lifetime = 14 * 86400 });
            await stage.App.ChangeUserAsync(stage.User, new { phone_number = Attack.Alice });
            await stage.App.Management.PutAsync("/cis/v1/tenantsmsproviders", new { providers = Array.Empty<object>() }, 200);
            await (await stage.App.Management.PostAsync($"/cis/v1/users/{stage.User}/unlock", null)).JsonAsync(204);
            await stage.App.PostAsync("/cis/v1/auth/session/logout", new { session_id = "0123456789abcdef0123456789abcdef" });
        }));
        // The code alone is changed, and that is told.
        Assert.Equal("""{"changed":["settings.test_numbers"]}""", Assert.Single(await stage.App.Management.LeftByAsync(() =>
            stage.App.ChangeSettingsAsync(new { test_numbers = new[] { new { phone_number = "+447400000066", code = "654321", expires_at = expires } } }))).At("detail").GetRawText());
    }

    [Fact]
    public async Task Numbers_and_switches_are_told_with_what_they_were_and_texts_by_name_only()
    {
        var stage = await StageAsync();
        async Task<string> DetailAsync(Func<Task> act) => Assert.Single(await stage.App.Management.LeftByAsync(act)).At("detail").GetRawText();
        Assert.Equal(
            """{"changed":["direct_otp","email_otp","sms.max_failures"],"old":{"direct_otp.code_length":6,"direct_otp.cross_clients_allowed":false,"direct_otp.expires_in":5,"direct_otp.lockout_duration":15,"direct_otp.max_failures":3,"email_otp.code_length":6,"email_otp.cross_clients_allowed":false,"email_otp.expires_in":5,"email_otp.lockout_duration":15,"email_otp.max_failures":3,"sms.max_failures":3},"new":{"sms.max_failures":7}}""",
            await DetailAsync(() => stage.App.ChangeMethodsAsync(new { sms = new { maxFailures = 7 } })));
        Assert.Equal(
            """{"changed":["settings.conceal_unknown_users","settings.texts.en"],"old":{"settings.conceal_unknown_users":false},"new":{"settings.conceal_unknown_users":true}}""",
            await DetailAsync(() => stage.App.ChangeSettingsAsync(new { conceal_unknown_users = true, texts = new { en = "{otp} is your secret for {app}" } })));
        Assert.Equal(
            """{"changed":["email","name"]}""",
            await DetailAsync(() => stage.App.ChangeUserAsync(stage.User, new { email = "alice@example.com", name = new { first_name = "Alice" } })));
    }

    [Fact]
    public async Task Disabling_and_enabling_a_user_are_told_apart_from_other_changes()
    {
        var stage = await StageAsync();
        async Task<string[]> ActionsAsync(object change) => [.. (await stage.App.Management.LeftByAsync(() => stage.App.ChangeUserAsync(stage.User, change))).Select(e => e.Text("action"))];
        Assert.Equal(["user.disabled"], await ActionsAsync(new { status = "Disabled" }));
        Assert.Equal(["user.updated", "user.enabled"], await ActionsAsync(new { status = "Active", language = "en" }));
    }

    [Fact]
    public async Task A_user_of_the_tenant_that_is_added_to_another_application_is_linked()
    {
        var stage = await StageAsync();
        var other = await ApplicationAsync(beside: stage.App);
        var left = Assert.Single(await other.Management.LeftByAsync(() => other.UserAsync(Attack.Alice)));
        Assert.Equal(("user.linked", other.AppId, stage.User), (left.Text("action"), left.Text("app_id"), left.Text("user_id")));
    }

    [Fact]
    public async Task Each_outcome_of_a_login_is_told_and_from_where_it_came()
    {
        var stage = await StageAsync();
        var app = stage.App;
        await app.ChangeMethodsAsync(new { direct_otp = new { }, sms = new { } });
        var guess = new { passcode = "no code", identifier_type = "phone_number", identifier = Attack.Alice, client_attributes = new { ip_address = "::ffff:203.0.113.9", user_agent = "Browser/1" } };
        var left = await app.Management.LeftByAsync(async () =>
        {
            await app.LoginAsync();
            await (await app.AuthenticateAsync("no code", "+447400000999")).JsonAsync(400);
            for (var i = 0; i < 3; i++)
                await (await app.AuthenticateAsync(guess)).JsonAsync(400);
            await (await app.AuthenticateAsync(guess)).JsonAsync(403);
        });
        Assert.Equal(
            [
                ("user.logged_in", "ok", stage.User), ("otp.failed", "auth_invalid_credentials", null), ("otp.failed", "auth_invalid_credentials", stage.User),
                ("otp.failed", "auth_invalid_credentials", stage.User), ("otp.failed", "auth_invalid_credentials", stage.User), ("user.locked", "ok", stage.User), ("otp.failed", "auth_locked", stage.User),
            ],
            left.Select(e => (e.Text("action"), e.Text("outcome"), e.Maybe("user_id"))));
        Assert.Equal("""{"method":"direct","region":"ZZ","code_age_ms":0}""", left[0].At("detail").GetRawText());
        Assert.Equal("""{"address":"127.0.0.1","user_ip":"203.0.113.9","user_agent":"Browser/1"}""", left[2].At("origin").GetRawText());
        Assert.All(left, e => Assert.Equal(("client:" + app.ClientId, app.AppId), (e.Text("actor"), e.Text("app_id"))));
    }

    [Fact]
    public async Task A_session_that_is_ended_is_told_with_the_reason()
    {
        var stage = await StageAsync();
        var app = stage.App;
        async Task<JsonElement> LeftAsync(Func<Task> act) => Assert.Single(await app.Management.LeftByAsync(act), e => e.Text("action") == "session.ended");
        var reused = await app.LoginAsync();
        await (await app.RefreshAsync(reused.Text("refresh_token"))).JsonAsync(200);
        Is(await LeftAsync(() => app.RefreshAsync(reused.Text("refresh_token"))), reused, "refresh_token_reused");
        var byForm = await app.LoginAsync();
        await (await app.RefreshByFormAsync(byForm.Text("refresh_token"))).JsonAsync(200);
        Is(await LeftAsync(() => app.RefreshByFormAsync(byForm.Text("refresh_token"))), byForm, "refresh_token_reused");
        foreach (var token in new[] { "refresh_token", "access_token" })
        {
            var revoked = await app.LoginAsync();
            Is(await LeftAsync(() => app.FormAsync("/oidc/token/revocation", ("token", revoked.Text(token)))), revoked, "revoked");
        }
        await app.LoginAsync();
        Assert.Equal("""{"reason":"all_ended","sessions":2}""", (await LeftAsync(() => app.Http.DeleteAsync($"/cis/v1/auth/users/{stage.User}/sessions"))).At("detail").GetRawText());

        void Is(JsonElement left, JsonElement login, string reason)
        {
            Assert.Equal((reason, stage.User, "client:" + app.ClientId), (left.Str("detail", "reason"), left.Text("user_id"), left.Text("actor")));
            Assert.Equal(Attack.ClaimsOf(login.Text("access_token")).Text("sid"), left.Text("target"));
        }
    }

    [Fact]
    public async Task A_client_with_wrong_credentials_is_logged_and_counted_but_cannot_fill_the_audit_log()
    {
        var stage = await StageAsync();
        Assert.Empty(await stage.App.Management.LeftByAsync(async () =>
        {
            await (await Server.Http.FormAsync("/oidc/token", null, ("grant_type", "client_credentials"), ("client_id", "who\r\n<b>" + new string('x', 100)), ("client_secret", "wrong"))).JsonAsync(401);
            await (await Server.Http.FormAsync("/oidc/token", (stage.App.ClientId, "wrong-secret-4711"), ("grant_type", "client_credentials"))).JsonAsync(401);
        }));
        Assert.Contains(Server.Logs.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal) && line.Contains($"itself {"whob" + new string('x', 60)}, at 127.0.0.1", StringComparison.Ordinal));
        Assert.Contains(Server.Logs.Lines, line => line.Contains($"itself {stage.App.ClientId}, at 127.0.0.1", StringComparison.Ordinal));
        Assert.DoesNotContain(Server.Logs.Lines, line => line.Contains("wrong-secret-4711", StringComparison.Ordinal));
    }

    private static void Is(string? wanted, string? found, Row row) =>
        Assert.True(wanted == "*" ? !string.IsNullOrEmpty(found) : wanted == found, $"{row.Endpoint}: wanted {wanted}, found {found}");

    private async Task<Stage> StageAsync(bool firstTenant = false)
    {
        var management = firstTenant ? await Server.ManagementAsync() : null;
        if (firstTenant)
        {
            Server.Clock.Advance(TimeSpan.FromMinutes(11));
            management = await Server.ManagementAsync();
        }
        var app = management is null ? await ApplicationAsync(settings: Attack.NoSendLimits) : await Server.ApplicationAsync(null, Attack.NoSendLimits, management);
        var user = await app.UserAsync(Attack.Alice);
        var locked = await app.UserAsync(Attack.Bob);
        await app.LockOutAsync(Attack.Bob);
        return new Stage(app, user, locked, await app.LoginAsync());
    }

    private sealed record Stage(TestApplication App, string User, string Locked, JsonElement Login)
    {
        public string Sid => Attack.ClaimsOf(Login.Text("access_token")).Text("sid");

        public string Client => $"/cis/v1/applications/{App.AppId}/clients/{App.ClientId}";
    }

    private sealed record Row(
        string Endpoint, string Action, bool ByApplication, Func<Stage, Task<HttpResponseMessage>> Act, Func<Stage, Task<HttpResponseMessage>> Refuse,
        Func<Stage, (string? App, string? User, string? Target)> At)
    {
        public bool FirstTenant { get; init; }
    }
}
