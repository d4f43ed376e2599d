using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>
/// The address at which a provider reports what became of one message. It carries a proof that we gave it out, so that nobody can report
/// on a message whose address they were not told.
/// </summary>
/// <param name="publicUrl">Where this server is reached, without a slash at the end; from configuration only.</param>
/// <param name="keys">Holds the key of the proof.</param>
internal sealed class ReceiptAddress(string publicUrl, MasterKey keys)
{
    /// <summary>The address for a message that goes to a provider; null when its kind reports nothing.</summary>
    public Uri? Of(string tenant, OpenProvider provider, string messageId) => provider.Kind?.Receipts is null
        ? null
        : new Uri($"{publicUrl}/cis/v1/receipts/{Uri.EscapeDataString(tenant)}/{Uri.EscapeDataString(provider.ProviderId)}/{Uri.EscapeDataString(messageId)}"
            + $"?key={Convert.ToHexStringLower(KeyOf(tenant, provider.ProviderId, messageId))}");

    /// <summary>Whether we gave out this address.</summary>
    public bool Verify(string tenant, string providerId, string messageId, string? key)
    {
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return key is { Length: 2 * HMACSHA256.HashSizeInBytes }
            && Convert.FromHexString(key, given, out _, out _) == System.Buffers.OperationStatus.Done
            && CryptographicOperations.FixedTimeEquals(given, KeyOf(tenant, providerId, messageId));
    }

    /// <summary>Each part with its length, so that no two triples read the same.</summary>
    private byte[] KeyOf(params string[] parts) =>
        HMACSHA256.HashData(keys.ReceiptKey, Encoding.UTF8.GetBytes(string.Concat(parts.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Length}:{p}")))));
}
