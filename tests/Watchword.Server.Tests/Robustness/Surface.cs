using System.Data.Common;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Routing;
using Watchword.Server.Api;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Robustness;

/// <summary>What a field of a body holds.</summary>
internal enum Kind
{
    Text,
    Whole,
    Truth,
    Texts,
    Object,
    Json,
}

/// <summary>A field, with a value that is right.</summary>
internal sealed record Field(string Name, Kind Kind, string Right, bool Required = false);

/// <summary>An endpoint that takes JSON: who may call it, where, how it refuses, and its fields.</summary>
internal sealed record JsonEndpoint(string Name, HttpMethod Method, string Path, bool Management, ErrorShape Shape, params Field[] Fields)
{
    /// <summary>Codes that refuse a body; others would mean that it was taken for a good one.</summary>
    public string[] Codes { get; init; } = ["system_invalid_input"];

    /// <summary>Whether <c>{}</c> says enough.</summary>
    public bool EmptyIsFine { get; init; }

    /// <summary>Whether a body may be left out.</summary>
    public bool BodyIsOptional { get; init; }

    /// <summary>A right body, with some fields written otherwise; a null value leaves a field out.</summary>
    public string Body(params (string Name, string? Json)[] changes)
    {
        var fields = Fields.Where(f => f.Required).ToDictionary(f => f.Name, f => (string?)f.Right);
        foreach (var (name, json) in changes)
            fields[name] = json;
        return "{" + string.Join(',', fields.Where(f => f.Value is not null).Select(f => $"\"{f.Key}\":{f.Value}")) + "}";
    }
}

/// <summary>All that the outside can reach, and what it must look like when it refuses.</summary>
internal static class Surface
{
    private static readonly Field[] Settings = [new("settings", Kind.Object, "{}")];

    private static readonly Field[] Demands = [new("max_age", Kind.Whole, "60"), new("acr_values", Kind.Text, "\"urn:watchword:acr:otp\"")];

    private static readonly Field[] UserFields =
    [
        new("email", Kind.Text, "\"ann@example.com\""),
        new("username", Kind.Text, "\"ann\""),
        new("secondary_emails", Kind.Texts, "[]"),
        new("secondary_phone_numbers", Kind.Texts, "[]"),
        new("name", Kind.Object, "{}"),
        new("birthday", Kind.Text, "\"1990-12-31\""),
        new("address", Kind.Json, "{}"),
        new("picture", Kind.Text, "\"https://example.com/a.png\""),
        new("language", Kind.Text, "\"en\""),
        new("external_account_id", Kind.Text, "\"a\""),
        new("external_user_id", Kind.Text, "\"b\""),
        new("custom_data", Kind.Json, "{}"),
        new("custom_app_data", Kind.Json, "{}"),
    ];

