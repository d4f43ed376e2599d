namespace Watchword.Core;

/// <summary>Names for rows: time-ordered, so that new rows land next to each other in the index.</summary>
public static class Ids
{
    /// <summary>A new id: a version 7 UUID (RFC 9562 §5.7) as 32 lower-case hex digits.</summary>
    public static string New(DateTimeOffset now) => Guid.CreateVersion7(now).ToString("N");
}
