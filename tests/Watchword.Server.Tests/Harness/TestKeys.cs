using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using Watchword.Core.Apps;
using Watchword.Server.Tokens;

namespace Watchword.Server.Tests.Harness;

/// <summary>
/// Signing keys for a test's server. An RSA key takes longer to make than most tests take, so the first two of a server are of a store that is
/// made once, and go round; those that it turns to later are new, as in production.
/// </summary>
internal sealed class TestKeys
{
    private const int Kept = 40;
    private static readonly ConcurrentDictionary<int, Lazy<RSAParameters>> Store = new();
    private static int _next;
    private int _taken;

    public SpareKeys.Maker Maker => algorithm => algorithm == SigningAlgorithm.RS256 && Interlocked.Increment(ref _taken) <= 2 ? Stored() : SpareKeys.Make(algorithm);

    private static RsaSecurityKey Stored() =>
        new(RSA.Create(Store.GetOrAdd((Interlocked.Increment(ref _next) & int.MaxValue) % Kept, _ => new(() => RSA.Create(2048).ExportParameters(true))).Value));
}
