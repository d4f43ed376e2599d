using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Watchword.Floor;

/// <summary>Signs tokens of a realistic size with ES256, under a key that lives as long as the process.</summary>
internal sealed class TokenSigner(TimeProvider time)
{
    private static readonly string[] Methods = ["sms"];

    private readonly JsonWebTokenHandler _handler = new();
    private readonly SigningCredentials _key = new(
        new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "floor" }, SecurityAlgorithms.EcdsaSha256);

    public string Sign(string subject) => _handler.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = "http://127.0.0.1",
        Audience = "userid-api",
        Expires = time.GetUtcNow().UtcDateTime.AddHours(1),
        SigningCredentials = _key,
        Claims = new Dictionary<string, object>
        {
            ["sub"] = subject,
            ["tid"] = "tenant",
            ["app_id"] = "application",
            ["client_id"] = "client",
            ["amr"] = Methods,
        },
    });
}
