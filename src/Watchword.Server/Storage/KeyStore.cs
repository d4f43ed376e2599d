using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Watchword.Server.Storage;

/// <summary>A signing key as it is kept: the private part sealed.</summary>
internal sealed record SigningKeyRow
{
    public string Kid { get; init; } = "";
    public string Algorithm { get; init; } = "";
    public string PrivateKey { get; init; } = "";
    public long PublishedAt { get; init; }
    public long SignsFrom { get; init; }
    public long SignsUntil { get; init; }
}

/// <summary>The issuer's signing keys.</summary>
internal sealed class SigningKeyStore(SqlSession db)
{
    public async ValueTask<IReadOnlyList<SigningKeyRow>> AllAsync() =>
        await db.AllAsync<SigningKeyRow>(
            "SELECT kid, algorithm, private_key, published_at, signs_from, signs_until FROM signing_keys ORDER BY algorithm, signs_from");

    public async ValueTask AddAsync(SigningKeyRow key) =>
        await db.ExecuteAsync(
            """
            INSERT INTO signing_keys (kid, algorithm, private_key, published_at, signs_from, signs_until)
            VALUES (@Kid, @Algorithm, @PrivateKey, @PublishedAt, @SignsFrom, @SignsUntil)
            """,
            key);

    /// <summary>Moves the time in which a key signs.</summary>
    public async ValueTask MoveAsync(string kid, DateTimeOffset from, DateTimeOffset until) =>
        await db.ExecuteAsync(
            "UPDATE signing_keys SET signs_from = @from, signs_until = @until WHERE kid = @kid", new { kid, from = from.Ms(), until = until.Ms() });

    public async ValueTask DeleteAsync(string kid) => await db.ExecuteAsync("DELETE FROM signing_keys WHERE kid = @kid", new { kid });
}

/// <summary>Where ASP.NET's Data Protection keeps its keys; they arrive here already wrapped by the master key.</summary>
internal sealed class DataProtectionKeyStore(Database database) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. database.ReadAsync(db => db.AllAsync<string>("SELECT xml FROM data_protection_keys")).GetAwaiter().GetResult().Select(XElement.Parse)];

    public void StoreElement(XElement element, string friendlyName) =>
        database.WriteAsync(db => db.ExecuteAsync(
            """
            INSERT INTO data_protection_keys (friendly_name, xml) VALUES (@friendlyName, @xml)
            ON CONFLICT (friendly_name) DO UPDATE SET xml = excluded.xml
            """,
            new { friendlyName, xml = element.ToString(SaveOptions.DisableFormatting) })).GetAwaiter().GetResult();
}
