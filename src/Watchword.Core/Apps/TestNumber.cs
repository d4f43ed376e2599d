using System.Globalization;
using Watchword.Core.Otp;
using Watchword.Core.Users;

namespace Watchword.Core.Apps;

/// <summary>
/// A number of an application's testers: nothing is sent to it, and its code is always the same, until an instant. A code that was never
/// sent proves nothing about who holds the number.
/// </summary>
public sealed record TestNumber(PhoneNumber Number, Passcode Code, DateTimeOffset ExpiresAt)
{
    /// <summary>How many an application may have.</summary>
    public const int MaxCount = 20;

    /// <summary>How far ahead of its setting one may expire.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromDays(90);

    // A day alone is its first instant; what says no offset is UTC, never the server's zone.
    private static readonly string[] IsoFormats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Reads one as an administrator wrote it; null, with sentences on what is wrong, when it may not be used.</summary>
    /// <param name="field">Its name in those sentences.</param>
    /// <param name="phone">The number, in any international spelling.</param>
    /// <param name="code">4–8 digits, whatever the length of the application's other codes.</param>
    /// <param name="expiresAt">ISO 8601.</param>
    /// <param name="now">The server's time.</param>
    /// <param name="faults">Takes the sentences.</param>
    public static TestNumber? Read(string field, string? phone, string? code, string? expiresAt, DateTimeOffset now, List<string> faults)
    {
        var before = faults.Count;
        if (!PhoneNumber.TryParse(phone, out var number))
            faults.Add($"{field}.phone_number must be a phone number in international form (E.164), for example +447700900123.");
        if (!Passcode.IsCode(code))
            faults.Add($"{field}.code must be 4 to 8 digits.");
        if (!DateTimeOffset.TryParseExact(
            expiresAt, IsoFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var end))
            faults.Add($"{field}.expires_at is required: a date such as 2027-01-31 or 2027-01-31T12:00:00Z.");
        else if (end <= now || end > now + LongestLife)
            faults.Add($"{field}.expires_at must be in the future and at most {LongestLife.TotalDays:0} days ahead.");
        return faults.Count == before ? new TestNumber(number, Passcode.Fixed(code!), end) : null;
    }

    /// <summary>Masked by its members.</summary>
    public override string ToString() => $"{Number} {Code}";
}

/// <summary>A test number as it is kept.</summary>
/// <param name="Tag">The keyed tag of the number, by which it is found.</param>
/// <param name="Body">Number and code, sealed.</param>
/// <param name="ExpiresAt">First instant at which it is a number like any other.</param>
public sealed record SealedTestNumber(string Tag, string Body, DateTimeOffset ExpiresAt);
