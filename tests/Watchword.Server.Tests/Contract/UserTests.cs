using System.Text.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

public sealed class UsersOnSqlite(SharedServers servers) : UserTests(servers, Engine.Sqlite);

public sealed class UsersOnPostgres(SharedServers servers) : UserTests(servers, Engine.Postgres);

/// <summary><c>/cis/v1/users</c>: creating, finding, changing and removing one user.</summary>
public abstract class UserTests(SharedServers servers, Engine engine)
{
    private static readonly object Everything = new
    {
        email = "Ann.Example@Example.COM",
        phone_number = "+44 7400 000001",
        username = "Ann",
        secondary_emails = new[] { "second@example.com" },
        secondary_phone_numbers = new[] { "+447400000002" },
        name = new { title = "Dr", first_name = "Ann", middle_name = "B", last_name = "Example" },
        birthday = "1990-12-31",
        address = new { city = "London", lines = new[] { "1 Street" } },
        picture = "https://example.com/ann.png",
        language = "en-GB",
        external_account_id = "account-1",
        external_user_id = "external-1",
        custom_data = new { a = 1, b = new { c = "ü" } },
        custom_app_data = new { d = true },
        something_unknown = "ignored",
    };

    [Fact]
    public async Task A_user_is_created_with_all_fields_and_answered_inside_result()
    {
        var app = await servers.ApplicationAsync(engine);
        var body = await app.Http.PostAsync("/cis/v1/users", Everything, 201);
        Assert.Equal(["result"], body.Names());
        var user = body.At("result");
        var now = app.Server.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.Equal(("Pending", now, now), (user.Str("status"), user.At("created_at").GetInt64(), user.At("updated_at").GetInt64()));
        Assert.Equal("""{"value":"+447400000001","phone_number_verified":false}""", user.At("phone_number").GetRawText());
        Assert.Equal("""{"value":"ann.example@example.com","email_verified":false}""", user.At("email").GetRawText());
        Assert.Equal("""{"title":"Dr","first_name":"Ann","middle_name":"B","last_name":"Example"}""", user.At("name").GetRawText());
        Assert.Equal("""{"city":"London","lines":["1 Street"]}""", user.At("address").GetRawText());
        Assert.Equal("ü", user.Str("custom_data", "b", "c"));
        Assert.True(user.At("custom_app_data", "d").GetBoolean());
        Assert.Equal(("Ann", "1990-12-31", "https://example.com/ann.png", "en-GB"), (user.Str("username"), user.Str("birthday"), user.Str("picture"), user.Str("language")));
        Assert.Equal(("account-1", "external-1"), (user.Str("external_account_id"), user.Str("external_user_id")));
        Assert.Equal(["second@example.com"], user.At("secondary_emails").Strings());
        Assert.Equal(["+447400000002"], user.At("secondary_phone_numbers").Strings());
        Assert.Equal(0, user.At("identities").GetArrayLength());
        Assert.Equal(user.GetRawText(), (await app.Http.GetAsync($"/cis/v1/users/{user.Str("user_id")}", 200)).At("result").GetRawText());
    }

    [Fact]
    public async Task An_email_or_a_phone_number_is_required()
    {
        var app = await servers.ApplicationAsync(engine);
        var fault = await app.Http.PostAsync("/cis/v1/users", new { username = "ann" }, 400);
        Assert.Equal(["error_code", "message"], fault.Names());
        Assert.Equal(400, fault.At("error_code").GetInt32());
        Assert.Equal("An email or a phone_number is required.", Assert.Single(fault.At("message").Strings()));
        await app.Http.PostAsync("/cis/v1/users", new { email = "a@example.com" }, 201);
        await app.Http.PostAsync("/cis/v1/users", new { phone_number = "+447400000001" }, 201);
        var both = await app.Http.PostAsync("/cis/v1/users", new { phone_number = "1", email = "2" }, 400);
        Assert.Equal(2, both.At("message").GetArrayLength());
    }

