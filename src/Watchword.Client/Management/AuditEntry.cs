using System.Globalization;
using System.Text.Json.Nodes;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>An entry of the audit log: who did what to what, when, from where, and how it ended.</summary>
public sealed record AuditEntry
{
    /// <summary>Its number: each tenant counts from 1, without a gap.</summary>
    public long Sequence { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>What was done, such as <c>user.logged_in</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Who did it: <c>client:ID</c>, <c>administrator:ID</c>, <c>console</c> or <c>system</c>.</summary>
    public required string Actor { get; init; }

    /// <summary>In which application; null when in none.</summary>
    public string? AppId { get; init; }

    /// <summary>To which user; null when to none.</summary>
    public string? UserId { get; init; }

    /// <summary>To what else: the id of a client, a session, a provider.</summary>
    public string? Target { get; init; }

    /// <summary><c>ok</c>, or the code of the refusal.</summary>
    public required string Outcome { get; init; }

    /// <summary>From where; null when it is not known or was erased with its user.</summary>
    public AuditOrigin? Origin { get; init; }

    /// <summary>What else there is to say.</summary>
    public JsonObject? Detail { get; init; }

    /// <summary>Number and action.</summary>
    public override string ToString() => $"entry {Sequence}, {Action}";
}

/// <summary>Where something came from.</summary>
/// <param name="Address">Of whoever called the server.</param>
/// <param name="UserIp">Of the end user, as the backend told it.</param>
/// <param name="UserAgent">The end user's, as the backend told it.</param>
public sealed record AuditOrigin(string? Address, string? UserIp, string? UserAgent);

/// <summary>Which entries; what is null does not matter.</summary>
public sealed record AuditQuery
{
    /// <summary>About this user.</summary>
    public string? UserId { get; init; }

    /// <summary>In this application.</summary>
    public string? AppId { get; init; }

    /// <summary>An action, or the first word of some with its dot: <c>user.</c></summary>
    public string? Action { get; init; }

    /// <summary>By whom, such as <c>client:ID</c>.</summary>
    public string? Actor { get; init; }

    /// <summary><c>ok</c>, <c>refused</c>, or the code of a refusal.</summary>
    public string? Outcome { get; init; }

    /// <summary>Then or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Before then.</summary>
    public DateTimeOffset? Until { get; init; }

    internal Address Page(string? token) => Address.Of("/cis/v1/audit")
        .With("user_id", UserId)
        .With("app_id", AppId)
        .With("action", Action)
        .With("actor", Actor)
        .With("outcome", Outcome)
        .With("since", Since?.ToString("O", CultureInfo.InvariantCulture))
        .With("until", Until?.ToString("O", CultureInfo.InvariantCulture))
        .With("page_limit", "500")
        .With("page_token", token);
}

/// <summary>What a check of the whole log found.</summary>
/// <param name="Intact">Whether everything is as it was written.</param>
/// <param name="Entries">So many were checked.</param>
/// <param name="First">Number of the oldest entry that is kept.</param>
/// <param name="Head">Where the chain stands: note it elsewhere, and have it looked for later.</param>
/// <param name="Faults">The first of each kind.</param>
public sealed record AuditReport(bool Intact, long Entries, long First, string? Head, IReadOnlyList<AuditFault> Faults);

/// <summary>Something that is not as the server left it.</summary>
/// <param name="Kind">Its kind, such as <c>altered_entry</c>.</param>
/// <param name="Sequence">The first entry that shows it.</param>
/// <param name="Message">For people.</param>
public sealed record AuditFault(string Kind, long Sequence, string Message);

/// <summary>One page of the log.</summary>
internal sealed record AuditPageBody(IReadOnlyList<AuditEntry> Result, string? NextPageToken);

/// <summary>Which head is to be looked for.</summary>
internal sealed record AuditVerifyBody(string? Head);
