using System.Globalization;
using System.Security.Cryptography;

namespace Watchword.Core.Otp;

/// <summary>A one-time passcode. Its text form is masked, so that it cannot slip into a log; <see cref="Reveal"/> is the only way out.</summary>
public readonly struct Passcode
{
    private readonly string _digits;

    private Passcode(string digits) => _digits = digits;

    /// <summary>A new code: uniform over all strings of that many digits, leading zeros kept, from the operating system's generator.</summary>
    /// <param name="length">Digits, 4–8.</param>
    public static Passcode Generate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 8);
        // One draw below 10^length, by rejection: as uniform as a draw per digit, and a sixth of the cost.
        var below = (int)Math.Pow(10, length);
        return new Passcode(RandomNumberGenerator.GetInt32(below).ToString("D" + length, CultureInfo.InvariantCulture));
    }

    /// <summary>A code that somebody chose. For test numbers only: a chosen code proves nothing.</summary>
    /// <param name="digits">4–8 ASCII digits.</param>
    public static Passcode Fixed(string digits)
    {
        if (!IsCode(digits))
            throw new ArgumentException("A code is 4 to 8 digits.", nameof(digits));
        return new Passcode(digits);
    }

    /// <summary>Whether a text could be a code.</summary>
    public static bool IsCode(string? text) => text is { Length: >= 4 and <= 8 } && text.All(char.IsAsciiDigit);

    /// <summary>The code in the clear: for the message to its user, and for the answer on channel <c>direct</c>.</summary>
    public string Reveal() => _digits;

    /// <inheritdoc/>
    public override string ToString() => "[passcode]";
}