    [Fact]
    public async Task A_user_that_is_in_the_application_already_or_clashes_is_a_conflict()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.Http.PostAsync("/cis/v1/users", new { phone_number = "+447400000001", email = "a@example.com", username = "ann", external_user_id = "x" }, 201);
        await app.Http.PostAsync("/cis/v1/users", new { phone_number = "+447400000002", email = "b@example.com" }, 201);
        foreach (var (body, code) in new (object, string)[]
        {
            (new { phone_number = "+44 (7400) 000-001" }, "user_already_exists"), (new { email = "A@EXAMPLE.com" }, "user_already_exists"),
            (new { phone_number = "+447400000001", email = "b@example.com" }, "identifier_conflict"), (new { phone_number = "+447400000003", username = "ANN" }, "identifier_taken"),
            (new { phone_number = "+447400000003", external_user_id = "x" }, "identifier_taken"),
        })
        {
            var fault = await app.Http.PostAsync("/cis/v1/users", body, 409);
            Assert.Equal(["error_code", "message", "ts_error_code"], fault.Names());
            Assert.Equal((409, code), (fault.At("error_code").GetInt32(), fault.Str("ts_error_code")));
        }
        Assert.Equal(2, (await app.Http.GetAsync("/cis/v1/users/count", 200)).At("result", "user_count").GetInt32());
    }

    [Fact]
    public async Task A_user_of_another_application_is_only_added_and_nothing_else_of_it_changes()
    {
        var tenant = await servers.TenantAsync(engine);
        var (one, two) = (await tenant.ApplicationAsync(), await tenant.ApplicationAsync());
        var first = (await one.Http.PostAsync("/cis/v1/users", Everything, 201)).At("result");
        var linked = (await two.Http.PostAsync("/cis/v1/users", new
        {
            phone_number = "+447400000001",
            name = new { first_name = "Mallory" },
            birthday = "2000-01-01",
            custom_data = new { taken = true },
            external_account_id = "other",
            username = "elsewhere",
            custom_app_data = new { own = 1 },
        }, 201)).At("result");

        Assert.Equal(first.Str("user_id"), linked.Str("user_id"));
        foreach (var field in new[] { "name", "birthday", "custom_data", "external_account_id", "email", "phone_number", "status", "created_at", "updated_at", "address", "picture" })
            Assert.Equal(first.At(field).GetRawText(), linked.At(field).GetRawText());
        // What belongs to the application alone is its own.
        Assert.Equal(("elsewhere", 1), (linked.Str("username"), linked.At("custom_app_data", "own").GetInt32()));
        Assert.Equal(first.GetRawText(), (await one.Http.GetAsync($"/cis/v1/users/{first.Str("user_id")}", 200)).At("result").GetRawText());
        await two.Http.PostAsync("/cis/v1/users", new { email = "ann.example@example.com" }, 409);
    }

    [Fact]
    public async Task A_user_added_to_another_application_gets_no_new_email_or_phone_number()
    {
        var tenant = await servers.TenantAsync(engine);
        var (one, two) = (await tenant.ApplicationAsync(), await tenant.ApplicationAsync());
        var user = await one.UserAsync();
        var linked = (await two.Http.PostAsync("/cis/v1/users", new { phone_number = "+447400000001", email = "mallory@example.com" }, 201)).At("result");
        Assert.Equal(user, linked.Str("user_id"));
        Assert.False(linked.Has("email"));
        await tenant.Management.GetAsync("/cis/v1/users/email/mallory@example.com", 404);
    }

    [Theory]
    [InlineData("phone-number/%2B447400000001")]
    [InlineData("phone-number/+447400000001")]
    [InlineData("phone-number/%2B44%207400%20000001")]
    [InlineData("phone-number/00447400000001")]
    [InlineData("email/ann.example@example.com")]
    [InlineData("email/ANN.EXAMPLE%40EXAMPLE.COM")]
    [InlineData("username/Ann")]
    [InlineData("username/ANN")]
    [InlineData("external-user-id/external-1")]
    public async Task A_user_is_found_by_each_identifier(string path)
    {
        var app = await servers.ApplicationAsync(engine);
        var made = (await app.Http.PostAsync("/cis/v1/users", Everything, 201)).At("result");
        Assert.Equal(made.GetRawText(), (await app.Http.GetAsync("/cis/v1/users/" + path, 200)).At("result").GetRawText());
        Assert.Equal(made.Str("user_id"), (await app.Management.GetAsync("/cis/v1/users/" + path, 200)).Str("result", "user_id"));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("phone-number/%2B447400000099")]
    [InlineData("email/nobody@example.com")]
    [InlineData("username/nobody")]
    [InlineData("external-user-id/External-1")]
    public async Task Nobody_is_found_by_an_unknown_identifier(string path)
    {
        var app = await servers.ApplicationAsync(engine);
        await app.Http.PostAsync("/cis/v1/users", Everything, 201);
        var fault = await app.Http.GetAsync("/cis/v1/users/" + path, 404);
        Assert.Equal(["error_code", "message"], fault.Names());
        Assert.Equal((404, JsonValueKind.String), (fault.At("error_code").GetInt32(), fault.At("message").ValueKind));
    }

    [Fact]
    public async Task A_change_leaves_what_is_absent_replaces_objects_and_clears_what_is_null()
    {
        var app = await servers.ApplicationAsync(engine);
        var made = (await app.Http.PostAsync("/cis/v1/users", Everything, 201)).At("result");
        var path = $"/cis/v1/users/{made.Str("user_id")}";
        Assert.Equal(made.GetRawText(), (await app.Http.PutAsync(path, new { }, 200)).At("result").GetRawText());

        var changed = (await app.Http.PutAsync(path, new
        {
            name = new { first_name = "Anna" },
            custom_data = new { z = 1 },
            secondary_emails = Array.Empty<string>(),
            birthday = (string?)null,
            address = (object?)null,
            username = (string?)null,
            unknown = 1,
        }, 200)).At("result");

        Assert.Equal("""{"first_name":"Anna"}""", changed.At("name").GetRawText());
        Assert.Equal("""{"z":1}""", changed.At("custom_data").GetRawText());
        Assert.Equal(0, changed.At("secondary_emails").GetArrayLength());
        Assert.False(changed.Has("birthday") || changed.Has("address") || changed.Has("username"));
        foreach (var field in new[] { "picture", "language", "external_user_id", "external_account_id", "custom_app_data", "secondary_phone_numbers", "phone_number", "email", "created_at", "status" })
            Assert.Equal(made.At(field).GetRawText(), changed.At(field).GetRawText());
        Assert.Equal(changed.GetRawText(), (await app.Http.GetAsync(path, 200)).At("result").GetRawText());
    }

    [Fact]
    public async Task A_change_may_not_take_anothers_identifier_or_leave_a_user_without_one()
    {
        var app = await servers.ApplicationAsync(engine);
        var user = await app.UserAsync();
        await app.Http.PostAsync("/cis/v1/users", new { phone_number = "+447400000002", email = "b@example.com", username = "bob", external_user_id = "b" }, 201);
        foreach (var body in new object[] { new { phone_number = "+447400000002" }, new { email = "B@example.com" }, new { username = "BOB" }, new { external_user_id = "b" } })
            Assert.Equal("identifier_taken", (await app.Http.PutAsync($"/cis/v1/users/{user}", body, 409)).Str("ts_error_code"));
        await app.Http.PutAsync($"/cis/v1/users/{user}", new { phone_number = (string?)null }, 400);
        await app.Http.PutAsync($"/cis/v1/users/{user}", new { phone_number = (string?)null, email = "c@example.com" }, 200);
        await app.Http.PutAsync("/cis/v1/users/nobody", new { email = "d@example.com" }, 404);
    }

    [Fact]
    public async Task A_new_number_is_not_verified_and_kills_open_codes_and_sessions()
    {
        var app = await servers.ApplicationAsync(engine, settings: new { send_limits = new { cooldown_seconds = 0 } });
        var phone = Wire.NewPhone();
        var user = await app.UserAsync(phone);
        var login = await (await app.AuthenticateAsync(Wire.Code(await app.OnlySmsAsync(phone)), phone)).JsonAsync(200);
        Assert.True((await app.Http.GetAsync($"/cis/v1/users/{user}", 200)).At("result", "phone_number", "phone_number_verified").GetBoolean());
        var open = await app.CodeAsync(phone);

        var changed = (await app.Http.PutAsync($"/cis/v1/users/{user}", new { phone_number = "+447400000055" }, 200)).At("result");
        Assert.Equal("""{"value":"+447400000055","phone_number_verified":false}""", changed.At("phone_number").GetRawText());
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(open, "+447400000055")).ErrorAsync(400));
        Assert.Equal("auth_invalid_credentials", (await app.Http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = login.Str("refresh_token") }, 400)).Str("error_code"));
        // The number is free again.
        await app.Http.PostAsync("/cis/v1/users", new { phone_number = phone }, 201);
    }

    [Fact]
    public async Task Only_a_management_client_disables_a_user()
    {
        var app = await servers.ApplicationAsync(engine);
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        await app.Http.PutAsync($"/cis/v1/users/{user}", new { status = "Disabled" }, 403);
        await app.Management.PutAsync($"/cis/v1/users/{user}", new { status = "Sleeping" }, 400);
        await app.Management.PutAsync($"/cis/v1/users/{user}", new { status = "Pending" }, 400);
        Assert.Equal("Disabled", (await app.Management.PutAsync($"/cis/v1/users/{user}", new { status = "Disabled" }, 200)).Str("result", "status"));

        Assert.Equal("user_not_active", await (await app.SendAsync()).ErrorAsync(403));
        Assert.Equal("user_not_active", await (await app.AuthenticateAsync("123456")).ErrorAsync(403));
        await app.Http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = login.Str("refresh_token") }, 400);
        Assert.Equal("Active", (await app.Management.PutAsync($"/cis/v1/users/{user}", new { status = "Active" }, 200)).Str("result", "status"));
        await app.LoginAsync();
    }

    [Fact]
    public async Task Removing_a_user_from_an_application_leaves_it_in_the_tenant()
    {
        var tenant = await servers.TenantAsync(engine);
        var (one, two) = (await tenant.ApplicationAsync(), await tenant.ApplicationAsync());
        var user = await one.UserAsync();
        await two.UserAsync();
        await one.Http.DeleteAsync($"/cis/v1/users/{user}/apps", 204);
        await one.Http.GetAsync($"/cis/v1/users/{user}", 404);
        await one.Http.DeleteAsync($"/cis/v1/users/{user}/apps", 404);
        await two.Http.GetAsync($"/cis/v1/users/{user}", 200);
        await two.Http.DeleteAsync($"/cis/v1/users/{user}/apps", 204);
        Assert.False((await tenant.Management.GetAsync($"/cis/v1/users/{user}", 200)).At("result").Has("username"));
        Assert.Equal(user, await one.UserAsync());
        await tenant.Management.DeleteAsync($"/cis/v1/users/{user}/apps", 403);
    }

    [Fact]
    public async Task A_management_client_deletes_a_user_from_the_tenant()
    {
        var app = await servers.ApplicationAsync(engine);
        var user = await app.UserAsync();
        var login = await app.LoginAsync();
        await app.Http.DeleteAsync($"/cis/v1/manage/users/{user}", 403);
        await app.Management.DeleteAsync($"/cis/v1/manage/users/{user}", 204);
        await app.Management.DeleteAsync($"/cis/v1/manage/users/{user}", 404);
        await app.Management.GetAsync($"/cis/v1/users/{user}", 404);
        await app.Http.PostAsync("/cis/v1/auth/session/authenticate", new { session_id = login.Str("session_id") }, 400);
        Assert.NotEqual(user, await app.UserAsync());
    }

    [Fact]
    public async Task What_a_login_leaves_on_a_user_is_told_in_the_documented_form()
    {
        var app = await servers.ApplicationAsync(engine);
        var phone = Wire.NewPhone();
        var user = await app.UserAsync(phone);
        await (await app.AuthenticateAsync(Wire.Code(await app.OnlySmsAsync(phone)), phone)).JsonAsync(200);
        await app.LoginAsync(phone);
        var seen = (await app.Http.GetAsync($"/cis/v1/users/{user}", 200)).At("result");
        Assert.Equal("Active", seen.Str("status"));
        Assert.Equal(app.Server.Clock.GetUtcNow(), seen.At("phone_number", "verified_at").GetDateTimeOffset());
        Assert.Equal(app.Server.Clock.GetUtcNow(), seen.At("last_auth").GetDateTimeOffset());
        Assert.Equal(["sms_otp", "direct_otp"], seen.At("identities").EnumerateArray().Select(i => i.Str("auth_type")));
    }

    [Fact]
    public async Task Custom_data_that_nests_as_deep_as_allowed_can_be_read_again()
    {
        var app = await servers.ApplicationAsync(engine);
        var deep = Robustness.Surface.Nested(32);
        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"phone_number":"+447400000001","custom_data":{{deep}},"custom_app_data":{{deep}}}""");
        var made = await (await Raw.SendAsync(app.Http, HttpMethod.Post, "/cis/v1/users", body)).JsonAsync(201);
        Assert.Equal(deep, made.At("result", "custom_data").GetRawText());
        Assert.Equal(deep, (await app.Http.GetAsync("/cis/v1/users", 200)).At("result")[0].At("custom_app_data").GetRawText());
    }
}
