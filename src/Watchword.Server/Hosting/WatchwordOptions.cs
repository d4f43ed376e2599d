using System.Net;
using Microsoft.Data.Sqlite;
using Npgsql;
using Watchword.Core.Users;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Portal;
using Watchword.Server.Storage;

namespace Watchword.Server.Hosting;

/// <summary>Section <c>Watchword</c> of the configuration, from environment (<c>Watchword__PublicUrl</c>) or file.</summary>
internal sealed class WatchwordOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Watchword";

    /// <summary>
    /// Where clients reach this server: https, or http on this machine. Tokens name <c>PublicUrl/cis/oidc</c> as their issuer.
    /// </summary>
    /// <value>required</value>
    public string? PublicUrl { get; set; }

    /// <summary>
    /// 32 random bytes in base64: <c>openssl rand -base64 32</c>. Every secret at rest hangs on it: keep a copy apart from the database.
    /// </summary>
    /// <value>required, or the file</value>
    public string? MasterKey { get; set; }

    /// <summary>A file that holds the same, instead of <see cref="MasterKey"/>.</summary>
    public string? MasterKeyFile { get; set; }

    /// <summary>
    /// Networks of the reverse proxies before this server, in CIDR notation, with commas between: what they say of where a caller is
    /// (X-Forwarded-For) is believed. Without it nobody is.
    /// </summary>
    public string? Proxies { get; set; }

    /// <summary>The database.</summary>
    public StorageOptions Storage { get; set; } = new();

    /// <summary>What is made at start when it is not there.</summary>
    public BootstrapOptions Bootstrap { get; set; } = new();

    /// <summary>How messages leave the house.</summary>
    public DeliveryOptions Delivery { get; set; } = new();

    /// <summary>The Admin Portal.</summary>
    public PortalOptions Portal { get; set; } = new();

    /// <summary>Where traces and metrics go.</summary>
    public TelemetryOptions Telemetry { get; set; } = new();

    /// <summary>Where providers may be. A server that is reached on this machine only may call gateways there.</summary>
    public ProviderNetworks ReadNetworks() =>
        new([.. Networks(Delivery.AllowedNetworks).OfType<IPNetwork>(), .. new Uri(PublicUrl!).IsLoopback ? ProviderNetworks.Loopback : []]);

    /// <summary>The proxies; valid once <see cref="Faults"/> found nothing.</summary>
    public IReadOnlyList<IPNetwork> ReadProxies() => [.. Networks(Proxies).OfType<IPNetwork>()];

    /// <summary>The master key as bytes; valid once <see cref="Faults"/> found nothing.</summary>
    public byte[] ReadMasterKey() => Convert.FromBase64String((MasterKey ?? File.ReadAllText(MasterKeyFile!)).Trim());

    /// <summary>Everything that is wrong, each with the variable to set; empty when the server can start.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        if (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            faults.Add("Watchword__PublicUrl must be the address at which clients reach this server, for example https://login.example.com");
        else if (url.Scheme == "http" && !url.IsLoopback)
            faults.Add("Watchword__PublicUrl must use https, because tokens and codes travel over it; http is allowed for localhost only");
        else if (url.Query.Length > 0 || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
            faults.Add("Watchword__PublicUrl must not hold a query, a fragment or a user name");
        MasterKeyFaults(faults);
        StorageFaults(faults);
        if (string.IsNullOrEmpty(Bootstrap.ManagementClientId) != string.IsNullOrEmpty(Bootstrap.ManagementClientSecret))
            faults.Add("Watchword__Bootstrap__ManagementClientId and Watchword__Bootstrap__ManagementClientSecret must be set together");
        if (Bootstrap.ManagementClientId is { Length: > 0 } id && (id.Length > 100 || id.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))))
            faults.Add("Watchword__Bootstrap__ManagementClientId must be 1 to 100 letters, digits, '-', '_' or '.'");
        if (Bootstrap.ManagementClientSecret is { Length: > 0 and < 16 })
            faults.Add("Watchword__Bootstrap__ManagementClientSecret must have at least 16 characters; make one with: openssl rand -base64 32");
        if (string.IsNullOrEmpty(Bootstrap.AdminEmail) != string.IsNullOrEmpty(Bootstrap.AdminPassword))
            faults.Add("Watchword__Bootstrap__AdminEmail and Watchword__Bootstrap__AdminPassword must be set together");
        if (Bootstrap.AdminEmail is { Length: > 0 } email && !EmailAddress.TryParse(email, out _))
            faults.Add("Watchword__Bootstrap__AdminEmail must be an email address");
        if (Bootstrap.AdminPassword is { Length: > 0 and < 16 })
            faults.Add("Watchword__Bootstrap__AdminPassword must have at least 16 characters; it works once. Make one with: openssl rand -base64 24");
        if (Portal.IdleMinutes is < 5 or > 120)
            faults.Add("Watchword__Portal__IdleMinutes must be 5 to 120");
        if (Telemetry.OtlpEndpoint is { Length: > 0 } otlp && !Uri.TryCreate(otlp, UriKind.Absolute, out _))
            faults.Add("Watchword__Telemetry__OtlpEndpoint must be an absolute URL, for example http://localhost:4317");
        if (Networks(Proxies).Any(n => n is null or { PrefixLength: 0 }))
            faults.Add("Watchword__Proxies must be the networks of your reverse proxies in CIDR notation with commas between, for example 10.20.0.5/32,fd00::/64; not everybody's (/0)");
        if (Networks(Delivery.AllowedNetworks).Any(n => n is null))
            faults.Add("Watchword__Delivery__AllowedNetworks must be networks in CIDR notation with commas between, for example 10.20.0.0/16,127.0.0.1/32");
        return faults;
    }

    /// <summary>Each network of a list as it was read; a null is none.</summary>
    private static IEnumerable<IPNetwork?> Networks(string? list) =>
        (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(text => IPNetwork.TryParse(text, out var network) ? network : (IPNetwork?)null);

    private void MasterKeyFaults(List<string> faults)
    {
        const string HowTo = "make one with: openssl rand -base64 32";
        if (MasterKey is not null && MasterKeyFile is not null)
            faults.Add("Watchword__MasterKey and Watchword__MasterKeyFile are both set; set one");
        else if (MasterKey is null && MasterKeyFile is null)
            faults.Add($"Watchword__MasterKey (or Watchword__MasterKeyFile) is required; {HowTo}");
        else if (MasterKey is null && !File.Exists(MasterKeyFile))
            faults.Add("Watchword__MasterKeyFile names a file that does not exist");
        else
        {
            try
            {
                if (ReadMasterKey().Length != Server.Storage.MasterKey.Size)
                    faults.Add($"Watchword__MasterKey must be exactly 32 bytes in base64; {HowTo}");
            }
            catch (FormatException)
            {
                faults.Add($"Watchword__MasterKey must be 32 bytes in base64; {HowTo}");
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                faults.Add("Watchword__MasterKeyFile cannot be read");
            }
        }
    }

    private void StorageFaults(List<string> faults)
    {
        try
        {
            if (!Enum.IsDefined(Storage.Engine))
                faults.Add("Watchword__Storage__Engine must be sqlite or postgres");
            else if (Storage.Engine == Database.StorageEngine.Postgres && string.IsNullOrWhiteSpace(Storage.ConnectionString))
                faults.Add("Watchword__Storage__ConnectionString is required for postgres, for example Host=db;Database=watchword;Username=watchword;Password=…");
            else if (Storage.Engine == Database.StorageEngine.Postgres)
                _ = new NpgsqlConnectionStringBuilder(Storage.ConnectionString);
            else if (new SqliteConnectionStringBuilder(Storage.ConnectionString ??= "Data Source=data/watchword.db").DataSource.Length == 0)
                faults.Add("Watchword__Storage__ConnectionString names no file, for example Data Source=/var/lib/watchword/watchword.db");
        }
        catch (ArgumentException)
        {
            faults.Add($"Watchword__Storage__ConnectionString is not a {Storage.Engine.ToString().ToLowerInvariant()} connection string");
        }
    }
}

