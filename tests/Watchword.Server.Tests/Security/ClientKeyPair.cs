using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Security;

/// <summary>A backend that signs for itself: its key pair, and assertions made with it, good ones and others.</summary>
internal sealed class ClientKeyPair
{
    private readonly AsymmetricAlgorithm _key;

    public ClientKeyPair(string algorithm = "ES256", string? kid = "k1", int bits = 2048) =>
        (Algorithm, Kid, _key) = (algorithm, kid, algorithm == "ES256" ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : RSA.Create(bits));

    public string Algorithm { get; init; }

    public string? Kid { get; init; }

    /// <summary>The public half as a JWK, or both.</summary>
    public JsonObject Jwk(bool withPrivate = false)
    {
        var jwk = new JsonObject();
        if (_key is ECDsa ec)
        {
            var p = ec.ExportParameters(withPrivate);
            (jwk["kty"], jwk["crv"], jwk["x"], jwk["y"]) = ("EC", "P-256", Text(p.Q.X!), Text(p.Q.Y!));
            if (withPrivate)
                jwk["d"] = Text(p.D!);
        }
        else
        {
            var p = ((RSA)_key).ExportParameters(withPrivate);
            (jwk["kty"], jwk["n"], jwk["e"]) = ("RSA", Text(p.Modulus!), Text(p.Exponent!));
            if (withPrivate)
                (jwk["d"], jwk["p"], jwk["q"], jwk["dp"], jwk["dq"], jwk["qi"]) = (Text(p.D!), Text(p.P!), Text(p.Q!), Text(p.DP!), Text(p.DQ!), Text(p.InverseQ!));
        }
        if (Kid is not null)
            jwk["kid"] = Kid;
        return jwk;
    }

    /// <summary>An assertion with these changes to a good one's claims and header; null takes a member away.</summary>
    public string Assert(TestApplication app, object? claims = null, object? header = null, string? algorithm = null)
    {
        var now = app.Server.Clock.GetUtcNow().ToUnixTimeSeconds();
        var good = new JsonObject
        {
            ["iss"] = app.ClientId,
            ["sub"] = app.ClientId,
            ["aud"] = "http://127.0.0.1:5080/cis/oidc",
            ["iat"] = now,
            ["exp"] = now + 60,
            ["jti"] = Convert.ToHexString(RandomNumberGenerator.GetBytes(8)),
        };
        var alg = algorithm ?? Algorithm;
        return Sign(Over(new JsonObject { ["alg"] = alg, ["kid"] = Kid }, header).ToJsonString(), Over(good, claims).ToJsonString(), alg);
    }

    /// <summary>A good assertion, but by the client's secret (<c>client_secret_jwt</c>).</summary>
    public static string AssertBySecret(TestApplication app)
    {
        var parts = new ClientKeyPair(kid: null).Assert(app, algorithm: "HS256").Split('.');
        var signed = $"{parts[0]}.{parts[1]}";
        return $"{signed}.{Text(HMACSHA256.HashData(System.Text.Encoding.UTF8.GetBytes(app.ClientSecret), System.Text.Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>A JWS of exactly these two texts.</summary>
    public string Sign(string header, string payload, string algorithm)
    {
        var signed = $"{Text(System.Text.Encoding.UTF8.GetBytes(header))}.{Text(System.Text.Encoding.UTF8.GetBytes(payload))}";
        var bytes = System.Text.Encoding.ASCII.GetBytes(signed);
        var signature = _key switch
        {
            ECDsa ec => ec.SignData(bytes, HashAlgorithmName.SHA256),
            RSA rsa => rsa.SignData(bytes, HashAlgorithmName.SHA256, algorithm == "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1),
            _ => throw new InvalidOperationException(),
        };
        return $"{signed}.{Text(signature)}";
    }

    private static JsonObject Over(JsonObject members, object? changes)
    {
        foreach (var (name, value) in changes is null ? [] : JsonSerializer.SerializeToNode(changes)!.AsObject().ToList())
        {
            members.Remove(name);
            if (value is not null)
                members[name] = value.DeepClone();
        }
        foreach (var empty in members.Where(m => m.Value is null).Select(m => m.Key).ToList())
            members.Remove(empty);
        return members;
    }

    private static string Text(byte[] bytes) => Base64Url.EncodeToString(bytes);
}
