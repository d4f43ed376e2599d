using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.IdentityModel.Tokens;
using Watchword.Core.Apps;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Tokens;

/// <summary>A signing key with its times.</summary>
/// <param name="Algorithm">What it signs by.</param>
/// <param name="Key">Both halves.</param>
/// <param name="Public">The public half, as the key set shows it.</param>
/// <param name="PublishedAt">Since when verifiers can see it.</param>
/// <param name="SignsFrom">First instant at which it signs.</param>
/// <param name="SignsUntil">First instant at which it no longer signs.</param>
internal sealed record SigningKey(
    SigningAlgorithm Algorithm, AsymmetricSecurityKey Key, JsonWebKey Public, DateTimeOffset PublishedAt, DateTimeOffset SignsFrom, DateTimeOffset SignsUntil)
{
    /// <summary>RFC 7638 thumbprint.</summary>
    public string Kid => Key.KeyId;

    /// <summary>For the token handler, which caches by this object.</summary>
    public SigningCredentials Credentials { get; } = new(Key, Algorithm.ToString());
}

/// <summary>
/// The issuer's keys. For each algorithm there is always one that signs and one that is published and waiting, so that verifiers have
/// seen a key before its first token; a key that signs no more stays published while its tokens live.
/// </summary>
internal sealed class SigningKeys(Database database, Seal seal, SpareKeys spareKeys, TimeProvider time)
{
    /// <summary>How long a key signs.</summary>
    public static readonly TimeSpan Term = TimeSpan.FromDays(90);

    /// <summary>How long a key must have been published before a management call may make it sign: verifiers cache the key set.</summary>
    public static readonly TimeSpan Lead = TimeSpan.FromMinutes(10);

    /// <summary>How long a key stays published after its last signature: the longest token life that a client may set, and a margin.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromHours(25);

    private IReadOnlyList<SigningKey> _keys = [];

    /// <summary>All keys that a live token may name, and the next ones.</summary>
    public IReadOnlyList<SigningKey> Published => _keys;

    /// <summary>The key that signs now.</summary>
    public SigningKey Current(SigningAlgorithm algorithm)
    {
        var now = time.GetUtcNow();
        var keys = _keys;
        SigningKey? latest = null;
        for (var i = 0; i < keys.Count; i++)
        {
            var key = keys[i];
            if (key.Algorithm == algorithm && key.SignsFrom <= now && (latest is null || key.SignsFrom > latest.SignsFrom))
                latest = key;
        }
        return latest ?? throw new InvalidOperationException($"There is no signing key for {algorithm}.");
    }

    /// <summary>Makes what is missing, drops what is over, and reads the rest. Runs at start and from time to time.</summary>
    public async Task RefreshAsync()
    {
        var now = time.GetUtcNow();
        var rows = await database.ReadAsync(db => new SigningKeyStore(db).AllAsync());
        if (Enum.GetValues<SigningAlgorithm>().Any(a => Missing(rows, a, now)) || rows.Any(r => IsOver(r, now)))
        {
            // Made and sealed outside of the write: making takes its time, and sealing may itself write.
            var spare = await SpareAsync(now);
            rows = await database.WriteAsync(async db =>
            {
                var store = new SigningKeyStore(db);
                foreach (var row in (await store.AllAsync()).Where(r => IsOver(r, now)))
                    await store.DeleteAsync(row.Kid);
                var turned = new List<string>();
                foreach (var (algorithm, keys) in spare)
                {
                    if (await FillAsync(store, algorithm, keys, now) is { } kid)
                        turned.Add(kid);
                }
                // At the first start of all there is no tenant yet, and nothing turned.
                if (turned.Count > 0 && await new ApplicationStore(db).FirstTenantAsync() is { } first)
                    await NoteAsync(db, Author.Server(first), turned, now);
                return await store.AllAsync();
            });
        }
        Load(rows);
    }

    /// <summary>
    /// Makes the waiting keys sign now. False when they have not been published long enough for verifiers to have seen them.
    /// </summary>
    public async Task<bool> RotateAsync(Author by)
    {
        var now = time.GetUtcNow();
        if (Waiting(await database.ReadAsync(db => new SigningKeyStore(db).AllAsync()), now) is null)
            return false;
        var spare = await SpareAsync(now);
        var turned = await database.WriteAsync(async db =>
        {
            var store = new SigningKeyStore(db);
            var rows = await store.AllAsync();
            if (Waiting(rows, now) is not { } waiting)
                return false;
            foreach (var next in waiting)
            {
                foreach (var current in rows.Where(r => r.Algorithm == next.Algorithm && r.SignsFrom <= now.Ms() && r.SignsUntil > now.Ms()))
                    await store.MoveAsync(current.Kid, current.SignsFrom.At(), now);
                await store.MoveAsync(next.Kid, now, now + Term);
            }
            // In the same write, so that no other node takes the gap for a turn of the schedule.
            foreach (var (algorithm, keys) in spare)
                await FillAsync(store, algorithm, keys, now);
            await NoteAsync(db, by, waiting.Select(w => w.Kid), now);
            return true;
        });
        if (turned)
            await RefreshAsync();
        return turned;
    }