    public static readonly IReadOnlyList<JsonEndpoint> Json =
    [
        new("create user", HttpMethod.Post, "/cis/v1/users", false, ErrorShape.Resource, [new("phone_number", Kind.Text, "\"+447400000077\"", true), .. UserFields]),
        new("change user", HttpMethod.Put, "/cis/v1/users/{user}", false, ErrorShape.Resource, [new("phone_number", Kind.Text, "\"+447400000077\""), .. UserFields]) { EmptyIsFine = true },
        new("send", HttpMethod.Post, "/cis/v1/auth/otp/send", false, ErrorShape.Login,
            new("channel", Kind.Text, "\"direct\"", true), new("identifier_type", Kind.Text, "\"phone_number\"", true), new("identifier", Kind.Text, "\"+447400000001\"", true),
            new("custom_sms_input", Kind.Object, "{}"), new("custom_message", Kind.Text, "\"{otp} {app}\""), new("sender_id", Kind.Text, "\"Acme\""),
            new("custom_phone_number", Kind.Text, "\"+447400000009\""), new("custom_email", Kind.Text, "\"a@example.com\""), new("email_content", Kind.Object, "{}"),
            new("approval_data", Kind.Json, "{}"), new("expires_in", Kind.Whole, "1"), new("generate_request_id", Kind.Truth, "true"), new("client_attributes", Kind.Object, "{}")),
        new("authenticate", HttpMethod.Post, "/cis/v1/auth/otp/authenticate", false, ErrorShape.Login,
            new("passcode", Kind.Text, "\"123456\"", true), new("identifier_type", Kind.Text, "\"phone_number\"", true), new("identifier", Kind.Text, "\"+447400000001\"", true),
            new("request_id", Kind.Text, "\"r\""), new("session_id", Kind.Text, "\"s\""), new("resource", Kind.Text, "\"https://api.example\""), new("claims", Kind.Json, "{}"),
            new("client_attributes", Kind.Object, "{}")),
        new("refresh", HttpMethod.Post, "/cis/v1/auth/token/refresh", false, ErrorShape.Login, [new("refresh_token", Kind.Text, "\"x\"", true), .. Demands]) { Codes = ["system_invalid_input", "auth_invalid_credentials"] },
        new("session", HttpMethod.Post, "/cis/v1/auth/session/authenticate", false, ErrorShape.Login, [new("session_id", Kind.Text, "\"x\"", true), .. Demands]) { Codes = ["system_invalid_input", "session_not_found"] },
        new("logout", HttpMethod.Post, "/cis/v1/auth/session/logout", false, ErrorShape.Login, new Field("session_id", Kind.Text, "\"x\"", true)) { Codes = ["system_invalid_input", "session_not_found"] },
        new("create application", HttpMethod.Post, "/cis/v1/applications", true, ErrorShape.Resource,
            [new("app_name", Kind.Text, "\"A\"", true), new("redirect_uris", Kind.Texts, "[\"https://a.example/\"]", true), .. Settings]),
        new("change application", HttpMethod.Put, "/cis/v1/applications/{app}", true, ErrorShape.Resource,
            [new("app_name", Kind.Text, "\"A\""), new("redirect_uris", Kind.Texts, "[\"https://a.example/\"]"), .. Settings]) { EmptyIsFine = true },
        new("create client", HttpMethod.Post, "/cis/v1/applications/{app}/clients", true, ErrorShape.Resource, [new("name", Kind.Text, "\"c\"", true), .. Settings]),
        new("change client", HttpMethod.Put, "/cis/v1/applications/{app}/clients/{client}", true, ErrorShape.Resource, [new("name", Kind.Text, "\"c\""), .. Settings]) { EmptyIsFine = true },
        new("rotate secret", HttpMethod.Post, "/cis/v1/applications/{app}/clients/{client}/rotate-secret", true, ErrorShape.Resource, new Field("overlap_seconds", Kind.Whole, "60")) { EmptyIsFine = true, BodyIsOptional = true },
        new("login preferences", HttpMethod.Put, "/cis/loginPreferences/{app}/authMethods", true, ErrorShape.Resource,
            new Field("sms", Kind.Object, "{}"), new("email_otp", Kind.Object, "{}"), new("direct_otp", Kind.Object, "{}")) { EmptyIsFine = true },
        new("delivery settings", HttpMethod.Put, "/cis/v1/tenantsmsproviders", true, ErrorShape.Resource,
            new("providers", Kind.Texts, "[]", true), new("routes", Kind.Texts, "[]"), new("prices", Kind.Texts, "[]"), new("currency", Kind.Text, "\"EUR\"")),
        new("retention", HttpMethod.Put, "/cis/v1/retention", true, ErrorShape.Resource,
            new Field("message_days", Kind.Whole, "90"), new("challenge_days", Kind.Whole, "7"), new("session_days", Kind.Whole, "30"), new("audit_days", Kind.Whole, "400")) { EmptyIsFine = true },
        new("verify audit", HttpMethod.Post, "/cis/v1/audit/verify", true, ErrorShape.Resource, new Field("head", Kind.Text, $"\"1:{new string('0', 64)}\"")) { EmptyIsFine = true, BodyIsOptional = true },
        new("test message", HttpMethod.Post, "/cis/v1/tenantsmsproviders/test", true, ErrorShape.Resource,
            new("to", Kind.Text, "\"+447400000077\"", true), new("sender", Kind.Text, "\"Acme\""), new("provider_id", Kind.Text, "\"p\"")),
        // Nobody listens there.
        new("create webhook", HttpMethod.Post, "/cis/v1/webhooks", true, ErrorShape.Resource,
            new("uri", Kind.Text, "\"https://127.0.0.1:9/\"", true), new("api_key", Kind.Text, "\"k\"", true), new("events", Kind.Texts, "[\"user.locked\"]", true), new("enabled", Kind.Truth, "true")),
        new("change webhook", HttpMethod.Put, "/cis/v1/webhooks/x", true, ErrorShape.Resource,
            new("uri", Kind.Text, "\"https://127.0.0.1:9/\""), new("api_key", Kind.Text, "\"k\""), new("events", Kind.Texts, "[\"user.locked\"]"), new("enabled", Kind.Truth, "true")) { EmptyIsFine = true },
        new("rotate webhook secret", HttpMethod.Post, "/cis/v1/webhooks/x/rotate-secret", true, ErrorShape.Resource, new Field("overlap_seconds", Kind.Whole, "60")) { EmptyIsFine = true, BodyIsOptional = true },
    ];

