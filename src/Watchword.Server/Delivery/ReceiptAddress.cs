using System.Security.Cryptography;
using System.Text;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>
/// Where a provider reports what became of one message. The address holds a key that only this server can make, so that nobody can guess
/// one; what else proves a receipt's origin is the matter of its kind.
/// </summary>
internal static class ReceiptAddress
{
    public static Uri Of(string publicUrl, MasterKey keys, string tenant, string providerId, string messageId) =>
        new($"{publicUrl}/cis/v1/receipts/{Uri.EscapeDataString(tenant)}/{Uri.EscapeDataString(providerId)}/{Uri.EscapeDataString(messageId)}?key={KeyOf(keys, tenant, providerId, messageId)}");

    /// <summary>Whether this key was made for this message at this provider.</summary>
    public static bool Verify(MasterKey keys, string tenant, string providerId, string messageId, string? key) =>
        key is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(KeyOf(keys, tenant, providerId, messageId)));

    private static string KeyOf(MasterKey keys, string tenant, string providerId, string messageId) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(keys.ReceiptKey, Encoding.UTF8.GetBytes($"{tenant}/{providerId}/{messageId}")));
}