/// <summary>Section <c>Watchword:Bootstrap</c>: credentials by which automation can begin.</summary>
internal sealed class BootstrapOptions
{
    /// <summary>A management client that is made at start when there is none by this id.</summary>
    public string? ManagementClientId { get; set; }

    /// <summary>Its secret, at least 16 characters. When the client exists with another secret, the server does not start.</summary>
    public string? ManagementClientSecret { get; set; }

    /// <summary>
    /// Email address of the first administrator of the portal. Without it, a set-up code is printed at start as long as there is no administrator.
    /// </summary>
    public string? AdminEmail { get; set; }

    /// <summary>A password of at least 16 characters that opens <c>/admin/join</c> for that address, once, within 24 hours of a start; there they choose their own.</summary>
    public string? AdminPassword { get; set; }
}

/// <summary>Section <c>Watchword:Delivery</c>.</summary>
internal sealed class DeliveryOptions
{
    /// <summary>
    /// Internal networks in which SMS gateways, mail servers and webhooks may be, in CIDR notation with commas between:
    /// <c>10.20.0.0/16,127.0.0.1/32</c>. Without it only public addresses are called; and this machine, while the public URL is on it too.
    /// </summary>
    public string? AllowedNetworks { get; set; }
}

/// <summary>Section <c>Watchword:Telemetry</c>.</summary>
internal sealed class TelemetryOptions
{
    /// <summary>An OpenTelemetry collector (OTLP over gRPC), for example <c>http://localhost:4317</c>. Nothing is exported without it.</summary>
    public string? OtlpEndpoint { get; set; }
}
