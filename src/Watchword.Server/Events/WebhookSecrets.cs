using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>What a webhook knows us by, and what its deliveries are signed with (https://www.standardwebhooks.com).</summary>
/// <param name="ApiKey">Sent with every request.</param>
/// <param name="Signing"><c>whsec_</c> and 32 random bytes in base64.</param>
/// <param name="Previous">The one before, after a rotation.</param>
/// <param name="PreviousUntil">Until when that one signs too.</param>
internal sealed record WebhookSecrets(string ApiKey, string Signing, string? Previous = null, DateTimeOffset? PreviousUntil = null)
{
    private const string Prefix = "whsec_";

    /// <summary>A signing secret.</summary>
    public static string NewSigning() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Null when they cannot be opened: the master key is another, or the row is.</summary>
    public static WebhookSecrets? Open(Webhook webhook, Seal seal)
    {
        try
        {
            return StoredJson.Read<WebhookSecrets>(seal.WebhookSecretsOf(webhook.TenantId, webhook.WebhookId).Unprotect(webhook.Secrets));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>For the database.</summary>
    public string Close(string tenant, string webhook, Seal seal) => seal.WebhookSecretsOf(tenant, webhook).Protect(StoredJson.Write(this));

    /// <summary>The header <c>webhook-signature</c>: one signature, or two while a rotation is under way.</summary>
    public string Sign(string id, DateTimeOffset at, string body)
    {
        var signed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{at.ToUnixTimeSeconds()}.{body}"));
        return Previous is not null && at < PreviousUntil ? $"{Sign(Signing, signed)} {Sign(Previous, signed)}" : Sign(Signing, signed);
    }

    /// <summary>Masked.</summary>
    public override string ToString() => "[webhook secrets]";

    private static string Sign(string secret, byte[] signed) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret[Prefix.Length..]), signed));
}
