using System.Buffers.Binary;

namespace Watchword.Core.Limits;

/// <summary>
/// How often codes may be sent to one destination: a pause after each send, in seconds, and a number of sends in sliding windows;
/// 0 switches one off.
/// </summary>
/// <remarks>
/// Times are unix milliseconds. A send stops counting at the very millisecond at which the pause or window has passed:
/// 29,999 ms after a send a pause of 30 s still holds, 30,000 ms after it does not.
/// </remarks>
public sealed record SendLimits(int CooldownSeconds = 30, int PerTenMinutes = 5, int PerHour = 10, int PerDay = 30)
{
    private const int MaxCooldown = 3600;
    private const int MaxCount = 1000;
    private const long Second = 1000;
    private const long TenMinutes = 600 * Second;
    private const long Hour = 3600 * Second;
    private const long Day = 24 * Hour;

    /// <summary>What is wrong with the settings, a sentence each; empty when they may be used.</summary>
    public IReadOnlyList<string> Faults()
    {
        var faults = new List<string>();
        Check("cooldown_seconds", CooldownSeconds, MaxCooldown);
        Check("per_10_minutes", PerTenMinutes, MaxCount);
        Check("per_hour", PerHour, MaxCount);
        Check("per_day", PerDay, MaxCount);
        return faults;

        void Check(string name, int value, int max)
        {
            if (value < 0 || value > max)
                faults.Add($"{name} must be between 0 and {max}; 0 switches this limit off.");
        }
    }

    /// <summary>
    /// Whether one more send may happen now, given those before it in any order; if not, when all limits together would allow it and
    /// which of them holds out longest (the first in the order above where two agree).
    /// </summary>
    public SendDecision Judge(IReadOnlyList<long> earlierSends, long now)
    {
        var newestFirst = earlierSends.ToArray();
        Array.Sort(newestFirst);
        Array.Reverse(newestFirst);
        var wait = 0L;
        SendLimit? limit = null;
        Hold(SendLimit.Cooldown, 1, CooldownSeconds * Second);
        Hold(SendLimit.PerTenMinutes, PerTenMinutes, TenMinutes);
        Hold(SendLimit.PerHour, PerHour, Hour);
        Hold(SendLimit.PerDay, PerDay, Day);
        return limit is null ? SendDecision.Yes : new(false, (int)((wait + Second - 1) / Second), limit);

        // A window is full while the count-th newest send is inside it, and free the moment that one leaves.
        void Hold(SendLimit name, int count, long window)
        {
            if (count <= 0 || newestFirst.Length < count)
                return;
            // A send in the future is a clock set back: it counts, but never for longer than the window.
            var left = Math.Min(newestFirst[count - 1], now) + window - now;
            if (left > wait)
                (wait, limit) = (left, name);
        }
    }

    /// <summary>What is worth storing: the last day's sends, and of those the newest 1000, the most that a limit can count.</summary>
    public static IReadOnlyList<long> Keep(IReadOnlyList<long> sends, long now) =>
        [.. sends.Where(send => now - send < Day).OrderDescending().Take(MaxCount).Order()];

    /// <summary>The sends as bytes for storage: eight each, big-endian.</summary>
    public static byte[] Pack(IReadOnlyList<long> sends)
    {
        var bytes = new byte[sends.Count * sizeof(long)];
        for (var i = 0; i < sends.Count; i++)
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(i * sizeof(long)), sends[i]);
        return bytes;
    }

    /// <summary>The sends back from <see cref="Pack"/>; throws <see cref="FormatException"/> where the length cannot be.</summary>
    public static IReadOnlyList<long> Unpack(byte[] bytes)
    {
        if (bytes.Length % sizeof(long) != 0)
            throw new FormatException($"Packed sends are a multiple of 8 bytes, not {bytes.Length}.");
        var sends = new long[bytes.Length / sizeof(long)];
        for (var i = 0; i < sends.Length; i++)
            sends[i] = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(i * sizeof(long)));
        return sends;
    }
}

/// <summary>Which limit refused a send.</summary>
public enum SendLimit
{
    Cooldown,
    PerTenMinutes,
    PerHour,
    PerDay,
}

/// <summary>
/// Whether a send may happen; if not, after how many whole seconds (rounded up, so at least 1) to ask again, and which limit says so.
/// </summary>
public sealed record SendDecision(bool Allowed, int RetryAfter, SendLimit? Limit)
{
    /// <summary>The send may happen.</summary>
    public static SendDecision Yes { get; } = new(true, 0, null);
}
