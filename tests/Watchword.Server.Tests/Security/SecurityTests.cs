using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Administration;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

/// <summary>A server on SQLite for all tests of a class.</summary>
public sealed class SqliteServer() : SharedServer(Engine.Sqlite);

/// <summary>A server on PostgreSQL for all tests of a class.</summary>
public sealed class PostgresServer() : SharedServer(Engine.Postgres);

/// <summary>Starting a server costs more than a test, so the tests of a class share one, each in a tenant of its own.</summary>
public abstract class SharedServer(Engine engine) : IAsyncLifetime
{
    public TestServer Server { get; private set; } = null!;

    public Engine Engine => engine;

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(engine);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>What every test of an invariant begins with: a tenant, an application, and a clock that may have moved on.</summary>
public abstract class SecurityTests(SharedServer shared)
{
    private static int _tenants;

    protected TestServer Server => shared.Server;

    /// <summary>Its database, for a test that needs a server to itself.</summary>
    protected Engine Engine => shared.Engine;

    /// <summary>The management client of the newest tenant.</summary>
    protected (string Id, string Secret) Manager { get; private set; }

    /// <summary>An application in the test's own tenant; a new tenant unless told otherwise.</summary>
    protected async Task<TestApplication> ApplicationAsync(object? authMethods = null, object? settings = null, TestApplication? beside = null) =>
        await Server.ApplicationAsync(authMethods, settings, beside?.Management ?? await TenantAsync());

    /// <summary>The management client of a new tenant.</summary>
    protected async Task<HttpClient> TenantAsync()
    {
        var administration = Server.Services.GetRequiredService<ApplicationAdministration>();
        var made = (await administration.CreateTenantAsync($"Tenant {Interlocked.Increment(ref _tenants)}")).Value!;
        Manager = (made.Client.ClientId, made.Secret);
        return await Server.ClientAsync(Manager.Id, Manager.Secret);
    }

    /// <summary>The same application with fresh client tokens, for when the hour is over or the server has moved.</summary>
    protected async Task<TestApplication> AgainAsync(TestApplication app, TestServer? node = null) => app with
    {
        Server = node ?? Server,
        Management = await (node ?? Server).ClientAsync(Manager.Id, Manager.Secret),
        Http = await (node ?? Server).ClientAsync(app.ClientId, app.ClientSecret),
    };
}