    /// <summary>Bad values that are bad in whatever field, as JSON.</summary>
    private static readonly string[] AlwaysWrong = ["\"\\ud800\"", "\"\\udc00x\"", "\"a\\u0000b\"", "[[[]]]", "1e999"];

    /// <summary>What does not belong into a field of this kind.</summary>
    public static IEnumerable<string> Wrong(Field field)
    {
        var own = field.Kind switch
        {
            Kind.Text => new[] { "5", "true", "[]", "{}", "[\"x\"]" },
            Kind.Whole => ["\"abc\"", "\"\"", "true", "[]", "{}", "1.5", "99999999999999999999", "\"NaN\"", "-1", "0x10", "\"١\""],
            Kind.Truth => ["\"yes\"", "1", "[]", "{}", "\"true\""],
            Kind.Texts => ["5", "\"x\"", "{}", "[5]", "[{}]", "[null]", "[\"\\ud800\"]", "[\"\\u0000\"]", "[[]]"],
            Kind.Object => ["5", "\"x\"", "[]", "true"],
            _ =>
            [
                "5", "\"x\"", "[]", "true", "{\"a\":\"\\ud800\"}", "{\"\\ud800\":1}", "{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}", Nested(63), "{\"id_token\":[\"\\ud800\"]}",
            ],
        };
        return field.Required ? [.. AlwaysWrong, .. own, "null", null!] : [.. AlwaysWrong, .. own];
    }

