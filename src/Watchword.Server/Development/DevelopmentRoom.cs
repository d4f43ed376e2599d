using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Audit;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers.Inbox;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Development;

/// <summary>The demo application's credentials, kept beside the database so that the welcome page can show them.</summary>
internal sealed record DemoApplication(string AppId, string AppName, string ClientId, string ClientSecret);

/// <summary>What the welcome page needs to make its calls.</summary>
internal sealed record DemoResponse(string PublicUrl, string AppName, string ClientId, string ClientSecret);

/// <summary>Messages, newest first.</summary>
internal sealed record InboxResponse(IReadOnlyList<InboxMessage> Messages);

/// <summary>The third front door, for a developer on this machine: welcome page and inbox. Not mapped in production.</summary>
internal static class DevelopmentRoom
{
    private static readonly Dictionary<string, string> Pages = new(StringComparer.Ordinal)
    {
        ["/"] = "index.html",
        ["/inbox"] = "inbox.html",
        ["/development/welcome.js"] = "welcome.js",
        ["/development/inbox.js"] = "inbox.js",
        ["/development/messages.js"] = "messages.js",
        ["/development/style.css"] = "style.css",
        ["/development/icon.svg"] = "icon.svg",
    };

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<DevelopmentInbox>();
        services.AddSingleton<IMessageSender>(provider => provider.GetRequiredService<DevelopmentInbox>());
    }

    public static void Map(WebApplication app)
    {
        var room = app.MapGroup("").ExcludeFromDescription();
        foreach (var (path, file) in Pages)
        {
            var content = Read(file);
            var type = Path.GetExtension(file) switch { ".js" => "text/javascript", ".css" => "text/css", ".svg" => "image/svg+xml", _ => "text/html" };
            room.MapGet(path, (HttpResponse response) =>
            {
                response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
                response.Headers.CacheControl = "no-cache";
                response.Headers["Referrer-Policy"] = "no-referrer";
                response.Headers.XContentTypeOptions = "nosniff";
                return TypedResults.Bytes(content, type + "; charset=utf-8");
            });
        }
        room.MapGet("/inbox/messages", (string? to, DevelopmentInbox inbox) => TypedResults.Ok(new InboxResponse(inbox.To(
            PhoneNumber.TryParse(to, out var number) ? number.E164 : to))));
        room.MapGet("/development/demo", DescribeAsync);
        app.Lifetime.ApplicationStarted.Register(() => Announce(app));
    }

    /// <summary>Makes the demo application, unless the one in the file is still in the database.</summary>
    public static async Task PrepareAsync(IServiceProvider services)
    {
        var database = services.GetRequiredService<Database>();
        if (await LoadAsync(services) is { } known && await database.ReadAsync(db => new ApplicationStore(db).FindClientAsync(known.ClientId)) is not null)
            return;
        var tenant = await database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync());
        var administration = services.GetRequiredService<ApplicationAdministration>();
        var (app, client) = (await administration.CreateAsync(Author.Console(tenant!), "Acme", ["http://localhost:5090/callback"], settings: null)).Value;
        await administration.ChangeAsync(Author.Console(tenant!), app.AppId, a => a with { LoginPreferences = a.LoginPreferences with { DirectOtp = new OtpPolicy() } });
        await using var stream = PrivateFile.Create(FileOf(services));
        await JsonSerializer.SerializeAsync(stream, new DemoApplication(app.AppId, app.Name, client.Client.ClientId, client.Secret));
    }

    private static async Task<Results<Ok<DemoResponse>, NotFound>> DescribeAsync(IServiceProvider services, Issuer issuer) =>
        await LoadAsync(services) is { } demo
            ? TypedResults.Ok(new DemoResponse(issuer.PublicUrl, demo.AppName, demo.ClientId, demo.ClientSecret))
            : TypedResults.NotFound();

    private static async Task<DemoApplication?> LoadAsync(IServiceProvider services)
    {
        var file = FileOf(services);
        if (!File.Exists(file))
            return null;
        await using var stream = File.OpenRead(file);
        return await JsonSerializer.DeserializeAsync<DemoApplication>(stream);
    }

    /// <summary>Beside the database it belongs to.</summary>
    private static string FileOf(IServiceProvider services)
    {
        var storage = services.GetRequiredService<StorageOptions>();
        var folder = storage.Engine == Database.StorageEngine.Sqlite
            ? Path.GetDirectoryName(new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(storage.ConnectionString).DataSource) ?? ""
            : "data";
        Directory.CreateDirectory(Path.Combine(".", folder));
        return Path.Combine(folder, "development-demo.json");
    }

    private static byte[] Read(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Watchword.Server.Development.Pages.{file}")
            ?? throw new InvalidOperationException($"The page {file} is missing from the build.");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static void Announce(WebApplication app)
    {
        var url = app.Services.GetRequiredService<Issuer>().PublicUrl;
        Console.WriteLine(
            $"""

              Watchword is ready (development).

                Log in now      {url}/
                SMS inbox       {url}/inbox
                API reference   {url}/docs
                Admin Portal    {url}/admin

              Stop with Ctrl+C. Everything it knows is under data/.

            """);
    }
}
