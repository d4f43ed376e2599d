using System.Security.Cryptography;

namespace Watchword.Server.Administration.UserImport;

/// <summary>
/// An uploaded file while it is needed: on disk, since it may be large, but encrypted with a key that only this process has, and without a
/// name where the system allows it. Whatever ends the process, nobody can read it afterwards.
/// </summary>
internal sealed class Spool : IDisposable
{
    private readonly FileStream _file;
    private readonly Aes _aes = Aes.Create();

    private Spool()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new FileStream(path, options);
        if (!OperatingSystem.IsWindows())
            File.Delete(path);
    }

    /// <summary>Of the file as it was uploaded.</summary>
    public long Length { get; private set; }

    /// <summary>SHA-256, hexadecimal.</summary>
    public string Hash { get; private set; } = "";

    /// <summary>Takes a file in, telling how many bytes of it are there; null when it is too long.</summary>
    public static async Task<Spool?> TakeAsync(Stream content, long longest, CancellationToken cancellation, IProgress<long>? progress = null)
    {
        var spool = new Spool();
        try
        {
            if (await spool.FillAsync(content, longest, cancellation, progress))
                return spool;
        }
        catch
        {
            spool.Dispose();
            throw;
        }
        spool.Dispose();
        return null;
    }

    /// <summary>The file from its beginning; one reader at a time.</summary>
    public Stream Open()
    {
        _file.Position = 0;
        return new CryptoStream(_file, _aes.CreateDecryptor(), CryptoStreamMode.Read, leaveOpen: true);
    }

    public void Dispose()
    {
        _file.Dispose();
        _aes.Dispose();
    }

    private async Task<bool> FillAsync(Stream content, long longest, CancellationToken cancellation, IProgress<long>? progress)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var sealing = new CryptoStream(_file, _aes.CreateEncryptor(), CryptoStreamMode.Write, leaveOpen: true))
        {
            var buffer = new byte[64 * 1024];
            while (await content.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                if ((Length += read) > longest)
                    return false;
                hash.AppendData(buffer, 0, read);
                progress?.Report(Length);
                await sealing.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
        }
        Hash = Convert.ToHexStringLower(hash.GetHashAndReset());
        return true;
    }
}
