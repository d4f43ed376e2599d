using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Hosting;

/// <summary>Makes what the first start needs: a tenant, and the management client that the configuration names.</summary>
internal static class Bootstrap
{
    /// <summary>Name of the tenant made at first start.</summary>
    public const string FirstTenant = "default";

    /// <exception cref="ConfigurationException">The configured client exists with another secret.</exception>
    public static async Task RunAsync(IServiceProvider services, BootstrapOptions options)
    {
        var database = services.GetRequiredService<Database>();
        var administration = services.GetRequiredService<ApplicationAdministration>();
        var tenant = await database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync());
        if (tenant is null)
        {
            // Its own management client gets a secret that nobody sees; the configured one, or the command line, opens the tenant.
            await administration.CreateTenantAsync(FirstTenant);
            tenant = await database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync());
        }
        if (options.ManagementClientId is not { Length: > 0 } id)
            return;
        if (await database.ReadAsync(db => new ApplicationStore(db).FindClientAsync(id)) is null)
            await administration.AddManagementClientAsync(tenant!, id, options.ManagementClientSecret);
    }
}