    /// <summary>Wrong members of the objects inside bodies.</summary>
    public static readonly IReadOnlyList<(string Endpoint, string Field, string Json)> WrongInside =
    [
        ("create user", "name", "{\"first_name\":5}"),
        ("create user", "name", "{\"last_name\":\"\\ud800\"}"),
        ("send", "custom_sms_input", "{\"custom_message\":5}"),
        ("send", "custom_sms_input", "{\"custom_message\":\"no places\"}"),
        ("send", "custom_sms_input", "{\"sender_id\":\"not allowed!\"}"),
        ("send", "email_content", "{\"subject\":\"two\\r\\nlines\"}"),
        ("send", "email_content", "{\"subject\":[]}"),
        ("send", "channel", "\"SMS\""),
        ("send", "channel", "\"voice\""),
        ("send", "channel", "\"\""),
        ("send", "identifier_type", "\"telepathy\""),
        ("send", "identifier", "\"\""),
        ("send", "identifier", "\"not a number\""),
        ("send", "approval_data", "{\"a\":{}}"),
        ("send", "approval_data", "{\"a b\":1}"),
        ("send", "approval_data", "{\"a\":1,\"a\":2}"),
        ("send", "client_attributes", "{\"user_agent\":5}"),
        ("authenticate", "identifier_type", "\"telepathy\""),
        ("authenticate", "identifier", "\"07400\""),
        ("authenticate", "resource", "\"not a uri\""),
        ("authenticate", "resource", "\"https://a.example/#x\""),
        ("authenticate", "claims", "{\"id_token\":5}"),
        ("authenticate", "claims", "{\"access_token\":[5]}"),
        ("authenticate", "claims", "{\"id_token\":{\"\\ud800\":null}}"),
        ("authenticate", "claims", "{\"id_token\":[\"\\ud800\"]}"),
        ("create application", "settings", "{\"signing_algorithm\":\"none\"}"),
        ("create application", "settings", "{\"signing_algorithm\":7}"),
        ("create application", "settings", "{\"signing_algorithm\":1}"),
        ("create application", "settings", "{\"signing_algorithm\":\"7\"}"),
        ("create application", "settings", "{\"conceal_unknown_users\":\"yes\"}"),
        ("create application", "settings", "{\"send_limits\":{\"per_hour\":-1}}"),
        ("create application", "settings", "{\"send_limits\":{\"per_10_minutes\":1e10}}"),
        ("create application", "settings", "{\"send_limits\":[]}"),
        ("create application", "settings", "{\"resources\":[\"x\"]}"),
        ("create application", "settings", "{\"resources\":[null]}"),
        ("create application", "redirect_uris", "[null]"),
        ("create application", "redirect_uris", "[]"),
        ("create application", "redirect_uris", "[\"http://a.example/\"]"),
        ("create application", "app_name", "\"\""),
        ("create client", "settings", "{\"access_token_lifetime\":0}"),
        ("create client", "settings", "{\"session_lifetime\":-1}"),
        ("create client", "settings", "{\"id_token_claims\":5}"),
        ("create client", "settings", "{\"session_idle_lifetime\":59}"),
        ("create client", "settings", "{\"session_idle_lifetime\":31536001}"),
        ("create client", "settings", "{\"access_token_claims\":{}}"),
        ("create client", "settings", "{\"token_endpoint_auth_method\":\"none\"}"),
        ("create client", "settings", "{\"token_endpoint_auth_method\":\"private_key_jwt\"}"),
        ("create client", "settings", "{\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}}"),
        ("create client", "settings", "{\"jwks\":{\"keys\":[{\"kid\":\"\\ud800\"}]}}"),
        ("create client", "settings", "{\"jwks\":{\"keys\":[{\"other\":\"\\ud800\"}]}}"),
        ("refresh", "max_age", "-1"),
        ("session", "max_age", "315360001"),
        ("session", "acr_values", "\"urn:watchword:acr:gold\""),
        ("rotate secret", "overlap_seconds", "2592001"),
        ("login preferences", "sms", "{\"expiresIn\":0}"),
        ("login preferences", "sms", "{\"codeLength\":\"six\"}"),
        ("login preferences", "direct_otp", "{\"crossClientsAllowed\":5}"),
        ("login preferences", "email_otp", "{\"maxFailures\":null,\"lockoutDuration\":1441}"),
        ("delivery settings", "providers", "[{\"provider\":\"Telepathy\"}]"),
        ("delivery settings", "providers", "[{\"provider\":5}]"),
        ("delivery settings", "providers", "[{\"provider\":null,\"max_per_second\":1e999,\"max_concurrency\":0,\"name\":\"\"}]"),
        ("delivery settings", "providers", "[{\"provider\":\"x\",\"field\":\"\\ud800\"}]"),
        ("delivery settings", "providers", "[{\"\\ud800\":\"x\"}]"),
        ("delivery settings", "routes", "[{\"match\":[null],\"providers\":[null]}]"),
        ("delivery settings", "routes", "[{\"match\":[\"+44\"],\"providers\":[{\"provider_id\":\"nobody\"}]}]"),
        ("delivery settings", "routes", "[{\"channel\":\"direct\",\"providers\":[{}]}]"),
        ("delivery settings", "prices", "[{\"price_micros\":-1}]"),
        ("delivery settings", "prices", "[{\"price_micros\":1.5}]"),
        ("delivery settings", "prices", "[{\"region\":\"United Kingdom\",\"price_micros\":1}]"),
        ("delivery settings", "currency", "\"euro\""),
        ("retention", "message_days", "0"),
        ("retention", "session_days", "3651"),
        ("retention", "audit_days", "29"),
        ("verify audit", "head", "\"17\""),
        ("verify audit", "head", "\"0:ff\""),
        ("test message", "to", "\"somebody\""),
        ("test message", "sender", "\"not allowed!\""),
        ("create webhook", "uri", "\"http://hooks.example.com\""),
        ("create webhook", "uri", "\"https://u:p@hooks.example.com\""),
        ("create webhook", "uri", "\"https://10.1.2.3/\""),
        ("create webhook", "uri", "\"ftp://hooks.example.com\""),
        ("create webhook", "uri", "\"\""),
        ("create webhook", "api_key", "\"\""),
        ("create webhook", "api_key", "\"two\\r\\nlines\""),
        ("create webhook", "events", "[]"),
        ("create webhook", "events", "[\"user.hatched\"]"),
        ("create webhook", "events", "[\"user.locked user.created\"]"),
        ("change webhook", "uri", "\"http://hooks.example.com\""),
        ("change webhook", "events", "[]"),
        ("change webhook", "api_key", "\"\""),
        ("rotate webhook secret", "overlap_seconds", "2592001"),
    ];

