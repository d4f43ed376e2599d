using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Watchword.Core.Administrators;

/// <summary>
/// Codes of an authenticator app: TOTP (RFC 6238) with HMAC-SHA-1, 30 seconds, six digits, which is what all such apps take.
/// </summary>
public static class Totp
{
    /// <summary>Bytes of a key (RFC 4226 §4 R6 recommends 160 bits).</summary>
    public const int KeySize = 20;

    private const int StepSeconds = 30;
    private const int Digits = 6;

    /// <summary>Steps to both sides of now, for a phone whose clock is a little off (RFC 6238 §5.2).</summary>
    private const int Tolerance = 1;

    /// <summary>
    /// The step that a code is for, or null for a wrong code. A step must be later than the one of the last code taken: a code works once
    /// (RFC 6238 §5.2).
    /// </summary>
    public static long? Verify(ReadOnlySpan<byte> key, string? code, DateTimeOffset now, long lastStep)
    {
        var typed = new string([.. (code ?? "").Where(c => !char.IsWhiteSpace(c))]);
        if (typed.Length != Digits)
            return null;
        var current = now.ToUnixTimeSeconds() / StepSeconds;
        long? found = null;
        for (var step = current - Tolerance; step <= current + Tolerance; step++)
        {
            // All are compared, whichever fits.
            if (CryptographicOperations.FixedTimeEquals(System.Text.Encoding.UTF8.GetBytes(CodeOf(key, step)), System.Text.Encoding.UTF8.GetBytes(typed)) && step > lastStep)
                found = step;
        }
        return found;
    }

    /// <summary>The code that an app with this key shows at an instant.</summary>
    public static string CodeAt(ReadOnlySpan<byte> key, DateTimeOffset instant) => CodeOf(key, instant.ToUnixTimeSeconds() / StepSeconds);

    /// <summary>What an authenticator app scans, by the convention of such apps (<c>otpauth://</c>).</summary>
    public static string Uri(string issuer, string account, string key) =>
        $"otpauth://totp/{System.Uri.EscapeDataString(issuer)}:{System.Uri.EscapeDataString(account)}?secret={key}&issuer={System.Uri.EscapeDataString(issuer)}";

    // SHA-1 as HMAC is not broken, and apps know nothing else.
#pragma warning disable CA5350
    private static string CodeOf(ReadOnlySpan<byte> key, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(key, counter, hash);
        // Dynamic truncation, RFC 4226 §5.3.
        var binary = BinaryPrimitives.ReadInt32BigEndian(hash[(hash[^1] & 0xF)..]) & 0x7FFFFFFF;
        return (binary % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
#pragma warning restore CA5350
}
