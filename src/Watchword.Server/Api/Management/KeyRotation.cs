using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Server.Administration;
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
    public static async Task<Results<Ok<Result<IReadOnlyList<SigningKeyJson>>>, ApiError>> ListAsync(Caller caller, SigningKeyAdministration administration) =>
        await administration.ListAsync(caller.TenantId) is { } keys ? Described(keys) : NotYours();

    /// <summary><c>POST …/rotate</c>.</summary>
    public static async Task<Results<Ok<Result<IReadOnlyList<SigningKeyJson>>>, ApiError>> RotateAsync(Caller caller, SigningKeyAdministration administration) =>
        await administration.RotateAsync(caller.Author) switch
        {
            null => NotYours(),
            false => ApiErrors.Conflict("keys_too_fresh", $"The waiting keys were published less than {SigningKeys.Lead.TotalMinutes} minutes ago; verifiers may not have seen them. Try again later."),
            true => Described((await administration.ListAsync(caller.TenantId))!),
        };

    private static ApiError NotYours() => ApiErrors.Forbidden("The signing keys belong to the whole installation; only the first tenant manages them.");

    private static Ok<Result<IReadOnlyList<SigningKeyJson>>> Described(IReadOnlyList<SigningKey> keys) =>
        TypedResults.Ok(new Result<IReadOnlyList<SigningKeyJson>>([.. keys.Select(k => new SigningKeyJson(k.Kid, k.Algorithm.ToString(), k.PublishedAt, k.SignsFrom, k.SignsUntil))]));
}
