namespace Watchword.Server.Portal.Pages.Audit;

/// <summary>What is shown of an entry when it is opened.</summary>
/// <param name="Facts">Each with the address that it leads to; those without a value are not shown.</param>
/// <param name="Changes">What changed, a line each.</param>
/// <param name="Raw">The detail as it is kept.</param>
public sealed record AuditEntryContent(IReadOnlyList<(string Name, string? Value, string? Address)> Facts, IReadOnlyList<string> Changes, string? Raw);
