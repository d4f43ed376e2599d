using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>What a client that manages the tenant may do.</summary>
public sealed class ManagementApi
{
    internal ManagementApi(Connection connection)
    {
        Applications = new(connection);
        Clients = new(connection);
        LoginPreferences = new(connection);
        Delivery = new(connection);
        Messages = new(connection);
        SigningKeys = new(connection);
        Webhooks = new(connection);
        Audit = new(connection);
        Retention = new(connection);
    }

    /// <summary>Applications.</summary>
    public ApplicationsApi Applications { get; }

    /// <summary>Their clients.</summary>
    public ClientsApi Clients { get; }

    /// <summary>Which methods they have open, and how strict each is.</summary>
    public LoginPreferencesApi LoginPreferences { get; }

    /// <summary>Who delivers messages.</summary>
    public DeliveryApi Delivery { get; }

    /// <summary>What became of messages.</summary>
    public MessagesApi Messages { get; }

    /// <summary>The keys that sign tokens.</summary>
    public SigningKeysApi SigningKeys { get; }

    /// <summary>Who is told what happens.</summary>
    public WebhooksApi Webhooks { get; }

    /// <summary>What was done, and by whom.</summary>
    public AuditApi Audit { get; }

    /// <summary>How long things are kept.</summary>
    public RetentionApi Retention { get; }
}
