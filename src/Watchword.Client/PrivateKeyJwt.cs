using System.Buffers;
using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Watchword.Client;

/// <summary>Proves by a signature (RFC 7523 §3): a token that only this server takes, once, within a minute.</summary>
internal sealed class PrivateKeyJwt : ClientCredential
{
    internal const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private const int Life = 60;
    private readonly string _algorithm;
    private readonly string? _keyId;
    private readonly Func<byte[], byte[]> _sign;

    public PrivateKeyJwt(string clientId, ECDsa key, string? keyId)
        : base(clientId)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.KeySize != 256)
            throw new ArgumentException("The key must be on curve P-256.", nameof(key));
        // The framework's own format of ECDSA signatures is that of RFC 7518 §3.4.
        (_algorithm, _keyId, _sign) = ("ES256", keyId, bytes => key.SignData(bytes, HashAlgorithmName.SHA256));
    }

    public PrivateKeyJwt(string clientId, RSA key, string? keyId)
        : base(clientId)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.KeySize < 2048)
            throw new ArgumentException("The key must have 2048 bits or more.", nameof(key));
        (_algorithm, _keyId, _sign) = ("RS256", keyId, bytes => key.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    internal override AuthenticationHeaderValue? Prove(ICollection<KeyValuePair<string, string>> form, Uri issuer, DateTimeOffset now)
    {
        form.Add(new("client_id", ClientId));
        form.Add(new("client_assertion_type", AssertionType));
        form.Add(new("client_assertion", Assertion(issuer, now)));
        return null;
    }

    private string Assertion(Uri issuer, DateTimeOffset now)
    {
        var header = Part(json =>
        {
            json.WriteString("alg", _algorithm);
            json.WriteString("typ", "JWT");
            if (_keyId is not null)
                json.WriteString("kid", _keyId);
        });
        var claims = Part(json =>
        {
            json.WriteString("iss", ClientId);
            json.WriteString("sub", ClientId);
            json.WriteString("aud", issuer.OriginalString);
            json.WriteString("jti", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)));
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", now.ToUnixTimeSeconds() + Life);
        });
        var signed = $"{header}.{claims}";
        return $"{signed}.{Base64Url.EncodeToString(_sign(Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Part(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return Base64Url.EncodeToString(buffer.WrittenSpan);
    }
}
