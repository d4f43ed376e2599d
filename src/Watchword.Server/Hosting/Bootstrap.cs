using System.Security.Cryptography;
using System.Text;
using Watchword.Core.Audit;
using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Hosting;

/// <summary>Makes what the first start needs: a tenant, and the management client that the configuration names.</summary>
internal static class Bootstrap
{
    /// <summary>Name of the tenant made at first start.</summary>
    public const string FirstTenant = "default";

    /// <summary>Looks whether the master key opens what is stored, before anything is made that only the wrong key could open.</summary>
    /// <exception cref="ConfigurationException">It does not.</exception>
    public static void CheckMasterKey(IServiceProvider services)
    {
        var key = services.GetRequiredService<MasterKey>();
        try
        {
            foreach (var stored in new DataProtectionKeyStore(services.GetRequiredService<Database>()).GetAllElements())
            {
                foreach (var wrapped in stored.Descendants("wrapped"))
                    key.Unwrap(wrapped.Value);
            }
        }
        catch (CryptographicException)
        {
            throw new ConfigurationException(["Watchword__MasterKey is not the key that this database was made with. Nothing was changed; bring that key back"]);
        }
    }

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
        var known = await database.ReadAsync(db => new ApplicationStore(db).FindClientAsync(id));
        if (known is null)
            await administration.AddManagementClientAsync(Author.Console(tenant!), id, options.ManagementClientSecret);
        else if (!known.IsManagement || !known.Secrets.Any(s => CryptographicOperations.FixedTimeEquals(s.Hash, SHA256.HashData(Encoding.UTF8.GetBytes(options.ManagementClientSecret!)))))
            throw new ConfigurationException(["Watchword__Bootstrap__ManagementClientSecret is not the secret of the client that Watchword__Bootstrap__ManagementClientId names, which exists already"]);
    }
}
