using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using Watchword.Client;
using Watchword.Client.Management;

namespace Acme.Start;

/// <summary>Where the two run.</summary>
internal sealed record CoupleOptions
{
    /// <summary>Where their data is.</summary>
    public string Folder { get; init; } = Path.Combine("data", "acme");

    /// <summary>Ports to begin looking for free ones from.</summary>
    public int ServerPort { get; init; } = 5080;

    public int WebPort { get; init; } = 5090;

    /// <summary>Settings of the sample, besides those that it needs.</summary>
    public IReadOnlyDictionary<string, string> Web { get; init; } = new Dictionary<string, string>();

    /// <summary>Limits on sending codes; the server's usual ones when null.</summary>
    public SendLimits? SendLimits { get; init; }
}

/// <summary>It did not start; the message says why.</summary>
internal sealed class StartFailedException(string message) : Exception(message);

/// <summary>A Watchword in development mode and the sample site with an application of its own there, each a process. Dispose it and both are gone.</summary>
internal sealed class Couple : IAsyncDisposable
{
    private const string Management = "acme-start";
    private readonly List<ChildProgram> _programs = [];

    private Couple(string serverUrl, string webUrl) => (ServerUrl, WebUrl) = (serverUrl, webUrl);

    public string ServerUrl { get; }

    public string WebUrl { get; }

    /// <summary>A client that manages the tenant.</summary>
    public WatchwordClient Manager { get; private set; } = null!;

    /// <summary>Id and secret of the sample's own client.</summary>
    public (string Id, string Secret) Client { get; private set; }

    public static async Task<Couple> StartAsync(CoupleOptions options, CancellationToken stop)
    {
        var folder = Directory.CreateDirectory(options.Folder).FullName;
        var couple = new Couple($"http://localhost:{FreePort(options.ServerPort)}", $"http://localhost:{FreePort(options.WebPort)}");
        try
        {
            await couple.StartServerAsync(folder, stop);
            await couple.RegisterAsync(folder, options, stop);
            await couple.StartWebAsync(folder, options, stop);
            return couple;
        }
        catch
        {
            await couple.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns when one of them has ended.</summary>
    public async Task EndedAsync(CancellationToken stop) => await Task.WhenAny(_programs.Select(p => p.EndedAsync(stop))).Unwrap();

    public async ValueTask DisposeAsync()
    {
        foreach (var program in Enumerable.Reverse(_programs))
            await program.DisposeAsync();
        _programs.Clear();
    }

    private async Task StartServerAsync(string folder, CancellationToken stop)
    {
        var secret = await SecretAsync(Path.Combine(folder, "management.secret"), stop);
        await RunAsync("Watchword.Server", "watchword.dll", folder, ServerUrl + "/health/live", new()
        {
            ["Watchword__PublicUrl"] = ServerUrl,
            ["Watchword__Storage__ConnectionString"] = $"Data Source={Path.Combine(folder, "watchword.db")}",
            ["Watchword__MasterKeyFile"] = await KeyFileAsync(Path.Combine(folder, "master.key"), stop),
            ["Watchword__Bootstrap__ManagementClientId"] = Management,
            ["Watchword__Bootstrap__ManagementClientSecret"] = secret,
            ["ASPNETCORE_URLS"] = ServerUrl,
        }, stop);
        Manager = ClientOf(Management, secret);
    }

    /// <summary>What an administrator does once: an application that conceals who is a user, with a client for the site.</summary>
    private async Task RegisterAsync(string folder, CoupleOptions options, CancellationToken stop)
    {
        var file = Path.Combine(folder, "client.json");
        if (File.Exists(file) && JsonSerializer.Deserialize<string[]>(await File.ReadAllTextAsync(file, stop)) is [var id, var known] && await WorksAsync(id, known, stop))
        {
            Client = (id, known);
            return;
        }
        var made = await Manager.Management.Applications.CreateAsync(
            new NewApplication("Acme", [WebUrl + "/"], new ApplicationSettings { ConcealUnknownUsers = true, SendLimits = options.SendLimits }), stop);
        await WritePrivateAsync(file, JsonSerializer.Serialize<string[]>([made.ClientId, made.ClientSecret]), stop);
        Client = (made.ClientId, made.ClientSecret);
    }

    private Task StartWebAsync(string folder, CoupleOptions options, CancellationToken stop)
    {
        var settings = new Dictionary<string, string>
        {
            ["Watchword__ServerUrl"] = ServerUrl,
            ["Watchword__ClientId"] = Client.Id,
            ["Watchword__ClientSecret"] = Client.Secret,
            ["Acme__PublicUrl"] = WebUrl,
            ["Acme__KeyFolder"] = Path.Combine(folder, "keys"),
            ["Acme__InboxUrl"] = ServerUrl + "/inbox",
            ["ASPNETCORE_URLS"] = WebUrl,
        };
        foreach (var (name, value) in options.Web)
            settings[name] = value;
        return RunAsync("Acme.Web", "Acme.Web.dll", Path.Combine(Root, "samples", "Acme.Web"), WebUrl + "/", settings, stop);
    }

    private async Task RunAsync(string project, string assembly, string workingDirectory, string asksFor, Dictionary<string, string> settings, CancellationToken stop)
    {
        var program = ChildProgram.Start(Path.Combine(Root, "artifacts", "bin", project, Built("Configuration"), assembly), workingDirectory, settings);
        _programs.Add(program);
        await program.AnswersAsync(asksFor, stop);
    }

    /// <summary>A client with these credentials.</summary>
    public WatchwordClient ClientOf(string id, string secret) =>
        new(new HttpClient(), new WatchwordOptions { ServerUrl = new Uri(ServerUrl), ClientId = id, ClientSecret = secret });

    private async Task<bool> WorksAsync(string id, string secret, CancellationToken stop)
    {
        try
        {
            await ClientOf(id, secret).Tokens.GetClientTokenAsync(stop);
            return true;
        }
        catch (WatchwordException)
        {
            return false; // Of another database.
        }
    }

    private static async Task<string> KeyFileAsync(string file, CancellationToken stop)
    {
        await SecretAsync(file, stop);
        return file;
    }

    /// <summary>32 random bytes in base64, the same each time.</summary>
    private static async Task<string> SecretAsync(string file, CancellationToken stop)
    {
        if (!File.Exists(file))
            await WritePrivateAsync(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), stop);
        return await File.ReadAllTextAsync(file, stop);
    }

    private static async Task WritePrivateAsync(string file, string text, CancellationToken stop)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var writer = new StreamWriter(file, options);
        await writer.WriteAsync(text.AsMemory(), stop);
    }

    /// <summary>This port, or the next that nobody has: the newcomer may have a server running already.</summary>
    private static int FreePort(int port)
    {
        for (; ; port++)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException) when (port < 65_000)
            {
                // The next one.
            }
        }
    }

    private static string Root => Path.GetFullPath(Built("Root"));

    private static string Built(string name) =>
        Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == name).Value!;
}
