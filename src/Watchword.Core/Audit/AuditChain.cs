using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Watchword.Core.Audit;

/// <summary>
/// What makes a missing, altered or added entry show: each entry has an HMAC over itself and the HMAC before it, under a key that is not in
/// the database. Whoever writes to the database can neither change an entry nor leave one out, except the last ones; where the chain stands
/// is therefore also logged.
/// </summary>
public static class AuditChain
{
    /// <summary>Bytes of a MAC, HMAC-SHA256.</summary>
    public const int MacSize = 32;

    /// <summary>What the first entry of a tenant follows.</summary>
    public static byte[] Beginning => new byte[MacSize];

    /// <summary>The MAC of an entry that has this number and follows this MAC.</summary>
    public static byte[] Mac(byte[] key, ReadOnlySpan<byte> previous, long sequence, AuditEvent entry, ReadOnlySpan<byte> originMac)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData("entry"u8);
        mac.AppendData(previous);
        Append(mac, sequence);
        Append(mac, entry.At.ToUnixTimeMilliseconds());
        foreach (var text in (ReadOnlySpan<string>)[entry.TenantId, entry.Action, entry.Actor, entry.AppId, entry.UserId, entry.Target, entry.Outcome, entry.Detail])
            Append(mac, text);
        mac.AppendData(originMac);
        return mac.GetHashAndReset();
    }

    /// <summary>
    /// The MAC that stands for an origin in the chain, so that it can be erased. Keyed, or four billion addresses could be tried; empty when
    /// there is none.
    /// </summary>
    public static byte[] OriginMac(byte[] key, string tenant, long sequence, string? origin)
    {
        if (origin is null)
            return [];
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData("origin"u8);
        Append(mac, tenant);
        Append(mac, sequence);
        Append(mac, origin);
        return mac.GetHashAndReset();
    }

    /// <summary>Proves that the server itself forgot the entries up to this one, because they were older than the tenant keeps them.</summary>
    public static byte[] PrunedProof(byte[] key, string tenant, long sequence, ReadOnlySpan<byte> lastMac)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        mac.AppendData("pruned"u8);
        Append(mac, tenant);
        Append(mac, sequence);
        mac.AppendData(lastMac);
        return mac.GetHashAndReset();
    }

    private static void Append(IncrementalHash mac, long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        mac.AppendData(bytes);
    }

    /// <summary>With its length before it, so that no two lists of texts are alike.</summary>
    private static void Append(IncrementalHash mac, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Append(mac, bytes.LongLength);
        mac.AppendData(bytes);
    }
}
