using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Watchword.Server.Tests.Robustness;

/// <summary>The published program, which finds its files by other ways than the built one.</summary>
public sealed partial class PublishTests
{
    [Fact]
    public async Task A_published_server_has_the_portals_files_wherever_it_is_started()
    {
        var folder = Directory.CreateTempSubdirectory("watchword-published-").FullName;
        try
        {
            await PublishAsync(folder);
            using var site = new Site { Program = folder };
            await using var server = await site.StartAsync();
            var page = await server.Http.GetStringAsync(new Uri("/admin/join", UriKind.Relative));
            var files = File().Matches(page).Select(m => m.Groups[1].Value).ToList();
            Assert.Contains(files, f => f.EndsWith(".js", StringComparison.Ordinal));
            Assert.Contains(files, f => f.EndsWith(".css", StringComparison.Ordinal));
            foreach (var file in files.Append("_framework/blazor.web.js").Append("_content/MudBlazor/MudBlazor.min.css"))
                Assert.True((await server.Http.GetByteArrayAsync(new Uri("/admin/" + file, UriKind.Relative))).Length > 100, file + " is empty");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>As <c>dotnet publish</c> does, but of what is built already, and without compiling it ahead for this machine.</summary>
    private static async Task PublishAsync(string folder)
    {
        var configuration = typeof(PublishTests).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var start = new ProcessStartInfo(
            "dotnet",
            ["msbuild", Path.Combine(Root(), "src", "Watchword.Server"), "-t:Publish", $"-p:Configuration={configuration};NoBuild=true;PublishReadyToRun=false;PublishDir={folder}/", "-v:quiet", "-nologo"])
        {
            RedirectStandardOutput = true,
        };
        // Or servers of the build would outlive the test.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(3));
        Assert.True(process.ExitCode == 0, await output);
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));

    [GeneratedRegex("(?:src|href)=\"((?:portal|_framework|_content)/[^\"]+)\"")]
    private static partial Regex File();
}
