using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Administration;
using Watchword.Server.Tests.Harness;

[assembly: AssemblyFixture(typeof(SharedServers))]

namespace Watchword.Server.Tests.Harness;

/// <summary>
/// One server for each database, shared by all tests that leave its clock alone. Each such test takes a tenant of its own, so no two
/// meet. A server is started when the first test asks for it.
/// </summary>
public sealed class SharedServers : IAsyncDisposable
{
    private readonly Lazy<Task<TestServer>> _sqlite = new(() => TestServer.StartAsync(Engine.Sqlite));
    private readonly Lazy<Task<TestServer>> _postgres = new(() => TestServer.StartAsync(Engine.Postgres));

    /// <summary>The server on this database.</summary>
    public Task<TestServer> ServerAsync(Engine engine) => (engine == Engine.Sqlite ? _sqlite : _postgres).Value;

    /// <summary>A new, empty tenant.</summary>
    public async Task<TestTenant> TenantAsync(Engine engine)
    {
        var server = await ServerAsync(engine);
        var name = "tenant-" + Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));
        var made = await server.Services.GetRequiredService<ApplicationAdministration>().CreateTenantAsync(name);
        var (client, secret) = (made.Value!.Client, made.Value.Secret);
        return new TestTenant(server, client.TenantId, client.ClientId, secret, await server.ClientAsync(client.ClientId, secret));
    }

    /// <summary>A new application in a new tenant; <c>direct_otp</c> is open unless told otherwise.</summary>
    public async Task<TestApplication> ApplicationAsync(Engine engine, object? authMethods = null, object? settings = null) =>
        await (await TenantAsync(engine)).ApplicationAsync(authMethods, settings);

    public async ValueTask DisposeAsync()
    {
        foreach (var server in new[] { _sqlite, _postgres }.Where(s => s.IsValueCreated))
            await (await server.Value).DisposeAsync();
    }
}

/// <summary>A tenant with its management client, logged in.</summary>
public sealed record TestTenant(TestServer Server, string TenantId, string ClientId, string ClientSecret, HttpClient Management)
{
    /// <summary>A new application of this tenant.</summary>
    public Task<TestApplication> ApplicationAsync(object? authMethods = null, object? settings = null) =>
        Server.ApplicationAsync(authMethods, settings, Management);
}

/// <summary>Requests that no well-behaved client makes.</summary>
public static class Raw
{
    /// <summary>Sends these bytes as they are.</summary>
    public static async Task<HttpResponseMessage> SendAsync(
        HttpClient http, HttpMethod method, string path, byte[]? body = null, string? contentType = "application/json", bool chunked = false)
    {
        var request = new HttpRequestMessage(method, new Uri(http.BaseAddress + path.TrimStart('/'), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        return await http.SendAsync(WithBody(request, body, contentType, chunked));
    }

    private static HttpRequestMessage WithBody(HttpRequestMessage request, byte[]? body, string? contentType, bool chunked)
    {
        if (body is null)
            return request;
        request.Content = chunked ? new StreamContent(new MemoryStream(body)) : new ByteArrayContent(body);
        if (contentType is not null)
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        if (chunked)
        {
            request.Headers.TransferEncodingChunked = true;
            request.Content.Headers.ContentLength = null;
        }
        return request;
    }
}
