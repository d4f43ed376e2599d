namespace Watchword.Core.Retention;

/// <summary>How many days a tenant keeps what is over.</summary>
/// <param name="MessageDays">A message in the log, from the moment it was taken in.</param>
/// <param name="ChallengeDays">A code that can no longer be used, from its expiry.</param>
/// <param name="SessionDays">A session, from its end.</param>
/// <param name="AuditDays">An entry of the audit log; 0 keeps it for ever.</param>
public sealed record RetentionPolicy(int MessageDays = 90, int ChallengeDays = 7, int SessionDays = 30, int AuditDays = 400)
{
    private const int Longest = 3650;

    /// <summary>Below this, whoever steals a management client's secret could make the log of what they did vanish the same day.</summary>
    private const int ShortestAudit = 30;

    /// <summary>What is wrong with it, a sentence each. Each number is judged by itself.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        foreach (var (name, days) in (ReadOnlySpan<(string, int)>)[("message_days", MessageDays), ("challenge_days", ChallengeDays), ("session_days", SessionDays)])
        {
            if (days is < 1 or > Longest)
                faults.Add($"{name} must be 1 to {Longest}.");
        }
        if (AuditDays is not 0 and (< ShortestAudit or > Longest))
            faults.Add($"audit_days must be {ShortestAudit} to {Longest}, or 0 to keep the audit log for ever.");
        return faults;
    }
}
