using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

public sealed class AuthenticatesOnSqlite(SharedServers servers) : AuthenticateTests(servers, Engine.Sqlite);

public sealed class AuthenticatesOnPostgres(SharedServers servers) : AuthenticateTests(servers, Engine.Postgres);

/// <summary><c>POST /cis/v1/auth/otp/authenticate</c> and the tokens that it gives out.</summary>
public abstract class AuthenticateTests(SharedServers servers, Engine engine)
{
    private const string Authenticate = "/cis/v1/auth/otp/authenticate";

    [Fact]
    public async Task A_login_gives_out_the_documented_tokens()
    {
        var app = await servers.ApplicationAsync(engine);
        var user = await app.UserAsync();
        var tokens = await app.LoginAsync();
        Assert.Equal(["access_token", "expires_in", "id_token", "refresh_token", "session_id", "token_type"], tokens.Names());
        Assert.Equal(("Bearer", 3600), (tokens.Str("token_type"), tokens.At("expires_in").GetInt32()));
        var now = app.Server.Clock.GetUtcNow().ToUnixTimeSeconds();

        var access = Wire.Claims(tokens.Str("access_token"));
        Assert.Equal(["acr", "amr", "app_id", "app_name", "aud", "auth_time", "client_id", "exp", "iat", "iss", "jti", "roles", "scope", "sid", "sub", "tid"], access.Names());
        Assert.Equal(("at+jwt", "ES256"), (Wire.Header(tokens.Str("access_token")).Str("typ"), Wire.Header(tokens.Str("access_token")).Str("alg")));
        Assert.Equal((user, "userid-api", app.AppId, "Acme", app.ClientId, "openid offline_access"),
            (access.Str("sub"), access.Str("aud"), access.Str("app_id"), access.Str("app_name"), access.Str("client_id"), access.Str("scope")));
        Assert.Equal((now, now + 3600, now), (access.At("iat").GetInt64(), access.At("exp").GetInt64(), access.At("auth_time").GetInt64()));
        Assert.Equal("[]", access.At("roles").GetRawText());
        Assert.Equal(["otp"], access.At("amr").Strings());

        var id = Wire.Claims(tokens.Str("id_token"));
        Assert.Equal(["acr", "amr", "at_hash", "aud", "auth_time", "exp", "iat", "iss", "sid", "sub", "tid"], id.Names());
        Assert.Equal((user, app.ClientId, access.Str("iss"), access.Str("sid")), (id.Str("sub"), id.Str("aud"), id.Str("iss"), id.Str("sid")));
        // OpenID Connect Core §3.1.3.6.
        Assert.Equal(System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(tokens.Str("access_token")!)).AsSpan(0, 16)), id.Str("at_hash"));
    }

    [Fact]
    public async Task Two_methods_in_one_session_make_mfa()
    {
        var app = await servers.ApplicationAsync(engine);
        var phone = Wire.NewPhone();
        await app.UserAsync(phone);
        var sms = await (await app.AuthenticateAsync(Wire.Code(await app.OnlySmsAsync(phone)), phone)).JsonAsync(200);
        Assert.Equal(["sms"], Wire.Claims(sms.Str("id_token")).At("amr").Strings());
        // The same method twice is still one.
        var joined = await JoinAsync(await app.CodeAsync(phone), sms.Str("session_id"), 200);
        Assert.Equal(sms.Str("session_id"), joined.Str("session_id"));
        foreach (var token in new[] { "access_token", "id_token" })
        {
            Assert.Equal(["sms", "otp", "mfa"], Wire.Claims(joined.Str(token)).At("amr").Strings());
            Assert.NotEqual(Wire.Claims(sms.Str(token)).Str("acr"), Wire.Claims(joined.Str(token)).Str("acr"));
            Assert.Equal(Wire.Claims(sms.Str(token)).Str("sid"), Wire.Claims(joined.Str(token)).Str("sid"));
        }
        Assert.Equal(["sms", "otp", "mfa"], Wire.Claims((await JoinAsync(await app.CodeAsync(phone), sms.Str("session_id"), 200)).Str("id_token")).At("amr").Strings());

        Task<JsonElement> JoinAsync(string code, string? session, int status) =>
            app.Http.PostAsync(Authenticate, new { passcode = code, identifier_type = "phone_number", identifier = phone, session_id = session }, status);
    }

    [Fact]
    public async Task A_session_that_is_unknown_or_anothers_is_not_found_and_the_code_still_works()
    {
        var app = await servers.ApplicationAsync(engine, authMethods: new { direct_otp = new { maxFailures = 20 } });
        await app.UserAsync();
        await app.UserAsync("+447400000002");
        var others = await app.LoginAsync("+447400000002");
        var code = await app.CodeAsync();
        foreach (var session in new[] { "nonsense", others.Str("session_id"), others.Str("refresh_token"), Wire.Claims(others.Str("id_token")).Str("sid") })
        {
            var fault = await app.Http.PostAsync(Authenticate, new { passcode = code, identifier_type = "phone_number", identifier = "+447400000001", session_id = session }, 400);
            Assert.Equal(("session_not_found", "Session not found"), (fault.Str("error_code"), fault.Str("message")));
        }
        await (await app.AuthenticateAsync(code)).JsonAsync(200);
    }

    [Fact]
    public async Task A_resource_is_the_audience_of_the_access_token_and_of_refreshed_ones()
    {
        var app = await servers.ApplicationAsync(engine, settings: new { resources = new[] { "https://api.example" } });
        await app.UserAsync();
        var login = await app.Http.PostAsync(Authenticate, await WithAsync("https://api.example"), 200);
        Assert.Equal("https://api.example", Wire.Claims(login.Str("access_token")).Str("aud"));
        Assert.Equal(app.ClientId, Wire.Claims(login.Str("id_token")).Str("aud"));
        var refreshed = await app.Http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = login.Str("refresh_token") }, 200);
        Assert.Equal("https://api.example", Wire.Claims(refreshed.Str("access_token")).Str("aud"));
        foreach (var wrong in new[] { "https://other.example", "api", "https://api.example#x", "" })
            Assert.Equal("system_invalid_input", (await app.Http.PostAsync(Authenticate, await WithAsync(wrong), 400)).Str("error_code"));

        async Task<object> WithAsync(string resource) => new { passcode = await app.CodeAsync(), identifier_type = "phone_number", identifier = "+447400000001", resource };
    }

    [Fact]
    public async Task Claims_are_added_where_asked_for_and_unknown_ones_ignored()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.Http.PostAsync("/cis/v1/users", new { phone_number = "+447400000001", email = "ann@example.com", username = "Ann", language = "en", name = new { first_name = "Ann", last_name = "Example" } }, 201);
        var login = await app.Http.PostAsync(Authenticate, new
        {
            passcode = await app.CodeAsync(),
            identifier_type = "phone_number",
            identifier = "+447400000001",
            claims = new
            {
                id_token = new { phone_number = (object?)null, phone_number_verified = (object?)null, email = new { essential = true }, given_name = new { }, sub = new { value = "x" }, shoe_size = (object?)null },
                access_token = new[] { "preferred_username", "locale", "roles", "shoe_size" },
            },
        }, 200);
        var (id, access) = (Wire.Claims(login.Str("id_token")), Wire.Claims(login.Str("access_token")));
        Assert.Equal(("+447400000001", false, "ann@example.com", "Ann"), (id.Str("phone_number"), id.At("phone_number_verified").GetBoolean(), id.Str("email"), id.Str("given_name")));
        Assert.False(id.Has("shoe_size") || id.Has("family_name") || access.Has("email") || access.Has("shoe_size"));
        Assert.NotEqual("x", id.Str("sub"));
        Assert.Equal(("Ann", "en", "[]"), (access.Str("preferred_username"), access.Str("locale"), access.At("roles").GetRawText()));
    }

    [Fact]
    public async Task Claims_set_on_the_client_are_in_every_id_token()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.UserAsync();
        await app.Management.PutAsync($"/cis/v1/applications/{app.AppId}/clients/{app.ClientId}", new { settings = new { id_token_claims = new[] { "phone_number", "status", "nonsense" } } }, 200);
        var login = await app.LoginAsync();
        var refreshed = await app.Http.PostAsync("/cis/v1/auth/token/refresh", new { refresh_token = login.Str("refresh_token") }, 200);
        foreach (var tokens in new[] { login, refreshed })
            Assert.Equal(("+447400000001", "Active"), (Wire.Claims(tokens.Str("id_token")).Str("phone_number"), Wire.Claims(tokens.Str("id_token")).Str("status")));
    }

    [Fact]
    public async Task An_application_may_have_its_tokens_signed_by_RS256()
    {
        var app = await servers.ApplicationAsync(engine, settings: new { signing_algorithm = "RS256" });
        await app.UserAsync();
        var login = await app.LoginAsync();
        var kids = (await app.Server.Http.GetAsync("/cis/oidc/jwks", 200)).At("keys").EnumerateArray().Where(k => k.Str("alg") == "RS256").Select(k => k.Str("kid")).ToList();
        foreach (var token in new[] { "access_token", "id_token" })
        {
            Assert.Equal("RS256", Wire.Header(login.Str(token)).Str("alg"));
            Assert.Contains(Wire.Header(login.Str(token)).Str("kid"), kids);
        }
    }

    [Fact]
    public async Task A_wrong_code_and_an_unknown_user_are_invalid_credentials_alike()
    {
        var app = await servers.ApplicationAsync(engine);
        await app.UserAsync();
        var code = await app.CodeAsync();
        var (wrong, unknown) = (await (await app.AuthenticateAsync(TestApplication.WrongCode(code))).JsonAsync(400), await (await app.AuthenticateAsync(code, "+447400000002")).JsonAsync(400));
        Assert.Equal(wrong.GetRawText(), unknown.GetRawText());
        Assert.Equal("auth_invalid_credentials", wrong.Str("error_code"));
        // Without a live code too.
        await app.UserAsync("+447400000003");
        Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(code, "+447400000003")).ErrorAsync(400));
    }

    [Fact]
    public async Task Passcode_and_identifier_are_required()
    {
        var app = await servers.ApplicationAsync(engine);
        var fault = await app.Http.PostAsync(Authenticate, new { }, 400);
        Assert.Equal("system_invalid_input", fault.Str("error_code"));
        Assert.Contains("passcode is required", fault.Str("message"), StringComparison.Ordinal);
        Assert.Contains("identifier", fault.Str("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_is_told_with_Retry_After()
    {
        var app = await servers.ApplicationAsync(engine, authMethods: new { direct_otp = new { maxFailures = 2, lockoutDuration = 7 } });
        await app.UserAsync();
        var code = await app.CodeAsync();
        for (var i = 0; i < 2; i++)
            Assert.Equal("auth_invalid_credentials", await (await app.AuthenticateAsync(TestApplication.WrongCode(code))).ErrorAsync(400));
        var locked = await app.AuthenticateAsync(code);
        Assert.Equal(TimeSpan.FromMinutes(7), locked.Headers.RetryAfter!.Delta);
        Assert.Equal("auth_locked", await locked.ErrorAsync(403));
    }

    [Theory]
    [InlineData(true, 200)]
    [InlineData(false, 400)]
    public async Task A_code_of_one_client_works_for_another_only_where_the_policy_says_so(bool allowed, int status)
    {
        var app = await servers.ApplicationAsync(engine, authMethods: new { direct_otp = new { crossClientsAllowed = allowed } });
        await app.UserAsync();
        var made = (await app.Management.PostAsync($"/cis/v1/applications/{app.AppId}/clients", new { name = "second" }, 201)).At("result");
        var second = await app.Server.ClientAsync(made.Str("client_id")!, made.Str("client_secret")!);
        await (await app.AuthenticateAsync(await app.CodeAsync(), http: second)).JsonAsync(status);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public async Task A_code_is_as_long_as_the_policy_says(int length)
    {
        var app = await servers.ApplicationAsync(engine, authMethods: new { direct_otp = new { codeLength = length } });
        await app.UserAsync();
        Assert.Equal(length, (await app.CodeAsync()).Length);
        await app.LoginAsync();
    }
}
