using System.Security.Cryptography;

namespace Watchword.Core.Administrators;

/// <summary>
/// A long secret that people copy or type: set-up codes, invitations, recovery codes. 80 random bits, so that nobody guesses it, in letters
/// that cannot be mistaken for each other (RFC 4648 §6 has no 0, 1, 8 and 9), in four groups.
/// </summary>
public static class TypedCode
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int Length = 16;

    /// <summary>A new one: <c>ABCD-EFGH-2345-WXYZ</c>.</summary>
    public static string New() => InGroups(RandomNumberGenerator.GetString(Alphabet, Length), "-");

    /// <summary>The code as it is compared, however it was typed; null when it can be none.</summary>
    public static string? Canonical(string? typed)
    {
        var letters = new string([.. (typed ?? "").Where(c => c is not '-' && !char.IsWhiteSpace(c)).Select(char.ToUpperInvariant)]);
        return letters.Length == Length && letters.All(Alphabet.Contains) ? letters : null;
    }

    /// <summary>Bytes in base32 (RFC 4648 §6), without padding.</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder();
        var (bits, count) = (0, 0);
        foreach (var b in bytes)
        {
            (bits, count) = ((bits << 8) | b, count + 8);
            for (; count >= 5; count -= 5)
                text.Append(Alphabet[(bits >> (count - 5)) & 31]);
            bits &= (1 << count) - 1;
        }
        return count > 0 ? text.Append(Alphabet[(bits << (5 - count)) & 31]).ToString() : text.ToString();
    }

    /// <summary>Text in groups of four, for the eye.</summary>
    public static string InGroups(string text, string between) => string.Join(between, text.Chunk(4).Select(group => new string(group)));
}
