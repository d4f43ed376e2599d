using System.Buffers;

namespace Watchword.Core.Users;

/// <summary>
/// An email address in its one canonical spelling, lower case, so that it can be a key; its text form is masked. Only the everyday
/// form is read: dot-atom local part in ASCII (RFC 5321 §4.1.2, no quoted strings, no UTF-8 of RFC 6531) at a host name.
/// </summary>
/// <remarks>The <c>default</c> value is no address at all: empty <see cref="Value"/>.</remarks>
public readonly record struct EmailAddress
{
    private const int MaxLength = 254; // RFC 5321 §4.5.3.1.3: 256 with the angle brackets.
    private const int MaxLocal = 64; // RFC 5321 §4.5.3.1.1
    private const int MaxLabel = 63; // RFC 1035 §2.3.4
    private static readonly SearchValues<char> LocalCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~");
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    private readonly string? _value;

    private EmailAddress(string value) => _value = value;

    /// <summary>The address in lower case; at most 254 ASCII characters.</summary>
    public string Value => _value ?? "";

    /// <summary>What may be shown and logged: the first character of the local part and the host, "a***@example.com".</summary>
    public string Masked
    {
        get
        {
            var at = Value.IndexOf('@', StringComparison.Ordinal);
            // A local part of one character would be shown whole.
            return at < 0 ? "" : string.Concat(Value.AsSpan(0, at > 1 ? 1 : 0), "***", Value.AsSpan(at));
        }
    }

    /// <summary>The masked form: a whole address must not slip into a log by way of a format string.</summary>
    public override string ToString() => Masked;

    /// <summary>Reads an address; nothing is trimmed or repaired, only the case is folded.</summary>
    public static bool TryParse(string? text, out EmailAddress address)
    {
        address = default;
        if (text is null || text.Length > MaxLength)
            return false;
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0 || !IsLocalPart(text.AsSpan(0, at)) || !IsHost(text.AsSpan(at + 1)))
            return false;
        address = new EmailAddress(text.ToLowerInvariant());
        return true;
    }

    private static bool IsLocalPart(ReadOnlySpan<char> local)
    {
        if (local.Length > MaxLocal)
            return false;
        foreach (var atom in local.Split('.'))
            if (local[atom].IsEmpty || local[atom].ContainsAnyExcept(LocalCharacters))
                return false;
        return true;
    }

    private static bool IsHost(ReadOnlySpan<char> host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return true;
        var labels = 0;
        var last = ReadOnlySpan<char>.Empty;
        foreach (var range in host.Split('.'))
        {
            last = host[range];
            if (last.Length is 0 or > MaxLabel || last[0] == '-' || last[^1] == '-' || last.ContainsAnyExcept(HostCharacters))
                return false;
            labels++;
        }

        // A last label of digits is an IPv4 address in the making, not a name (RFC 3696 §2).
        return labels > 1 && last.ContainsAnyExceptInRange('0', '9');
    }
}