    /// <summary>The keys that may be made to sign now; null when there are none, or verifiers may not have seen all of them.</summary>
    private static List<SigningKeyRow>? Waiting(IReadOnlyList<SigningKeyRow> rows, DateTimeOffset now)
    {
        var waiting = rows.Where(r => r.SignsFrom > now.Ms()).ToList();
        return waiting.Count == 0 || waiting.Any(r => r.PublishedAt > (now - Lead).Ms()) ? null : waiting;
    }

    private static ValueTask NoteAsync(SqlSession db, Author by, IEnumerable<string> kids, DateTimeOffset now) =>
        new EventStore(db).AddAsync(by, AuditAction.SigningKeysRotated, now, detail: StoredJson.Write(new { kids }));

    private async Task<Dictionary<SigningAlgorithm, SigningKeyRow[]>> SpareAsync(DateTimeOffset now) =>
        (await spareKeys.TakeAsync()).ToDictionary(s => s.Key, s => s.Value.Select(key => Spare(s.Key, key, now)).ToArray());

    private static bool Missing(IReadOnlyList<SigningKeyRow> rows, SigningAlgorithm algorithm, DateTimeOffset now) =>
        !rows.Any(r => Is(r, algorithm) && r.SignsFrom <= now.Ms() && r.SignsUntil > now.Ms()) || !rows.Any(r => Is(r, algorithm) && r.SignsFrom > now.Ms());

    private static bool Is(SigningKeyRow row, SigningAlgorithm algorithm) => row.Algorithm == algorithm.ToString();

    private static bool IsOver(SigningKeyRow row, DateTimeOffset now) => row.SignsUntil.At() + Grace <= now;

    /// <summary>Makes what is missing; the key that signs now, when its turn came since the last time.</summary>
    private static async ValueTask<string?> FillAsync(SigningKeyStore store, SigningAlgorithm algorithm, SigningKeyRow[] spare, DateTimeOffset now)
    {
        // Read again: another node may have filled the gap.
        var rows = (await store.AllAsync()).Where(r => Is(r, algorithm)).ToList();
        var current = rows.FirstOrDefault(r => r.SignsFrom <= now.Ms() && r.SignsUntil > now.Ms());
        if (current is null)
        {
            current = spare[0] with { SignsFrom = now.Ms(), SignsUntil = (now + Term).Ms() };
            await store.AddAsync(current);
        }
        if (rows.Any(r => r.SignsFrom > now.Ms()))
            return null;
        await store.AddAsync(spare[1] with { SignsFrom = current.SignsUntil, SignsUntil = (current.SignsUntil.At() + Term).Ms() });
        return rows.Count == 0 ? null : current.Kid;
    }

    private SigningKeyRow Spare(SigningAlgorithm algorithm, AsymmetricSecurityKey key, DateTimeOffset now)
    {
        var pkcs8 = key is RsaSecurityKey rsa ? rsa.Rsa.ExportPkcs8PrivateKey() : ((ECDsaSecurityKey)key).ECDsa.ExportPkcs8PrivateKey();
        return new SigningKeyRow
        {
            Kid = key.KeyId,
            Algorithm = algorithm.ToString(),
            PrivateKey = seal.SigningKeys.Protect(Convert.ToBase64String(pkcs8)),
            PublishedAt = now.Ms(),
        };
    }

    private void Load(IReadOnlyList<SigningKeyRow> rows)
    {
        var known = _keys.ToDictionary(k => k.Kid);
        _keys = [.. rows.Select(row =>
        {
            var algorithm = Enum.Parse<SigningAlgorithm>(row.Algorithm);
            var key = known.TryGetValue(row.Kid, out var old) ? old.Key : Open(algorithm, row);
            return new SigningKey(algorithm, key, PublicHalf(key, algorithm), row.PublishedAt.At(), row.SignsFrom.At(), row.SignsUntil.At());
        })];
    }

    private AsymmetricSecurityKey Open(SigningAlgorithm algorithm, SigningKeyRow row)
    {
        var pkcs8 = Convert.FromBase64String(seal.SigningKeys.Unprotect(row.PrivateKey));
        if (algorithm == SigningAlgorithm.RS256)
        {
            var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(pkcs8, out _);
            return new RsaSecurityKey(rsa) { KeyId = row.Kid };
        }
        var ec = ECDsa.Create();
        ec.ImportPkcs8PrivateKey(pkcs8, out _);
        return new ECDsaSecurityKey(ec) { KeyId = row.Kid };
    }

    private static JsonWebKey PublicHalf(AsymmetricSecurityKey key, SigningAlgorithm algorithm)
    {
        var jwk = key switch
        {
            ECDsaSecurityKey ec => JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(ECDsa.Create(ec.ECDsa.ExportParameters(false)))),
            RsaSecurityKey rsa => JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(rsa.Rsa.ExportParameters(false))),
            _ => throw new InvalidOperationException("A key of an unknown kind."),
        };
        (jwk.KeyId, jwk.Alg, jwk.Use) = (key.KeyId, algorithm.ToString(), "sig");
        return jwk;
    }
}
