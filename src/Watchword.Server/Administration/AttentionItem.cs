using Watchword.Core.Apps;
using Watchword.Core.Messages;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>How soon somebody should look.</summary>
internal enum AttentionSeverity
{
    /// <summary>Codes do not arrive, or the log cannot be trusted: now.</summary>
    Problem,

    /// <summary>Today.</summary>
    Warning,

    /// <summary>When there is time.</summary>
    Note,
}

/// <summary>The page on which something can be done about it.</summary>
internal enum AttentionPlace
{
    Providers,
    Routes,
    Messages,
    Users,

    /// <summary>The id is the application's.</summary>
    Application,

    /// <summary>The id is the application's.</summary>
    Policy,

    /// <summary>The id is the application's.</summary>
    Clients,

    /// <summary>The id is the webhook's.</summary>
    Webhooks,
    SigningKeys,
    Audit,
    Administrators,
}

/// <summary>Something that needs attention.</summary>
/// <param name="Severity">How soon.</param>
/// <param name="Text">What it is, in a sentence or two.</param>
/// <param name="Place">Where to go.</param>
/// <param name="Id">Of what is meant there; null: of nothing in particular.</param>
internal sealed record AttentionItem(AttentionSeverity Severity, string Text, AttentionPlace Place, string? Id = null);

/// <summary>All that the rules look at.</summary>
internal sealed record AttentionFacts
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>Whether real users are behind it.</summary>
    public bool Production { get; init; } = true;

    public IReadOnlyList<Application> Applications { get; init; } = [];

    public IReadOnlyList<ProviderFact> Providers { get; init; } = [];

    /// <summary>Channels that somebody carries now.</summary>
    public bool CarriesSms { get; init; } = true;

    /// <summary>The same for email.</summary>
    public bool CarriesEmail { get; init; } = true;

    public IReadOnlyList<MessageRoute> Routes { get; init; } = [];

    /// <summary>Regions to which SMS went in the last week.</summary>
    public IReadOnlyList<string> Regions { get; init; } = [];

    /// <summary>Of the codes of an hour: the one that ended ten minutes ago, so that nearly all have been used that will be.</summary>
    public DashboardCounts Lately { get; init; } = new();

    /// <summary>Of the seven days before.</summary>
    public DashboardCounts Usually { get; init; } = new();

    /// <summary>Locks that began in the last sixty minutes.</summary>
    public long LockoutsLately { get; init; }

    public OutboxDepth Queue { get; init; } = new(0, null);

    public IReadOnlyList<Webhook> Webhooks { get; init; } = [];

    public IReadOnlyList<EndingSecret> EndingSecrets { get; init; } = [];

    /// <summary>When the signing keys turn by themselves, the first to do so; null: somebody else's tenant sees to them.</summary>
    public DateTimeOffset? KeysTurnAt { get; init; }

    /// <summary>The last check of the audit log; null: there was none.</summary>
    public AuditCheck? AuditCheck { get; init; }

    /// <summary>Of each administrator whose password was right, and then second factors wrong in a row: how many.</summary>
    public IReadOnlyList<long> WrongFactors { get; init; } = [];

    /// <summary>Since when the tenant is there.</summary>
    public DateTimeOffset TenantSince { get; init; }
}

/// <summary>A provider, and how it does.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Enabled">Whether it is switched on.</param>
/// <param name="Usable">Whether it can be opened.</param>
/// <param name="Lane">How this process stands to it.</param>
/// <param name="Accepted">Messages that it took in this hour and the one before.</param>
/// <param name="Failed">Tries that failed on its side, or without an answer.</param>
internal sealed record ProviderFact(string Id, string Name, bool Enabled, bool Usable, LaneState Lane, long Accepted, long Failed);
