using Microsoft.AspNetCore.DataProtection;

namespace Watchword.Server.Storage;

/// <summary>Encrypts what has to be read again (message bodies, private keys, transactions), each purpose under a key of its own.</summary>
internal sealed class Seal(IDataProtectionProvider provider)
{
    /// <summary>Destination, sender and text of messages.</summary>
    public IDataProtector Messages { get; } = provider.CreateProtector("watchword.messages");

    /// <summary>The transactions that codes approve.</summary>
    public IDataProtector ApprovalData { get; } = provider.CreateProtector("watchword.approval-data");

    /// <summary>Numbers and fixed codes of testers.</summary>
    public IDataProtector TestNumbers { get; } = provider.CreateProtector("watchword.test-numbers");

    /// <summary>Credentials for a tenant's providers. Bound to the tenant, so that they open nothing in another's row.</summary>
    public IDataProtector ProviderSecretsOf(string tenant) => provider.CreateProtector("watchword.provider-secrets", tenant);

    /// <summary>API key and signing secrets of a webhook. Bound to the tenant and the webhook, so that they open nothing in another's row.</summary>
    public IDataProtector WebhookSecretsOf(string tenant, string webhook) => provider.CreateProtector("watchword.webhook-secrets", tenant, webhook);

    /// <summary>The key of an administrator's authenticator app. Bound to them, so that it opens nothing in another's row.</summary>
    public IDataProtector TotpKeyOf(string tenant, string administrator) => provider.CreateProtector("watchword.totp-key", tenant, administrator);

    /// <summary>Private halves of signing keys.</summary>
    public IDataProtector SigningKeys { get; } = provider.CreateProtector("watchword.signing-keys");
}
