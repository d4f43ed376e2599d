using System.Diagnostics;

namespace Acme.Start;

/// <summary>A .NET program that runs beside this one and says what it has to say on this one's console.</summary>
internal sealed class ChildProgram : IAsyncDisposable
{
    private readonly Process _process;

    private ChildProgram(Process process) => _process = process;

    public static ChildProgram Start(string assembly, string workingDirectory, IReadOnlyDictionary<string, string> settings)
    {
        if (!File.Exists(assembly))
            throw new StartFailedException($"{assembly} is not there. Build it first: dotnet build samples/Acme.Start");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet", [assembly])
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
        };
        // Whatever is set for another Watchword or another site is not meant for these.
        foreach (var inherited in start.Environment.Keys.Where(k => k.StartsWith("Watchword__", StringComparison.OrdinalIgnoreCase) || k.StartsWith("ASPNETCORE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(inherited);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Repeat(line.Data);
        process.BeginOutputReadLine();
        return new ChildProgram(process);
    }

    /// <summary>Waits until it answers at an address.</summary>
    public async Task AnswersAsync(string url, CancellationToken stop)
    {
        using var http = new HttpClient();
        while (true)
        {
            if (_process.HasExited)
                throw new StartFailedException($"{Path.GetFileName(_process.StartInfo.ArgumentList[0])} ended with exit code {_process.ExitCode}.");
            try
            {
                using var answer = await http.GetAsync(new Uri(url), stop);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, stop);
        }
    }

    public Task EndedAsync(CancellationToken stop) => _process.WaitForExitAsync(stop);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Warnings and faults. The banner of the server is left out: the one of both follows.</summary>
    private static void Repeat(string? line)
    {
        if (line is not null && (line.StartsWith("warn", StringComparison.Ordinal) || line.StartsWith("fail", StringComparison.Ordinal) || line.StartsWith("crit", StringComparison.Ordinal)))
            Console.WriteLine(line);
    }
}
