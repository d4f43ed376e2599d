using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Watchword.Server.Administration;
using Watchword.Server.Administration.UserImport;
using Watchword.Server.Administration.Users;
using Watchword.Server.Api;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Development;
using Watchword.Server.Events;
using Watchword.Server.Portal;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Hosting;

/// <summary>The table of contents: what the server is made of, in the order in which a request meets it.</summary>
internal static class WatchwordHost
{
    /// <summary>Puts the server together. The database is open and up to date when this returns.</summary>
    /// <exception cref="ConfigurationException">The configuration has faults.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // Settings are read once; watching the folder for changes would wake the process at every write to the database in it.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = [.. args, "--hostBuilder:reloadConfigOnChange=false"],
            ApplicationName = typeof(WatchwordHost).Assembly.GetName().Name,
            // Of the published program: beside it, wherever it is started.
            WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot") is var files && Directory.Exists(files) ? files : null,
        });
        configure?.Invoke(builder);
        var development = builder.Environment.IsDevelopment();
        if (development)
            DevelopmentDefaults.Apply(builder.Configuration);
        var options = ReadOptions(builder.Configuration);
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]))
            builder.WebHost.UseUrls("http://127.0.0.1:5080");

        AddLogging(builder, development);
        Telemetry.Add(builder, options.Telemetry);
        AddStorage(builder.Services, options);
        AddRooms(builder.Services, options);
        AddApi(builder);
        if (options.Portal.Enabled)
        {
            builder.WebHost.UseStaticWebAssets();
            PortalRoom.Add(builder.Services, options.Portal, new Issuer(options.PublicUrl!.TrimEnd('/')), new FirstAdministrator(options.Bootstrap.AdminEmail, options.Bootstrap.AdminPassword));
        }
        if (development)
            DevelopmentRoom.Add(builder.Services);

        // ASP.NET's own switch believes the headers of anybody.
        builder.Configuration["ForwardedHeaders_Enabled"] = "false";

        var app = builder.Build();
        if (options.ReadProxies() is { Count: > 0 } proxies)
            app.UseForwardedHeaders(FromProxies(proxies));
        if (options.Portal.Enabled)
            PortalRoom.Map(app);
        app.UseMiddleware<BadRequests>();
        app.UseRouting();
        app.UseMiddleware<ClientAuthentication>();
        Endpoints.Map(app);
        OpenApi.Map(app);
        Health.Map(app);
        if (development)
            DevelopmentRoom.Map(app);
        return app;
    }

    /// <summary>What must be done before the first request: tenant, management client, signing keys.</summary>
    public static async Task PrepareAsync(WebApplication app)
    {
        Bootstrap.CheckMasterKey(app.Services);
        await app.Services.GetRequiredService<SigningKeys>().RefreshAsync();
        var options = app.Services.GetRequiredService<WatchwordOptions>();
        if (options.Telemetry.OtlpEndpoint is { Length: > 0 })
            DeliveryTelemetry.WatchOutbox(app.Services.GetRequiredService<Database>(), app.Services.GetRequiredService<TimeProvider>());
        await Bootstrap.RunAsync(app.Services, options.Bootstrap);
        if (app.Environment.IsDevelopment())
            await DevelopmentRoom.PrepareAsync(app.Services);
    }

    /// <summary>
    /// Takes the address of a caller, and nothing else, from X-Forwarded-For: from the right, as far as the proxies are ours. What stands to the
    /// left of that a stranger may have written.
    /// </summary>
    private static ForwardedHeadersOptions FromProxies(IReadOnlyList<System.Net.IPNetwork> proxies)
    {
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor, ForwardLimit = null };
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
        foreach (var network in proxies)
            options.KnownIPNetworks.Add(network);
        return options;
    }

    private static WatchwordOptions ReadOptions(ConfigurationManager configuration)
    {
        var options = new WatchwordOptions();
        List<string> faults = [];
        var section = configuration.GetSection(WatchwordOptions.Section);
        // The one setting that is not a text: left in, a wrong word would hide the faults of what is read after it.
        if (section["Storage:Engine"] is { } engine && !Enum.TryParse<Database.StorageEngine>(engine, ignoreCase: true, out _))
        {
            faults.Add("Watchword__Storage__Engine must be sqlite or postgres");
            section["Storage:Engine"] = null;
        }
        section.Bind(options);
        faults.AddRange(options.Faults());
        return faults.Count == 0 ? options : throw new ConfigurationException([.. faults.Distinct()]);
    }

    private static void AddLogging(WebApplicationBuilder builder, bool development)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // It says nothing that Kestrel does not, but as long as anything of it could be logged, every request gets a scope and a trace id.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", development ? LogLevel.Warning : LogLevel.Information);
        if (development)
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        else
            builder.Logging.AddJsonConsole(console => console.UseUtcTimestamp = true);
    }

    private static void AddStorage(IServiceCollection services, WatchwordOptions options)
    {
        // Who hosts the server in a test may have made keys before.
        var maker = services.LastOrDefault(s => s.ServiceType == typeof(SpareKeys.Maker))?.ImplementationInstance as SpareKeys.Maker;
        var spareKeys = new SpareKeys(maker ?? SpareKeys.Make);
        if (Migrations.IsNew(options.Storage))
            spareKeys.Begin();
        Migrations.Run(options.Storage);
        services.AddSingleton(spareKeys);
        services.AddSingleton(options);
        services.AddSingleton(options.Storage);
        services.AddSingleton(_ => Database.Open(options.Storage));
        services.AddSingleton(new MasterKey(options.ReadMasterKey()));
        services.AddSingleton<ClientDirectory>();
        services.AddSingleton<WebhookDirectory>();
        services.AddSingleton<Seal>();
        services.AddDataProtection().SetApplicationName("watchword");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(keys =>
        {
            keys.XmlRepository = new DataProtectionKeyStore(provider.GetRequiredService<Database>());
            keys.XmlEncryptor = new MasterKeyXmlEncryptor(provider.GetRequiredService<MasterKey>());
        }));
    }

    private static void AddRooms(IServiceCollection services, WatchwordOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new Issuer(options.PublicUrl!.TrimEnd('/')));
        services.AddSingleton<SigningKeys>();
        services.AddSingleton<TokenIssuer>();
        services.AddSingleton<TokenCheck>();
        services.AddSingleton<ClientAssertions>();
        services.AddSingleton<SessionRefresh>();
        services.AddSingleton<ApplicationAdministration>();
        services.AddSingleton<Administrators>();
        services.AddSingleton(options.ReadNetworks());
        services.AddSingleton<ProviderHttp>();
        services.AddSingleton<ProviderKinds>();
        services.AddSingleton<ProviderDirectory>();
        services.AddSingleton<DeliveryAdministration>();
        services.AddSingleton<RetentionAdministration>();
        services.AddSingleton<SigningKeyAdministration>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<AuditExport>();
        services.AddSingleton<UserAdministration>();
        services.AddSingleton<UserExport>();
        services.AddSingleton<UserSearch>();
        services.AddSingleton<UserDossiers>();
        services.AddSingleton<UserImports>();
        services.AddHostedService(provider => provider.GetRequiredService<UserImports>());
        services.AddSingleton<TestMessages>();
        services.AddSingleton<Dashboard>();
        services.AddSingleton<Attention>();
        services.AddSingleton<MessageLog>();
        services.AddSingleton<Outbox>();
        services.AddSingleton(provider => new ReceiptAddress(provider.GetRequiredService<Issuer>().PublicUrl, provider.GetRequiredService<MasterKey>()));
        services.AddSingleton<Receipts>();
        services.AddSingleton<Lanes>();
        services.AddSingleton<MessageSignal>();
        services.AddSingleton<DispatchJournal>();
        services.AddSingleton<Courier>();
        services.AddHostedService<Dispatcher>();
        services.AddSingleton<HeadLog>();
        services.AddSingleton<AuditVerification>();
        services.AddSingleton<DirectCodes>();
        services.AddSingleton<EventRelay>();
        services.AddHostedService(provider => provider.GetRequiredService<EventRelay>());
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhookAdministration>();
        services.AddSingleton<WebhookDispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<WebhookDispatcher>());
        services.AddSingleton<Sweep>();
        services.AddSingleton<Forgetting>();
        services.AddHostedService<Housekeeping>();
    }

    private static void AddApi(WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Larger than any body we take: a body that is too long gets our answer, not a broken connection.
            kestrel.Limits.MaxRequestBodySize = 32 * 1024 * 1024;
        });
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
            // Two readers of one body must not see two requests in it.
            json.SerializerOptions.AllowDuplicateProperties = false;
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false));
            json.SerializerOptions.Converters.Add(new PlainTextConverter());
            json.SerializerOptions.Converters.Add(new PlainJsonConverter());
        });
        // Unreadable input arrives as an exception in every environment, and BadRequests answers it.
        builder.Services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
        OpenApi.Add(builder.Services);
    }
}

/// <summary>The configuration cannot be used.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    /// <summary>One sentence each.</summary>
    public IReadOnlyList<string> Faults => faults;
}
