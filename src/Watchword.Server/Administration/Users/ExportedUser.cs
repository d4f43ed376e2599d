using System.Text.Json;
using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>The user's place in an application, and what the application keeps there.</summary>
internal sealed record ExportedMembership(string AppId, string AppName, string? Username, string? ExternalUserId, JsonElement? CustomAppData, DateTimeOffset CreatedAt)
{
    public static ExportedMembership Of(KeptMembership m) => new(
        m.AppId, m.AppName, m.Username, m.ExternalUserId, m.CustomAppData is null ? null : JsonElement.Parse(m.CustomAppData), m.CreatedAt.At());
}

/// <summary>Wrong codes and logins, counted in one application; it stays when the user leaves that.</summary>
internal sealed record ExportedLoginState(
    string AppId, long Failures, long ConsecutiveFailures, bool OnlyAdministratorUnlocks, DateTimeOffset? LockedUntil, DateTimeOffset? LastAuth, DateTimeOffset UpdatedAt)
{
    public static ExportedLoginState Of(KeptLoginState s)
    {
        var barred = s.ConsecutiveFailures >= Lockout.ConsecutiveFailuresAllowed;
        return new(s.AppId, s.Failures, s.ConsecutiveFailures, barred, barred ? null : s.LockedUntil.At(), s.LastAuth.At(), s.UpdatedAt.At());
    }
}

/// <summary>That a code was made; what it was, nobody can tell.</summary>
/// <param name="AppId">For which application.</param>
/// <param name="ClientId">Which client asked for it.</param>
/// <param name="Channel">By which method.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="ExpiresAt">Until when it works, or did.</param>
/// <param name="UsedAt">When it was used, or replaced.</param>
/// <param name="ApprovalData">The transaction that it approves.</param>
internal sealed record ExportedCode(
    string AppId, string ClientId, string Channel, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? UsedAt, JsonElement? ApprovalData)
{
    public static ExportedCode Of(KeptChallenge c, Func<string, JsonElement?> open) => new(
        c.AppId, c.ClientId, c.Channel, c.CreatedAt.At(), c.ExpiresAt.At(), c.UsedAt.At(), c.ApprovalData.Length == 0 ? null : open(c.ApprovalData));
}

/// <summary>A login and how long it held.</summary>
internal sealed record ExportedSession(
    string SessionId, string AppId, string ClientId, DateTimeOffset StartedAt, DateTimeOffset AuthTime, DateTimeOffset EndsAt, IReadOnlyList<string> Methods, string? Resource)
{
    public static ExportedSession Of(KeptSession s) => new(
        s.SessionId, s.AppId, s.ClientId, s.StartedAt.At(), s.AuthTime.At(), s.End, s.Methods.Split(' ', StringSplitOptions.RemoveEmptyEntries), s.Resource);
}

/// <summary>What became of a message, at one instant.</summary>
internal sealed record ExportedMessageStatus(DateTimeOffset At, string Status, string? Provider);

/// <summary>A message to the user: its destination masked, its text not kept.</summary>
internal sealed record ExportedMessage(
    string MessageId, string AppId, string Channel, string To, string Region, string Status, DateTimeOffset CreatedAt, IReadOnlyList<ExportedMessageStatus> History)
{
    public static ExportedMessage Of(LoggedMessage m) => new(
        m.MessageId, m.AppId, m.Channel, m.MaskedDestination, m.Region, m.Status, m.CreatedAt.At(),
        [.. m.StatusHistory.Select(h => new ExportedMessageStatus(h.At.At(), h.Status, h.Provider))]);
}

/// <summary>An entry of the audit log about the user.</summary>
internal sealed record ExportedEntry(
    long Sequence, DateTimeOffset At, string Action, string Actor, string? AppId, string? Target, string Outcome, JsonElement? Origin, JsonElement Detail)
{
    public static ExportedEntry Of(KeptEntry e) => new(
        e.Sequence, e.At.At(), e.Action, e.Actor, e.AppId is "" ? null : e.AppId, e.Target is "" ? null : e.Target, e.Outcome,
        e.Origin is null ? null : JsonElement.Parse(e.Origin), JsonElement.Parse(e.Detail));
}

/// <summary>All that is kept of a user, for the user to have (GDPR Art. 15 and 20).</summary>
/// <param name="ExportedAt">When it was read.</param>
/// <param name="User">Who it is; where the user is in several applications, see <c>memberships</c>.</param>
/// <param name="Memberships">Places in applications.</param>
/// <param name="LoginStates">Counts and locks.</param>
/// <param name="Codes">Codes made of late.</param>
/// <param name="Sessions">Logins, those that are over too, oldest first.</param>
/// <param name="Messages">Messages, newest first.</param>
/// <param name="AuditEntries">What the audit log says of the user, oldest first.</param>
internal sealed record ExportedUser(
    DateTimeOffset ExportedAt,
    UserJson User,
    IReadOnlyList<ExportedMembership> Memberships,
    IReadOnlyList<ExportedLoginState> LoginStates,
    IReadOnlyList<ExportedCode> Codes,
    IReadOnlyList<ExportedSession> Sessions,
    IAsyncEnumerable<ExportedMessage> Messages,
    IAsyncEnumerable<ExportedEntry> AuditEntries);
