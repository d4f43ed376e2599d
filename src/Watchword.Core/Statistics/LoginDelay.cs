namespace Watchword.Core.Statistics;

/// <summary>
/// How long people take from the code to the login, counted in slots that grow by a fifth each (four to a doubling): so a median of a million
/// logins takes forty numbers, which can be added up over hours and applications. It is off by a fifth at worst, and by a few parts in a hundred as a rule.
/// </summary>
public static class LoginDelay
{
    private const int PerDoubling = 4;

    /// <summary>What takes less than half a second is a program's, and is all one.</summary>
    private const double First = 0.5;

    /// <summary>The last slot holds all that is longer than a code may live.</summary>
    public const int Last = 42;

    /// <summary>The slot of a delay.</summary>
    public static int Slot(TimeSpan delay) =>
        delay.TotalSeconds < First ? 0 : Math.Min(Last, 1 + (int)Math.Floor(PerDoubling * Math.Log2(delay.TotalSeconds / First)));

    /// <summary>The delay that a part of the logins did not exceed: 0.5 for the median. Null: there were none.</summary>
    /// <param name="counts">Logins by slot.</param>
    /// <param name="part">Which part, from 0 to 1.</param>
    public static TimeSpan? Quantile(IReadOnlyDictionary<int, long> counts, double part)
    {
        var rank = part * counts.Values.Sum();
        var before = 0L;
        foreach (var (slot, count) in counts.Where(c => c.Value > 0).OrderBy(c => c.Key))
        {
            if (before + count >= rank)
                return Within(slot, (rank - before) / count);
            before += count;
        }
        return null;
    }

    /// <summary>A place inside of a slot: those in it are taken to be spread evenly.</summary>
    private static TimeSpan Within(int slot, double place) => TimeSpan.FromSeconds(Begin(slot) + (place * (Begin(slot + 1) - Begin(slot))));

    private static double Begin(int slot) => slot == 0 ? 0 : First * Math.Pow(2, (slot - 1) / (double)PerDoubling);
}
