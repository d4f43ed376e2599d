using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Management;

/// <summary>A signing key, without its private half.</summary>
internal sealed record SigningKeyJson(string Kid, string Alg, DateTimeOffset PublishedAt, DateTimeOffset SignsFrom, DateTimeOffset SignsUntil);

/// <summary>
/// <c>/cis/v1/signing-keys</c>: the issuer's keys, and turning them. All tenants share the issuer, so only the first tenant's management
/// clients may.
/// </summary>
internal static class KeyRotation
{
    public static async Task<Results<Ok<Result<IReadOnlyList<SigningKeyJson>>>, ApiError>> ListAsync(Caller caller, SigningKeys keys, Database database) =>
        await RefusalAsync(caller, database) is { } refusal ? refusal : TypedResults.Ok(new Result<IReadOnlyList<SigningKeyJson>>(Describe(keys)));

    /// <summary><c>POST …/rotate</c>.</summary>
    public static async Task<Results<Ok<Result<IReadOnlyList<SigningKeyJson>>>, ApiError>> RotateAsync(Caller caller, SigningKeys keys, Database database)
    {
        if (await RefusalAsync(caller, database) is { } refusal)
            return refusal;
        return await keys.RotateAsync(caller.Author)
            ? TypedResults.Ok(new Result<IReadOnlyList<SigningKeyJson>>(Describe(keys)))
            : ApiErrors.Conflict("keys_too_fresh", $"The waiting keys were published less than {SigningKeys.Lead.TotalMinutes} minutes ago; verifiers may not have seen them. Try again later.");
    }

    private static async Task<ApiError?> RefusalAsync(Caller caller, Database database) =>
        await database.ReadAsync(db => new ApplicationStore(db).FirstTenantAsync()) == caller.TenantId
            ? null
            : ApiErrors.Forbidden("The signing keys belong to the whole installation; only the first tenant manages them.");

    private static IReadOnlyList<SigningKeyJson> Describe(SigningKeys keys) =>
        [.. keys.Published.Select(k => new SigningKeyJson(k.Kid, k.Algorithm.ToString(), k.PublishedAt, k.SignsFrom, k.SignsUntil))];
}
