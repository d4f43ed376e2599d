using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace Watchword.Server.Storage;

/// <summary>
/// The one secret that is configured. Everything the server keeps secret hangs on it: keys for one-way tags are derived from it, and it
/// wraps the Data Protection keys that seal the rest.
/// </summary>
internal sealed class MasterKey
{
    /// <summary>Bytes of a master key.</summary>
    public const int Size = 32;

    private readonly byte[] _wrap;

    public MasterKey(byte[] key)
    {
        if (key.Length != Size)
            throw new ArgumentException($"A master key has {Size} bytes.", nameof(key));
        _wrap = Derive(key, "watchword wrap v1");
        CodeKey = Derive(key, "watchword code v1");
        DestinationKey = Derive(key, "watchword destination v1");
        ReceiptKey = Derive(key, "watchword receipt v1");
        AuditKey = Derive(key, "watchword audit v1");
        PortalKey = Derive(key, "watchword portal v1");
    }

    /// <summary>Key of the HMAC over codes.</summary>
    public byte[] CodeKey { get; }

    /// <summary>Key of the tags of numbers and addresses.</summary>
    public byte[] DestinationKey { get; }

    /// <summary>Key of the HMAC in the addresses at which providers report.</summary>
    public byte[] ReceiptKey { get; }

    /// <summary>Key of the chain of the audit log.</summary>
    public byte[] AuditKey { get; }

    /// <summary>Key of the HMAC over invitations and recovery codes of administrators.</summary>
    public byte[] PortalKey { get; }

    /// <summary>AES-256-GCM: nonce, tag, cipher text, in base64.</summary>
    public string Wrap(string text)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var sealedBytes = new byte[12 + 16 + plain.Length];
        RandomNumberGenerator.Fill(sealedBytes.AsSpan(0, 12));
        using var aes = new AesGcm(_wrap, 16);
        aes.Encrypt(sealedBytes.AsSpan(0, 12), plain, sealedBytes.AsSpan(28), sealedBytes.AsSpan(12, 16));
        return Convert.ToBase64String(sealedBytes);
    }

    /// <exception cref="AuthenticationTagMismatchException">Wrapped by another master key, or altered.</exception>
    public string Unwrap(string wrapped)
    {
        var bytes = Convert.FromBase64String(wrapped);
        var plain = new byte[bytes.Length - 28];
        using var aes = new AesGcm(_wrap, 16);
        aes.Decrypt(bytes.AsSpan(0, 12), bytes.AsSpan(28), bytes.AsSpan(12, 16), plain);
        return Encoding.UTF8.GetString(plain);
    }

    private static byte[] Derive(byte[] key, string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, Size, info: Encoding.UTF8.GetBytes(purpose));
}

/// <summary>Wraps Data Protection's keys by the master key on their way into the database.</summary>
internal sealed class MasterKeyXmlEncryptor(MasterKey masterKey) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement) => new(
        new XElement("wrapped", masterKey.Wrap(plaintextElement.ToString(SaveOptions.DisableFormatting))), typeof(MasterKeyXmlDecryptor));
}

/// <summary>The way back. Data Protection makes it by its type's name, from the service provider.</summary>
internal sealed class MasterKeyXmlDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement) =>
        XElement.Parse(services.GetRequiredService<MasterKey>().Unwrap(encryptedElement.Value));
}
