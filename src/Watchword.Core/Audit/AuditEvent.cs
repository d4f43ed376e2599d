namespace Watchword.Core.Audit;

/// <summary>Something that happened and that somebody may have to know of: an administrator later, a webhook soon.</summary>
public sealed record AuditEvent
{
    /// <summary>The outcome of what succeeded; what was refused has the code of its refusal.</summary>
    public const string Ok = "ok";

    /// <summary>Its tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What was done: one of <see cref="AuditAction"/>.</summary>
    public required string Action { get; init; }

    /// <summary>Who did it, as <see cref="Author"/> writes it.</summary>
    public required string Actor { get; init; }

    /// <summary>In which application; empty when in none.</summary>
    public string AppId { get; init; } = "";

    /// <summary>To which user; empty when to none, or to one who does not exist.</summary>
    public string UserId { get; init; } = "";

    /// <summary>To what else: the id of a client, a session (its <c>sid</c>), a provider. Empty when nothing else.</summary>
    public string Target { get; init; } = "";

    /// <summary><see cref="Ok"/>, or the code of the refusal.</summary>
    public string Outcome { get; init; } = Ok;

    /// <summary>From where, JSON (<see cref="Audit.Origin"/>): all of the event that is personal, and erased with its user. Null: not known, or erased.</summary>
    public string? Origin { get; init; }

    /// <summary>What else there is to say, a JSON object. Never a code, a token, a number or an address.</summary>
    public string Detail { get; init; } = "{}";
}

/// <summary>Where something came from.</summary>
/// <param name="Address">Of whoever called this server: a backend, or an administrator's browser.</param>
/// <param name="UserIp">Of the end user, as the backend told it.</param>
/// <param name="UserAgent">The end user's, as the backend told it.</param>
public sealed record Origin(string? Address, string? UserIp = null, string? UserAgent = null);

/// <summary>Who does something in a tenant, and from where: every change that an administrator may have to account for has one.</summary>
/// <param name="TenantId">The tenant in which they may.</param>
/// <param name="Actor"><c>client:ID</c>, <c>administrator:ID</c>, <c>console</c> or <c>system</c>.</param>
/// <param name="Address">Of the caller; null where there is none.</param>
public sealed record Author(string TenantId, string Actor, string? Address)
{
    private const string AdministratorPrefix = "administrator:";

    /// <summary>A backend.</summary>
    public static Author Client(string tenant, string clientId, string? address) => new(tenant, "client:" + clientId, address);

    /// <summary>Somebody at the portal.</summary>
    public static Author Administrator(string tenant, string administratorId, string? address) => new(tenant, AdministratorPrefix + administratorId, address);

    /// <summary>The administrator who is meant by an actor; null where it is none.</summary>
    public static string? AdministratorOf(string actor) => actor.StartsWith(AdministratorPrefix, StringComparison.Ordinal) ? actor[AdministratorPrefix.Length..] : null;

    /// <summary>Whoever may use the command line and the configuration.</summary>
    public static Author Console(string tenant) => new(tenant, "console", null);

    /// <summary>The server itself.</summary>
    public static Author Server(string tenant) => new(tenant, "system", null);
}
