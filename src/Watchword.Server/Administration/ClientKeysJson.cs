using System.Text.Json;
using System.Text.Json.Serialization;
using Watchword.Core.Apps;

namespace Watchword.Server.Administration;

/// <summary>A client's public keys (RFC 7591 §2 <c>jwks</c>).</summary>
internal sealed record ClientKeysJson(IReadOnlyList<ClientKeyJson?>? Keys)
{
    public static ClientKeysJson? Of(IReadOnlyList<ClientKey> keys) => keys.Count == 0 ? null : new([.. keys.Select(ClientKeyJson.Of)]);

    public IReadOnlyList<ClientKey> ToKeys() => [.. (Keys ?? []).Select(k => k?.ToKey() ?? new ClientKey())];
}

/// <summary>A public key of a client (RFC 7517).</summary>
internal sealed record ClientKeyJson(string? Kty, string? Kid, string? Use, string? Alg, string? Crv, string? X, string? Y, string? N, string? E)
{
    private static readonly string[] PrivateParts = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

    /// <summary>What else came with it. Looked at for private parts, and dropped.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; init; }

    public static ClientKeyJson Of(ClientKey key) => new(key.Kty, key.Kid, key.Use, key.Alg, key.Crv, key.X, key.Y, key.N, key.E);

    public ClientKey ToKey() => new()
    {
        Kty = Kty,
        Kid = Kid,
        Use = Use,
        Alg = Alg,
        Crv = Crv,
        X = X,
        Y = Y,
        N = N,
        E = E,
        IsPrivate = Others?.Keys.Any(PrivateParts.Contains) == true && Kty != "oct" ? true : null,
    };
}
