using System.Net.Http.Json;
using System.Text.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

public sealed class ManagementOnSqlite(SharedServers servers) : ManagementTests(servers, Engine.Sqlite);

public sealed class ManagementOnPostgres(SharedServers servers) : ManagementTests(servers, Engine.Postgres);

/// <summary>Applications, their clients and their login preferences.</summary>
public abstract class ManagementTests(SharedServers servers, Engine engine)
{
    private const string Apps = "/cis/v1/applications";

    [Fact]
    public async Task An_application_is_created_with_a_client_whose_secret_is_shown_this_once()
    {
        var tenant = await servers.TenantAsync(engine);
        var body = await tenant.Management.PostAsync(Apps, new { app_name = "Shop", redirect_uris = new[] { "https://shop.example/cb", "http://localhost:3000/cb" }, unknown = 1 }, 201);
        Assert.Equal(["result"], body.Names());
        var made = body.At("result");
        Assert.Equal(["app_id", "app_name", "client_id", "client_secret", "created_at", "redirect_uris", "settings", "updated_at"], made.Names());
        Assert.Equal("Shop", made.Str("app_name"));
        Assert.Equal(["https://shop.example/cb", "http://localhost:3000/cb"], made.At("redirect_uris").Strings());
        Assert.Equal(app(made), app((await tenant.Management.GetAsync($"{Apps}/{made.Str("app_id")}", 200)).At("result")));
        var listed = Assert.Single((await tenant.Management.GetAsync(Apps, 200)).At("result").EnumerateArray());
        Assert.False(listed.Has("client_secret"));
        var client = await tenant.Server.ClientAsync(made.Str("client_id")!, made.Str("client_secret")!);
        await client.GetAsync("/cis/v1/users", 200);

        static (string?, string?) app(JsonElement json) => (json.Str("app_id"), json.Str("app_name"));
    }

