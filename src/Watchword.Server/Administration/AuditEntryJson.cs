using System.Text.Json;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>An entry of the audit log.</summary>
/// <param name="Sequence">Its number: each tenant counts from 1, without a gap.</param>
/// <param name="At">When it happened.</param>
/// <param name="Action">What was done, such as <c>user.logged_in</c>.</param>
/// <param name="Actor">Who did it: <c>client:ID</c>, <c>administrator:ID</c>, <c>console</c> or <c>system</c>.</param>
/// <param name="AppId">In which application; absent when in none.</param>
/// <param name="UserId">To which user; absent when to none.</param>
/// <param name="Target">To what else: the id of a client, a session, a provider.</param>
/// <param name="Outcome"><c>ok</c>, or the code of the refusal.</param>
/// <param name="Origin">From where; absent when it is not known or was erased with its user.</param>
/// <param name="Detail">What else there is to say.</param>
internal sealed record AuditEntryJson(
    long Sequence, DateTimeOffset At, string Action, string Actor, string? AppId, string? UserId, string? Target, string Outcome, Origin? Origin, JsonElement? Detail)
{
    public static AuditEntryJson Of(LoggedEvent e) => new(
        e.Sequence, e.Instant, e.Action, e.Actor, OrNull(e.AppId), OrNull(e.UserId), OrNull(e.Target), e.Outcome,
        Read<Origin>(e.Origin), Read<JsonElement?>(e.Detail));

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    /// <summary>Nothing where somebody has tampered with the row: the others are to be read all the same, and verification tells of it.</summary>
    private static T? Read<T>(string? json)
    {
        try
        {
            return json is null ? default : StoredJson.Read<T>(json);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
