using System.Globalization;
using Watchword.Core.Apps;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>A test number as administrators write and read it.</summary>
/// <param name="PhoneNumber">In international form.</param>
/// <param name="Code">The fixed code, 4 to 8 digits.</param>
/// <param name="ExpiresAt">ISO 8601, at most 90 days ahead.</param>
internal sealed record TestNumberEntry(string? PhoneNumber, string? Code, string? ExpiresAt)
{
    public static TestNumberEntry Of(TestNumber number) => new(
        number.Number.E164, number.Code.Reveal(), number.ExpiresAt.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture));

    /// <summary>Masked: it holds a number and a code.</summary>
    public override string ToString() => "[test number]";
}

/// <summary>Reads an application's list of test numbers, which is replaced as a whole.</summary>
internal static class TestNumberEntries
{
    /// <summary>The numbers, sealed; null when no list was given, in part when some have faults.</summary>
    public static IReadOnlyList<SealedTestNumber>? Read(
        IReadOnlyList<TestNumberEntry?>? entries, string tenant, string app, DateTimeOffset now, MasterKey keys, Seal seal, List<string> faults)
    {
        if (entries is null)
            return null;
        if (entries.Count > TestNumber.MaxCount)
            faults.Add($"settings.test_numbers may hold at most {TestNumber.MaxCount} numbers.");
        var numbers = entries.Take(TestNumber.MaxCount)
            .Select((entry, i) => TestNumber.Read($"settings.test_numbers[{i}]", entry?.PhoneNumber, entry?.Code, entry?.ExpiresAt, now, faults))
            .OfType<TestNumber>().ToList();
        if (numbers.DistinctBy(n => n.Number).Count() < numbers.Count)
            faults.Add("settings.test_numbers must not hold a number twice.");
        return [.. numbers.Select(n => TestNumbers.Close(n, tenant, app, keys, seal))];
    }

    /// <summary>
    /// The new list, with the old sealing of those that are as they were: sealing the same twice looks different, and nobody should be told of
    /// a change that is none.
    /// </summary>
    public static IReadOnlyList<SealedTestNumber> KeepSame(IReadOnlyList<SealedTestNumber> wanted, IReadOnlyList<SealedTestNumber> known, Seal seal) =>
        [.. wanted.Select(w => known.FirstOrDefault(k => k.Tag == w.Tag && k.ExpiresAt == w.ExpiresAt && TestNumbers.Open(k, seal) == TestNumbers.Open(w, seal)) ?? w)];
}
