using System.Buffers.Text;
using System.Security.Cryptography;

namespace Watchword.Core.Apps;

/// <summary>A public key of a client (RFC 7517), as it was registered: RSA or P-256.</summary>
public sealed record ClientKey
{
    private const int Most = 10;
    private const int ShortestRsa = 2048;
    private const int LongestRsa = 8192;

    public string? Kty { get; init; }

    public string? Kid { get; init; }

    public string? Use { get; init; }

    public string? Alg { get; init; }

    public string? Crv { get; init; }

    public string? X { get; init; }

    public string? Y { get; init; }

    public string? N { get; init; }

    public string? E { get; init; }

    /// <summary>True when a private part came with it; null otherwise. Such a key is refused and never kept.</summary>
    public bool? IsPrivate { get; init; }

    /// <summary>The signature algorithms it may be used with, by its type alone (RFC 8725 §3.1).</summary>
    public IReadOnlyList<string> Algorithms => (Kty, Alg) switch
    {
        ("EC", _) => ["ES256"],
        ("RSA", { } one) => [one],
        ("RSA", null) => ["RS256", "PS256"],
        _ => [],
    };

    /// <summary>What is wrong with the keys of one client.</summary>
    public static IEnumerable<string> Faults(IReadOnlyList<ClientKey> keys)
    {
        if (keys.Count > Most)
            yield return $"settings.jwks may hold at most {Most} keys.";
        for (var i = 0; i < keys.Count; i++)
        {
            if (keys[i].Fault() is { } fault)
                yield return $"settings.jwks.keys[{i}] {fault}.";
        }
        foreach (var twice in keys.Select(k => k.Kid).OfType<string>().GroupBy(k => k, StringComparer.Ordinal).Where(g => g.Count() > 1))
            yield return $"settings.jwks holds two keys with the kid '{twice.Key}'.";
    }

    private string? Fault() => this switch
    {
        { IsPrivate: true } => "holds a private key; register its public half only, and treat this one as known to others",
        { Kty: "oct" } => "is a symmetric key; register a public key",
        { Kid.Length: 0 or > 200 } => "must have a kid of 1 to 200 characters, or none",
        { Use: not (null or "sig") } => "is not for signatures: its use must be sig or left out",
        { Kty: "EC" } => EcFault(),
        { Kty: "RSA" } => RsaFault(),
        _ => "must have the kty EC or RSA",
    };

    private string? EcFault()
    {
        if (Crv != "P-256" || Alg is not (null or "ES256"))
            return "must be on the curve P-256, for ES256";
        try
        {
            // Refuses what is no point of the curve.
            using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = Bytes(X, 32), Y = Bytes(Y, 32) } });
            return null;
        }
        catch (Exception wrong) when (wrong is CryptographicException or FormatException)
        {
            return "must have x and y, base64url, of a point on P-256";
        }
    }

    private string? RsaFault()
    {
        if (Alg is not (null or "RS256" or "PS256"))
            return "must be for RS256 or PS256, or leave alg out";
        try
        {
            var exponent = Bytes(E);
            // A long exponent makes every check slow; with one of 1 anything is a signature.
            if (exponent.Length > 4 || (exponent[^1] & 1) == 0 || exponent is [.. var zeros, 1] && !zeros.AsSpan().ContainsAnyExcept((byte)0))
                return "must have an odd exponent from 3 to 4294967295";
            using var key = RSA.Create(new RSAParameters { Modulus = Bytes(N), Exponent = exponent });
            return key.KeySize is < ShortestRsa or > LongestRsa ? $"must have {ShortestRsa} to {LongestRsa} bits" : null;
        }
        catch (Exception wrong) when (wrong is CryptographicException or FormatException)
        {
            return "must have n and e, base64url";
        }
    }

    private static byte[] Bytes(string? text, int? length = null)
    {
        var bytes = Base64Url.DecodeFromChars(text ?? "");
        return bytes.Length > 0 && (length is null || bytes.Length == length) && bytes.Length <= LongestRsa / 8 ? bytes : throw new FormatException();
    }
}
