using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Watchword.Server.Hosting;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Interop;

namespace Watchword.Server.Tests.Robustness;

/// <summary>Where a real <c>watchword</c> process runs: an empty folder and settings of its own.</summary>
internal sealed class Site : IDisposable
{
    public Site(bool development = false)
    {
        Url = $"http://127.0.0.1:{Loopback.FreePort()}";
        Settings["ASPNETCORE_ENVIRONMENT"] = development ? "Development" : "Production";
        if (development)
            return;
        Settings["Watchword__PublicUrl"] = Url;
        Settings["Watchword__MasterKey"] = NewKey();
        Settings["Watchword__Storage__ConnectionString"] = "Data Source=data/watchword.db";
        Settings["Watchword__Bootstrap__ManagementClientId"] = TestServer.ManagementClientId;
        Settings["Watchword__Bootstrap__ManagementClientSecret"] = TestServer.ManagementClientSecret;
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("watchword-site-").FullName;

    public string Url { get; }

    /// <summary>Where the program is.</summary>
    public string Program { get; init; } = Path.GetDirectoryName(typeof(WatchwordHost).Assembly.Location)!;

    /// <summary>The environment, besides what every process has.</summary>
    public Dictionary<string, string?> Settings { get; } = [];

    public string DatabaseFile => Path.Combine(Folder, "data", "watchword.db");

    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Runs a command to its end.</summary>
    public async Task<(int Code, string Output, string Errors)> RunAsync(params string[] words)
    {
        using var process = Process.Start(StartInfo(words))!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>Starts the server and waits until it serves.</summary>
    public Task<WatchwordProcess> StartAsync() => WatchwordProcess.StartAsync(StartInfo(["--urls", Url]), Url);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private ProcessStartInfo StartInfo(string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Program, "watchword.dll"), .. words])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var inherited in start.Environment.Keys.Where(k => k.StartsWith("Watchword__", StringComparison.OrdinalIgnoreCase) || k.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || k is "DOTNET_ENVIRONMENT").ToList())
            start.Environment.Remove(inherited);
        foreach (var (name, value) in Settings)
            start.Environment[name] = value;
        return start;
    }
}

/// <summary>A running <c>watchword</c>. Dispose it and it is gone, the hard way.</summary>
internal sealed class WatchwordProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly StringBuilder _logged = new();
    private bool _gone;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WatchwordProcess(Process process, string url)
    {
        _process = process;
        Http = new HttpClient { BaseAddress = new Uri(url) };
        process.OutputDataReceived += (_, line) =>
        {
            lock (_said)
                _logged.AppendLine(line.Data);
            Hear(line.Data);
        };
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public HttpClient Http { get; }

    /// <summary>All it has printed.</summary>
    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <summary>What of that is the log: standard output.</summary>
    public string Logged
    {
        get
        {
            lock (_said)
                return _logged.ToString();
        }
    }

    public static async Task<WatchwordProcess> StartAsync(ProcessStartInfo start, string url)
    {
        var process = new WatchwordProcess(Process.Start(start)!, url);
        var ended = process._process.WaitForExitAsync();
        await Task.WhenAny(process._ready.Task, ended).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.True(process._ready.Task.IsCompleted, "It did not start: " + process.Said);
        return process;
    }

    /// <summary>A client with a token for these credentials.</summary>
    public async Task<HttpClient> ClientAsync(string id, string secret)
    {
        var token = await (await Http.FormAsync("/oidc/token", (id, secret), ("grant_type", "client_credentials"))).JsonAsync(200);
        return new HttpClient { BaseAddress = Http.BaseAddress, DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token.Str("access_token")) } };
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // A test whose next process does not start disposes of this one again; its own failure is the one to show.
        if (Interlocked.Exchange(ref _gone, true))
            return;
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
        Http.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;
        lock (_said)
            _said.AppendLine(line);
        if (line.Contains("Application started", StringComparison.Ordinal) || line.Contains("Watchword is ready", StringComparison.Ordinal))
            _ready.TrySetResult();
    }
}
