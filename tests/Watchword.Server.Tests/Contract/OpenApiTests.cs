using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

/// <summary>The description of the API, which is kept in <c>docs/openapi.json</c> so that every change of it is seen.</summary>
public sealed class OpenApiTests(SharedServers servers)
{
    /// <summary>Posts that say everything by their address.</summary>
    private static readonly string[] WithoutBody = ["/unlock", "/signing-keys/rotate", "/webhooks/{id}/test", "/retry"];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task The_description_is_the_one_that_was_agreed_on()
    {
        var document = await DocumentAsync();
        Assert.StartsWith("3.1.", document.Str("openapi"), StringComparison.Ordinal);
        var now = JsonSerializer.Serialize(document, Indented) + "\n";
        var file = GoldenFile();
        if (Environment.GetEnvironmentVariable("WATCHWORD_UPDATE_GOLDEN") == "1")
            await File.WriteAllTextAsync(file, now);
        Assert.True(File.Exists(file) && await File.ReadAllTextAsync(file) == now, "The API's description has changed. If that is meant, run this test with WATCHWORD_UPDATE_GOLDEN=1 and commit docs/openapi.json.");
    }

    [Fact]
    public async Task Every_route_is_described_and_every_description_is_of_a_route()
    {
        var server = await servers.ServerAsync(Engine.Sqlite);
        var routes = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null && e.RoutePattern.RawText is { } path && path != "{**path:file}" && !path.Contains("openapi", StringComparison.Ordinal) && !path.StartsWith("/docs", StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} {e.RoutePattern.RawText!.TrimEnd('/')}"));
        Assert.Equal(routes.Order(StringComparer.Ordinal), (await OperationsAsync()).Select(o => $"{o.Method} {o.Path}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_operation_says_what_it_does_takes_and_answers()
    {
        foreach (var (method, path, operation) in await OperationsAsync())
        {
            var name = $"{method} {path}";
            Assert.True(operation.Str("summary")?.Length > 5 && operation.At("tags").GetArrayLength() == 1, name);
            // Providers report without a token, in shapes of their own.
            var receipt = path.Contains("/v1/receipts/", StringComparison.Ordinal);
            Assert.Equal(!receipt && path.Contains("/v1/", StringComparison.Ordinal) || path.Contains("loginPreferences", StringComparison.Ordinal), operation.Has("security") && operation.GetProperty("security").GetRawText().Contains("client", StringComparison.Ordinal));
            if (method == "PUT" || (method == "POST" && !receipt && !WithoutBody.Any(end => path.EndsWith(end, StringComparison.Ordinal))))
                Assert.True(Resolves(operation.At("requestBody", "content").EnumerateObject().Single().Value.At("schema")), name);
            foreach (var answer in operation.At("responses").EnumerateObject().Where(r => r.Name.StartsWith('4')))
                Assert.EndsWith("ErrorBody", answer.Value.At("content", "application/json", "schema").Str("$ref"), StringComparison.Ordinal);
            foreach (var parameter in operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().ToList() : [])
                Assert.Contains(parameter.Str("schema", "type"), new[] { "string", "integer" });
        }

        static bool Resolves(JsonElement schema) => schema.Has("$ref") ? !schema.Str("$ref")!.EndsWith("JsonElement", StringComparison.Ordinal) : schema.At("properties").EnumerateObject().Any();
    }

    [Fact]
    public async Task Every_operation_is_reached_and_answers_with_a_status_that_it_describes()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        foreach (var (method, path, operation) in await OperationsAsync())
        {
            var at = path.Replace("{phone}", "%2B447400000001", StringComparison.Ordinal).Replace("{email}", "a@example.com", StringComparison.Ordinal);
            at = string.Join('/', at.Split('/').Select(part => part.StartsWith('{') ? "x" : part));
            foreach (var http in new[] { app.Http, app.Management, app.Server.Http })
            {
                foreach (var body in method == "GET" ? new string?[] { null } : ["{}", "{\"nonsense\":"])
                {
                    var answer = await Raw.SendAsync(http, new HttpMethod(method), at, body is null ? null : Encoding.UTF8.GetBytes(body));
                    var text = await answer.Content.ReadAsStringAsync();
                    Assert.True(operation.At("responses").Has(((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture)), $"{method} {at} {body} => {(int)answer.StatusCode} {text}");
                    Assert.DoesNotContain("nothing at this address", text, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public async Task What_the_description_calls_a_user_is_what_a_user_looks_like()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        await app.UserAsync();
        var user = (await app.Http.GetAsync("/cis/v1/users/phone-number/%2B447400000001", 200)).At("result");
        var schema = (await DocumentAsync()).At("components", "schemas", "UserJson");
        Assert.Empty(user.Names().Except(schema.At("properties").Names()));
        Assert.Empty(schema.At("required").Strings().Except(user.Names()));
        Assert.Equal(["created_at", "identities", "status", "updated_at", "user_id"], schema.At("required").Strings().Order());
        Assert.Equal(["channel", "identifier", "identifier_type"], (await DocumentAsync()).At("components", "schemas", "SendOtpRequest", "required").Strings().Order());
    }

    [Fact]
    public async Task There_is_a_page_to_read_it()
    {
        var answer = await (await servers.ServerAsync(Engine.Sqlite)).Http.GetAsync("/docs");
        Assert.Equal((200, "text/html"), ((int)answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
    }

    private async Task<JsonElement> DocumentAsync() => await (await servers.ServerAsync(Engine.Sqlite)).Http.GetAsync("/openapi/v1.json", 200);

    private async Task<List<(string Method, string Path, JsonElement Operation)>> OperationsAsync() =>
        [.. (await DocumentAsync()).At("paths").EnumerateObject().SelectMany(p => p.Value.EnumerateObject().Select(o => (o.Name.ToUpperInvariant(), p.Name, o.Value)))];

    private static string GoldenFile([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/openapi.json"));
}
