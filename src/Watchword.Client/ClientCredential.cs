using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Watchword.Client;

/// <summary>How a client proves to the server who it is.</summary>
public abstract class ClientCredential
{
    private protected ClientCredential(string clientId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(clientId);
        ClientId = clientId;
    }

    /// <summary>The client.</summary>
    public string ClientId { get; }

    /// <summary>A secret shared with the server, sent by HTTP Basic (RFC 6749 §2.3.1).</summary>
    public static ClientCredential FromSecret(string clientId, string clientSecret) => new SharedSecret(clientId, clientSecret);

    /// <summary>
    /// A private key of your own (<c>private_key_jwt</c>, RFC 7523): nothing secret leaves your machine. The server has to know the public
    /// half. Signs by ES256; the key must be on curve P-256.
    /// </summary>
    /// <param name="clientId">The client.</param>
    /// <param name="key">The key. It stays yours: keep it alive as long as the client is used.</param>
    /// <param name="keyId">The <c>kid</c> the server knows it by, where there are several.</param>
    public static ClientCredential FromPrivateKey(string clientId, ECDsa key, string? keyId = null) => new PrivateKeyJwt(clientId, key, keyId);

    /// <summary>As with an ECDSA key. Signs by RS256; the key must have 2048 bits or more.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="key">The key. It stays yours: keep it alive as long as the client is used.</param>
    /// <param name="keyId">The <c>kid</c> the server knows it by, where there are several.</param>
    public static ClientCredential FromPrivateKey(string clientId, RSA key, string? keyId = null) => new PrivateKeyJwt(clientId, key, keyId);

    /// <summary>The id, never what proves it.</summary>
    public override string ToString() => $"{GetType().Name} of {ClientId}";

    /// <summary>Adds the proof to a request to an OAuth endpoint, as header or as form fields.</summary>
    internal abstract AuthenticationHeaderValue? Prove(ICollection<KeyValuePair<string, string>> form, Uri issuer, DateTimeOffset now);

    private sealed class SharedSecret : ClientCredential
    {
        private readonly AuthenticationHeaderValue _header;

        public SharedSecret(string clientId, string secret)
            : base(clientId)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(secret);
            // RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
            var pair = $"{Uri.EscapeDataString(clientId)}:{Uri.EscapeDataString(secret)}";
            _header = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
        }

        internal override AuthenticationHeaderValue Prove(ICollection<KeyValuePair<string, string>> form, Uri issuer, DateTimeOffset now) => _header;
    }
}