    /// <summary>Bodies that are no JSON object at all.</summary>
    public static IEnumerable<(string Name, byte[] Body)> BrokenBodies(string field)
    {
        foreach (var text in new[] { "null", "[]", "5", "\"x\"", "true", "{", "}", "{]", "[1", "{\"a\"}", "{a:1}", "{'a':1}", "{\"a\":}", "{}x", "{\"a\":01}", "NaN", "{\"a\":\"\t\"}", "// {}", "{,}" })
            yield return (text, Encoding.UTF8.GetBytes(text));
        yield return ("spaces", "   "u8.ToArray());
        yield return ("only a byte order mark", [0xEF, 0xBB, 0xBF]);
        yield return ("UTF-16", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("{\"channel\":\"sms\"}")).ToArray());
        foreach (var (name, bytes) in new (string, byte[])[] { ("a broken byte", [0xFF]), ("an overlong slash", [0xC0, 0xAF]), ("half a surrogate", [0xED, 0xA0, 0x80]), ("a cut character", [0xF0, 0x9F, 0x98]) })
            yield return (name + " for UTF-8", [.. Encoding.UTF8.GetBytes($"{{\"{field}\":\""), .. bytes, .. "\"}"u8]);
        yield return ("NUL bytes", new byte[100]);
        yield return ("ten thousand brackets", Encoding.UTF8.GetBytes(new string('[', 10_000)));
        yield return ("ten thousand objects", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000))));
        yield return ("an unknown field that nests too deep", Encoding.UTF8.GetBytes("{\"unknown\":" + new string('[', 100) + new string(']', 100) + "}"));
    }

    public static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

    /// <summary>Every route of the API that wants a client's token, with something in place of its parameters.</summary>
    public static IReadOnlyList<(HttpMethod Method, string Path, ErrorShape Shape, CallerKind Kind)> Protected(TestServer server) =>
        [.. server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<RequireClientAttribute>() is not null)
            .Select(e => (
                new HttpMethod(e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]),
                string.Join('/', e.RoutePattern.RawText!.Split('/').Select(part => part.StartsWith('{') ? "x" : part)),
                e.Metadata.GetMetadata<ErrorShapeAttribute>()!.Shape,
                e.Metadata.GetMetadata<RequireClientAttribute>()!.Kind))];

    /// <summary>A refusal: 4xx, in the endpoint's shape, without a word of our insides. Its code.</summary>
    public static async Task<string> RefusedAsync(HttpResponseMessage answer, ErrorShape shape, string context)
    {
        var status = (int)answer.StatusCode;
        var text = await answer.Content.ReadAsStringAsync();
        var message = $"{context} => {status}: {(text.Length > 600 ? text[..600] : text)}";
        Assert.True(status is >= 400 and < 500, message);
        SaysNothingOfOurInsides(text, message);
        JsonElement body = default;
        Assert.True(Try(() => body = JsonElement.Parse(text)), message);
        Assert.True(body.ValueKind == JsonValueKind.Object, message);
        var names = body.EnumerateObject().Select(p => p.Name).ToHashSet();
        switch (shape)
        {
            case ErrorShape.OAuth:
                Assert.True(names.SetEquals(["error", "error_description"]), message);
                return body.GetProperty("error").GetString()!;
            case ErrorShape.Login:
                Assert.True(names.SetEquals(["error_code", "message"]) && body.GetProperty("error_code").ValueKind == JsonValueKind.String
                    && body.GetProperty("message").GetString()!.Length > 0, message);
                return body.GetProperty("error_code").GetString()!;
            default:
                Assert.True(body.GetProperty("error_code").GetInt32() == status, message);
                if (status == 400)
                    Assert.True(body.GetProperty("message").GetArrayLength() > 0 && names.SetEquals(["error_code", "message"]), message);
                else
                    Assert.True(body.GetProperty("message").GetString()!.Length > 0, message);
                return status == 400 ? "system_invalid_input" : body.TryGetProperty("ts_error_code", out var code) ? code.GetString()! : "";
        }
    }

    public static void SaysNothingOfOurInsides(string text, string message)
    {
        foreach (var word in new[] { "System.", "Watchword.", "Microsoft.", "Npgsql", "Sqlite", "Exception", "   at ", "Nullable", "JsonElement", "LineNumber", ".cs:" })
            Assert.False(text.Contains(word, StringComparison.OrdinalIgnoreCase), $"names our insides ({word}): {message}");
    }

    /// <summary>Everything that is stored, row by row: two of these are equal when nothing was written in between.</summary>
    public static Task<string> StoredAsync(TestServer server) => server.Database.ReadAsync(async db =>
    {
        var dump = new StringBuilder();
        foreach (var table in new[]
        {
            "tenants", "applications", "clients", "client_secrets", "users", "memberships", "login_state", "challenges", "sends", "outbox", "sessions", "refresh_tokens", "client_assertions",
            "signing_keys", "data_protection_keys", "providers", "delivery_settings", "webhooks", "webhook_deliveries", "tenant_settings",
        })
        {
            var rows = new List<string>();
            await using var command = db.Connection.CreateCommand();
#pragma warning disable CA2100 // The names above.
            command.CommandText = $"SELECT * FROM {table}";
#pragma warning restore CA2100
            await using (var reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                    rows.Add(Row(reader));
            }
            dump.Append(table).Append(": ").AppendLine(rows.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
            foreach (var row in rows.Order(StringComparer.Ordinal))
                dump.AppendLine(row);
        }
        return dump.ToString();
    });

    private static string Row(DbDataReader reader) =>
        string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : reader.GetValue(i).ToString()));

    private static bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
