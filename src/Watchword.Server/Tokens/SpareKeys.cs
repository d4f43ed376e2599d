using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using Watchword.Core.Apps;

namespace Watchword.Server.Tokens;

/// <summary>
/// New signing keys, two for each algorithm. An RSA key takes a tenth of a second or several, so at the first start of all they are begun
/// while the rest of the server is put together.
/// </summary>
internal sealed class SpareKeys(SpareKeys.Maker make)
{
    /// <summary>Makes a key pair.</summary>
    internal delegate AsymmetricSecurityKey Maker(SigningAlgorithm algorithm);

    private IReadOnlyDictionary<SigningAlgorithm, Task<AsymmetricSecurityKey>[]>? _begun;

    /// <summary>Begins to make keys that will be asked for soon.</summary>
    public void Begin() => _begun = Start();

    /// <summary>Keys that nobody else gets; those begun before, the first time.</summary>
    public async Task<IReadOnlyDictionary<SigningAlgorithm, AsymmetricSecurityKey[]>> TakeAsync()
    {
        var taken = new Dictionary<SigningAlgorithm, AsymmetricSecurityKey[]>();
        foreach (var (algorithm, pair) in Interlocked.Exchange(ref _begun, null) ?? Start())
            taken[algorithm] = await Task.WhenAll(pair);
        return taken;
    }

    private Dictionary<SigningAlgorithm, Task<AsymmetricSecurityKey>[]> Start() =>
        Enum.GetValues<SigningAlgorithm>().ToDictionary(a => a, a => new[] { Task.Run(() => Named(make(a))), Task.Run(() => Named(make(a))) });

    /// <summary>A new one: RSA with 2048 bits, or P-256.</summary>
    public static AsymmetricSecurityKey Make(SigningAlgorithm algorithm) => algorithm == SigningAlgorithm.RS256
        ? new RsaSecurityKey(RSA.Create(2048))
        : new ECDsaSecurityKey(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    private static AsymmetricSecurityKey Named(AsymmetricSecurityKey key)
    {
        key.KeyId = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        return key;
    }
}
