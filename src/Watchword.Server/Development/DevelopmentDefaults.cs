using System.Security.Cryptography;

namespace Watchword.Server.Development;

/// <summary>What a newcomer need not configure: address, database and a master key of its own, all under <c>data/</c>.</summary>
internal static class DevelopmentDefaults
{
    private const string Folder = "data";

    /// <summary>Fills in what is not set.</summary>
    public static void Apply(ConfigurationManager configuration)
    {
        var defaults = new Dictionary<string, string?>(StringComparer.Ordinal);
        if (configuration["Watchword:PublicUrl"] is null)
            defaults["Watchword:PublicUrl"] = configuration["urls"]?.Split(';')[0] is { Length: > 0 } url ? url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) : "http://localhost:5080";
        if (configuration["Watchword:MasterKey"] is null && configuration["Watchword:MasterKeyFile"] is null)
            defaults["Watchword:MasterKeyFile"] = MasterKeyFile();
        configuration.AddInMemoryCollection(defaults);
    }

    private static string MasterKeyFile()
    {
        var file = Path.Combine(Folder, "development-master.key");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(Folder);
            using var stream = PrivateFile.Create(file);
            stream.Write(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
        }
        return file;
    }
}

/// <summary>Files that only their owner may read.</summary>
internal static class PrivateFile
{
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
