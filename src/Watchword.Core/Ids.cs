using System.Globalization;

namespace Watchword.Core;

/// <summary>Names for rows: time-ordered, so that new rows land next to each other in the index.</summary>
public static class Ids
{
    /// <summary>A new id: a version 7 UUID (RFC 9562 §5.7) as 32 lower-case hex digits.</summary>
    public static string New(DateTimeOffset now) => Guid.CreateVersion7(now).ToString("N");

    /// <summary>Not after any id made at this instant or later, and after every one made before: an id begins with 48 bits of unix milliseconds.</summary>
    public static string FirstAt(DateTimeOffset instant) => Math.Max(0, instant.ToUnixTimeMilliseconds()).ToString("x12", CultureInfo.InvariantCulture);

    /// <summary>The instant at which an id was made; null for a name that is none of ours.</summary>
    public static DateTimeOffset? TimeOf(string id) =>
        id.Length == 32 && long.TryParse(id.AsSpan(0, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var ms)
            ? DateTimeOffset.FromUnixTimeMilliseconds(ms)
            : null;
}
