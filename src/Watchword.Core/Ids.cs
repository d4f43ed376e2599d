namespace Watchword.Core;

/// <summary>Names for rows: time-ordered, so that new rows land next to each other in the index.</summary>
public static class Ids
{
    /// <summary>A new id: a version 7 UUID (RFC 9562 §5.7) as 32 lower-case hex digits.</summary>
    public static string New(DateTimeOffset now) => Guid.CreateVersion7(now).ToString("N");

    /// <summary>
    /// The public name of a new session: its user's id, then 20 digits of time and chance. A user's sessions so stand together under the
    /// table's own key, and need no index beside it.
    /// </summary>
    public static string NewSession(string userId, DateTimeOffset now) => $"{userId}-{New(now)[..20]}";
}