    [Theory]
    [InlineData("https://a.example/", true)]
    [InlineData("http://localhost/cb", true)]
    [InlineData("http://127.0.0.1:5000/cb", true)]
    [InlineData("http://[::1]/cb", true)]
    [InlineData("http://a.example/", false)]
    [InlineData("http://localhost.a.example/", false)]
    [InlineData("ftp://a.example/", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("/relative", false)]
    [InlineData("a.example", false)]
    [InlineData("", false)]
    [InlineData("https://a.example/#fragment", false)]
    [InlineData("https://user:password@a.example/", false)]
    [InlineData("https://*.a.example/", false)]
    public async Task A_redirect_uri_is_https_or_local(string uri, bool allowed)
    {
        var tenant = await servers.TenantAsync(engine);
        var answer = await tenant.Management.PostAsJsonAsync(Apps, new { app_name = "A", redirect_uris = new[] { "https://ok.example/", uri } });
        var body = await answer.JsonAsync(allowed ? 201 : 400);
        if (!allowed)
            Assert.StartsWith("redirect_uris[1] ", Assert.Single(body.At("message").Strings()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_and_redirect_uris_are_required_and_all_faults_are_told()
    {
        var tenant = await servers.TenantAsync(engine);
        Assert.Equal(2, (await tenant.Management.PostAsync(Apps, new { }, 400)).At("message").GetArrayLength());
        await tenant.Management.PostAsync(Apps, new { app_name = "A", redirect_uris = Array.Empty<string>() }, 400);
        await tenant.Management.PostAsync(Apps, new { app_name = new string('x', 101), redirect_uris = new[] { "https://a.example/" } }, 400);
        Assert.Equal(0, (await tenant.Management.GetAsync(Apps, 200)).At("result").GetArrayLength());
    }

    [Fact]
    public async Task An_application_is_changed_field_by_field_and_deleted_with_all_it_had()
    {
        var app = await servers.ApplicationAsync(engine);
        var path = $"{Apps}/{app.AppId}";
        await app.UserAsync();
        var login = await app.LoginAsync();
        var changed = (await app.Management.PutAsync(path, new { app_name = "New", settings = new { conceal_unknown_users = true, send_limits = new { per_hour = 3, per_10_minutes = 2 } } }, 200)).At("result");
        Assert.Equal(("New", true), (changed.Str("app_name"), changed.At("settings", "conceal_unknown_users").GetBoolean()));
        Assert.Equal("""{"cooldown_seconds":30,"per_10_minutes":2,"per_hour":3,"per_day":30}""", changed.At("settings", "send_limits").GetRawText());
        Assert.Equal(["https://acme.example/callback"], changed.At("redirect_uris").Strings());
        await app.Management.PutAsync(path, new { redirect_uris = new[] { "http://a.example" } }, 400);
        Assert.Equal(changed.GetRawText(), (await app.Management.GetAsync(path, 200)).At("result").GetRawText());
        // Known at once: the new name is in new tokens.
        Assert.Equal("New", Wire.Claims((await app.LoginAsync()).Str("access_token")).Str("app_name"));

        await app.Management.DeleteAsync(path, 204);
        await app.Management.DeleteAsync(path, 404);
        await app.Management.GetAsync(path, 404);
        await app.Management.PutAsync(path, new { app_name = "X" }, 404);
        await app.Http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = login.Str("refresh_token") }, 401);
        // Its users stay in the tenant.
        Assert.Equal(1, (await app.Management.GetAsync("/cis/v1/users/count", 200)).At("result", "user_count").GetInt32());
    }

    [Fact]
    public async Task An_application_has_several_clients_each_with_settings_of_its_own()
    {
        var app = await servers.ApplicationAsync(engine);
        var path = $"{Apps}/{app.AppId}/clients";
        var made = (await app.Management.PostAsync(path, new { name = "mobile", settings = new { access_token_lifetime = 60, refresh_token_lifetime = 120 } }, 201)).At("result");
        Assert.Equal(["app_id", "client_id", "client_secret", "created_at", "live_secrets", "name", "settings"], made.Names());
        Assert.Equal((60, 3600, 120), (made.At("settings", "access_token_lifetime").GetInt32(), made.At("settings", "id_token_lifetime").GetInt32(), made.At("settings", "refresh_token_lifetime").GetInt32()));
        var listed = (await app.Management.GetAsync(path, 200)).At("result").EnumerateArray().ToList();
        Assert.Equal([app.ClientId, made.Str("client_id")], listed.Select(c => c.Str("client_id")).OrderBy(id => id != app.ClientId));
        Assert.All(listed, c => Assert.False(c.Has("client_secret")));

        await app.UserAsync();
        var second = await app.Server.ClientAsync(made.Str("client_id")!, made.Str("client_secret")!);
        var code = (await (await app.SendAsync(http: second)).JsonAsync(200)).Str("code")!;
        Assert.Equal(60, (await (await app.AuthenticateAsync(code, http: second)).JsonAsync(200)).At("expires_in").GetInt32());

        var one = $"{path}/{made.Str("client_id")}";
        Assert.Equal("renamed", (await app.Management.PutAsync(one, new { name = "renamed" }, 200)).Str("result", "name"));
        Assert.Equal(60, (await app.Management.GetAsync(one, 200)).At("result", "settings", "access_token_lifetime").GetInt32());
        foreach (var settings in new object[] { new { access_token_lifetime = 59 }, new { id_token_lifetime = 86401 }, new { refresh_token_lifetime = 0 }, new { session_lifetime = 31536001 } })
            await app.Management.PutAsync(one, new { settings }, 400);
        await app.Management.DeleteAsync(one, 204);
        await app.Management.DeleteAsync(one, 404);
        await second.GetAsync("/cis/v1/users", 401);
        foreach (var unknown in new[] { path + "/nobody", $"{Apps}/nothing/clients", $"{Apps}/nothing/clients/{app.ClientId}" })
            await app.Management.GetAsync(unknown, 404);
    }

    [Fact]
    public async Task Another_tenants_application_is_not_there()
    {
        var app = await servers.ApplicationAsync(engine);
        var stranger = (await servers.TenantAsync(engine)).Management;
        foreach (var path in new[] { $"{Apps}/{app.AppId}", $"{Apps}/{app.AppId}/clients", $"{Apps}/{app.AppId}/clients/{app.ClientId}", $"/cis/loginPreferences/{app.AppId}" })
            await stranger.GetAsync(path, 404);
        await stranger.PutAsync($"{Apps}/{app.AppId}", new { app_name = "Mine" }, 404);
        await stranger.PutAsync($"/cis/loginPreferences/{app.AppId}/authMethods", new { }, 404);
        await stranger.PostAsync($"{Apps}/{app.AppId}/clients/{app.ClientId}/rotate-secret", new { }, 404);
        await stranger.DeleteAsync($"{Apps}/{app.AppId}", 404);
    }

    [Fact]
    public async Task Login_preferences_are_replaced_not_merged_with_defaults_for_what_is_left_out()
    {
        var tenant = await servers.TenantAsync(engine);
        var made = (await tenant.Management.PostAsync(Apps, new { app_name = "A", redirect_uris = new[] { "https://a.example/" } }, 201)).At("result");
        var path = $"/cis/loginPreferences/{made.Str("app_id")}";
        const string Usual = """{"expiresIn":5,"maxFailures":3,"lockoutDuration":15,"codeLength":6,"crossClientsAllowed":false}""";
        Assert.Equal("{\"result\":{\"auth_methods\":{\"sms\":" + Usual + ",\"email_otp\":" + Usual + "}}}", (await tenant.Management.GetAsync(path, 200)).GetRawText());

        var set = """{"result":{"auth_methods":{"direct_otp":{"expiresIn":10,"maxFailures":3,"lockoutDuration":15,"codeLength":8,"crossClientsAllowed":true}}}}""";
        Assert.Equal(set, (await tenant.Management.PutAsync(path + "/authMethods", new { direct_otp = new { expiresIn = 10, codeLength = 8, crossClientsAllowed = true } }, 200)).GetRawText());
        Assert.Equal(set, (await tenant.Management.GetAsync(path, 200)).GetRawText());
        Assert.Equal("""{"result":{"auth_methods":{}}}""", (await tenant.Management.PutAsync(path + "/authMethods", new { }, 200)).GetRawText());
        await tenant.Management.GetAsync("/cis/loginPreferences/nothing", 404);
        await tenant.Management.PutAsync("/cis/loginPreferences/nothing/authMethods", new { }, 404);
    }

    [Theory]
    [InlineData("expiresIn", 1, 10)]
    [InlineData("maxFailures", 1, 20)]
    [InlineData("lockoutDuration", 1, 1440)]
    [InlineData("codeLength", 4, 8)]
    public async Task A_policy_has_its_range_on_both_sides(string field, int least, int most)
    {
        var app = await servers.ApplicationAsync(engine);
        foreach (var method in new[] { "sms", "email_otp", "direct_otp" })
        {
            foreach (var (value, status) in new[] { (least - 1, 400), (least, 200), (most, 200), (most + 1, 400) })
            {
                var body = await app.Management.PutAsync(
                    $"/cis/loginPreferences/{app.AppId}/authMethods", new Dictionary<string, object> { [method] = new Dictionary<string, int> { [field] = value } }, status);
                if (status == 400)
                    Assert.StartsWith($"{method}.{field} must be ", Assert.Single(body.At("message").Strings()), StringComparison.Ordinal);
                else
                    Assert.Equal(value, body.At("result", "auth_methods", method, field).GetInt32());
            }
        }
    }
}

/// <summary>Rotating a client's secret, on a clock that moves.</summary>
public sealed class SecretRotationTests
{
    [Theory]
    [InlineData(Engine.Sqlite)]
    [InlineData(Engine.Postgres)]
    public async Task Two_secrets_are_live_while_rotating_and_never_more(Engine engine)
    {
        await using var server = await TestServer.StartAsync(engine);
        var app = await server.ApplicationAsync();
        var path = $"/cis/v1/applications/{app.AppId}/clients/{app.ClientId}";
        var second = await RotateAsync(new { overlap_seconds = 600 });
        Assert.Equal((200, 200), (await WorksAsync(app.ClientSecret), await WorksAsync(second)));
        Assert.Equal(2, (await app.Management.GetAsync(path, 200)).At("result", "live_secrets").GetInt32());
        server.Clock.Advance(TimeSpan.FromSeconds(599));
        Assert.Equal(200, await WorksAsync(app.ClientSecret));
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((401, 200), (await WorksAsync(app.ClientSecret), await WorksAsync(second)));

        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var third = await RotateAsync(new { });
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        var fourth = await RotateAsync(new { overlap_seconds = 60 });
        Assert.Equal((401, 200, 200), (await WorksAsync(second), await WorksAsync(third), await WorksAsync(fourth)));
        var fifth = await RotateAsync(new { overlap_seconds = 0 });
        Assert.Equal((401, 200), (await WorksAsync(fourth), await WorksAsync(fifth)));
        await app.Management.PostAsync(path + "/rotate-secret", new { overlap_seconds = -1 }, 400);
        await app.Management.PostAsync(path + "/rotate-secret", new { overlap_seconds = 30 * 86400 + 1 }, 400);
        // Without a body: a day.
        await (await app.Management.PostAsync(path + "/rotate-secret", null)).JsonAsync(200);
        Assert.Equal(200, await WorksAsync(fifth));

        async Task<string> RotateAsync(object body)
        {
            var made = (await app.Management.PostAsync(path + "/rotate-secret", body, 200)).At("result");
            Assert.Equal(app.ClientId, made.Str("client_id"));
            return made.Str("client_secret")!;
        }

        async Task<int> WorksAsync(string secret) => (int)(await server.Http.FormAsync("/oidc/token", (app.ClientId, secret), ("grant_type", "client_credentials"))).StatusCode;
    }
}
