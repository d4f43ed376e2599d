using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Apps;
using Watchword.Server.Administration;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Management;

/// <summary>
/// A client's settings, times in seconds; what is absent from a request stays. An idle lifetime of 0 takes the limit away, an empty key set
/// the keys.
/// </summary>
internal sealed record ClientSettingsJson(
    int? AccessTokenLifetime,
    int? IdTokenLifetime,
    int? RefreshTokenLifetime,
    int? SessionLifetime,
    int? SessionIdleLifetime,
    IReadOnlyList<string>? IdTokenClaims,
    IReadOnlyList<string>? AccessTokenClaims,
    ClientAuthenticationMethod? TokenEndpointAuthMethod,
    ClientKeysJson? Jwks)
{
    public static ClientSettingsJson Of(ClientSettings settings) => new(
        settings.AccessTokenLifetime, settings.IdTokenLifetime, settings.RefreshTokenLifetime, settings.SessionLifetime, settings.SessionIdleLifetime,
        settings.IdTokenClaims, settings.AccessTokenClaims, settings.AuthenticationMethod, ClientKeysJson.Of(settings.Keys));

    public ClientSettings Over(ClientSettings settings) => new()
    {
        AccessTokenLifetime = AccessTokenLifetime ?? settings.AccessTokenLifetime,
        IdTokenLifetime = IdTokenLifetime ?? settings.IdTokenLifetime,
        RefreshTokenLifetime = RefreshTokenLifetime ?? settings.RefreshTokenLifetime,
        SessionLifetime = SessionLifetime ?? settings.SessionLifetime,
        SessionIdleLifetime = SessionIdleLifetime is 0 ? null : SessionIdleLifetime ?? settings.SessionIdleLifetime,
        IdTokenClaims = Known(IdTokenClaims) ?? settings.IdTokenClaims,
        AccessTokenClaims = Known(AccessTokenClaims) ?? settings.AccessTokenClaims,
        AuthenticationMethod = TokenEndpointAuthMethod ?? settings.AuthenticationMethod,
        Keys = Jwks?.ToKeys() ?? settings.Keys,
    };

    private static IReadOnlyList<string>? Known(IReadOnlyList<string>? claims) =>
        claims is null ? null : [.. claims.Where(UserClaims.Supported.Contains).Distinct()];
}

/// <summary>What is said of a client.</summary>
internal sealed record ClientRequest(string? Name, ClientSettingsJson? Settings);

/// <summary>How long the old secret works on after a rotation, seconds: 0 to 30 days, a day when absent.</summary>
internal sealed record RotateSecretRequest(int? OverlapSeconds);

/// <summary>A client. Its secret is there in the answer that made it, and never again.</summary>
internal sealed record ClientJson(string ClientId, string? ClientSecret, string AppId, string Name, int LiveSecrets, ClientSettingsJson Settings, long CreatedAt)
{
    public static ClientJson Of(Client client, DateTimeOffset now) => new(
        client.ClientId, null, client.AppId!, client.Name, client.Secrets.Count(s => s.ExpiresAt is null || now < s.ExpiresAt),
        ClientSettingsJson.Of(client.Settings), client.CreatedAt.Ms());

    public static ClientJson Of(NewClient made, int liveSecrets) => new(
        made.Client.ClientId, made.Secret, made.Client.AppId!, made.Client.Name, liveSecrets, ClientSettingsJson.Of(made.Client.Settings), made.Client.CreatedAt.Ms());
}

/// <summary><c>/cis/v1/applications/{app_id}/clients</c>.</summary>
internal static class Clients
{
    public static async Task<Results<Created<Result<ClientJson>>, ApiError>> CreateAsync(
        string appId, ClientRequest request, Caller caller, ApplicationAdministration administration) =>
        await administration.AddClientAsync(caller.Author, appId, request.Name, request.Settings?.Over(new())) switch
        {
            null => ApiErrors.NotFound("Application"),
            { Faults.Count: > 0 } refused => ApiErrors.InvalidInput(refused.Faults),
            { } done => TypedResults.Created($"/cis/v1/applications/{appId}/clients/{done.Value!.Client.ClientId}", new Result<ClientJson>(ClientJson.Of(done.Value, liveSecrets: 1))),
        };

    public static async Task<Results<Ok<Result<IReadOnlyList<ClientJson>>>, ApiError>> ListAsync(
        string appId, Caller caller, ApplicationAdministration administration, TimeProvider time) =>
        await administration.ClientsAsync(caller.TenantId, appId) is { } clients
            ? TypedResults.Ok(new Result<IReadOnlyList<ClientJson>>([.. clients.Select(c => ClientJson.Of(c, time.GetUtcNow()))]))
            : ApiErrors.NotFound("Application");

    public static async Task<Results<Ok<Result<ClientJson>>, ApiError>> ReadAsync(
        string appId, string clientId, Caller caller, ApplicationAdministration administration, TimeProvider time) =>
        (await administration.ClientsAsync(caller.TenantId, appId))?.FirstOrDefault(c => c.ClientId == clientId) is { } client
            ? TypedResults.Ok(new Result<ClientJson>(ClientJson.Of(client, time.GetUtcNow())))
            : ApiErrors.NotFound("Client");

    public static async Task<Results<Ok<Result<ClientJson>>, ApiError>> ChangeAsync(
        string appId, string clientId, ClientRequest request, Caller caller, ApplicationAdministration administration, TimeProvider time) =>
        await administration.ChangeClientAsync(caller.Author, appId, clientId, client => client with
        {
            Name = request.Name ?? client.Name,
            Settings = request.Settings?.Over(client.Settings) ?? client.Settings,
        }) switch
        {
            null => ApiErrors.NotFound("Client"),
            { Faults.Count: > 0 } refused => ApiErrors.InvalidInput(refused.Faults),
            { } done => TypedResults.Ok(new Result<ClientJson>(ClientJson.Of(done.Value!, time.GetUtcNow()))),
        };

    public static async Task<Results<NoContent, ApiError>> DeleteAsync(
        string appId, string clientId, Caller caller, ApplicationAdministration administration) =>
        await administration.DeleteClientAsync(caller.Author, appId, clientId) ? TypedResults.NoContent() : ApiErrors.NotFound("Client");

    /// <summary><c>POST …/rotate-secret</c>: the old secret works on for a while, so that a backend can change over without a gap.</summary>
    public static async Task<Results<Ok<Result<ClientJson>>, ApiError>> RotateSecretAsync(
        string appId, string clientId, RotateSecretRequest? request, Caller caller, ApplicationAdministration administration)
    {
        var overlap = request?.OverlapSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : ApplicationAdministration.DefaultOverlap;
        return await administration.RotateSecretAsync(caller.Author, appId, clientId, overlap) switch
        {
            null => ApiErrors.NotFound("Client"),
            { Faults.Count: > 0 } refused => ApiErrors.InvalidInput(refused.Faults),
            { } done => TypedResults.Ok(new Result<ClientJson>(ClientJson.Of(done.Value!, overlap > TimeSpan.Zero ? 2 : 1))),
        };
    }
}
