using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Apps;
using Watchword.Core.Limits;
using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Management;

/// <summary>Limits on messages to one number or address; 0 switches one off.</summary>
internal sealed record SendLimitsJson(
    int? CooldownSeconds,
    [property: System.Text.Json.Serialization.JsonPropertyName("per_10_minutes")] int? PerTenMinutes,
    int? PerHour,
    int? PerDay)
{
    public static SendLimitsJson Of(SendLimits limits) => new(limits.CooldownSeconds, limits.PerTenMinutes, limits.PerHour, limits.PerDay);

    public SendLimits Over(SendLimits limits) => new(
        CooldownSeconds ?? limits.CooldownSeconds, PerTenMinutes ?? limits.PerTenMinutes, PerHour ?? limits.PerHour, PerDay ?? limits.PerDay);
}

/// <summary>An application's settings; what is absent from a request stays.</summary>
internal sealed record ApplicationSettingsJson(
    bool? ConcealUnknownUsers,
    SendLimitsJson? SendLimits,
    SigningAlgorithm? SigningAlgorithm,
    IReadOnlyList<string>? Resources,
    IReadOnlyDictionary<string, string?>? Texts,
    string? AutofillDomain,
    IReadOnlyList<TestNumberEntry?>? TestNumbers)
{
    public static ApplicationSettingsJson Of(ApplicationSettings settings, IReadOnlyList<TestNumberEntry> testNumbers) => new(
        settings.ConcealUnknownUsers, SendLimitsJson.Of(settings.SendLimits), settings.SigningAlgorithm, settings.Resources,
        settings.Texts.ToDictionary(t => t.Key, t => (string?)t.Value), settings.AutofillDomain, testNumbers);

    /// <summary>The settings with what was said put over them; test numbers are the administration's to seal.</summary>
    public ApplicationSettings Over(ApplicationSettings settings) => settings with
    {
        ConcealUnknownUsers = ConcealUnknownUsers ?? settings.ConcealUnknownUsers,
        SendLimits = SendLimits?.Over(settings.SendLimits) ?? settings.SendLimits,
        SigningAlgorithm = SigningAlgorithm ?? settings.SigningAlgorithm,
        Resources = Resources ?? settings.Resources,
        Texts = Texts is null ? settings.Texts : InLowerCase(Texts),
        // Empty: none any more.
        AutofillDomain = AutofillDomain is null ? settings.AutofillDomain : AutofillDomain.Length == 0 ? null : AutofillDomain,
    };

    private static Dictionary<string, string> InLowerCase(IReadOnlyDictionary<string, string?> texts)
    {
        var lower = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (tag, text) in texts)
            lower[tag.ToLowerInvariant()] = text ?? "";
        return lower;
    }
}

/// <summary>What is said of an application.</summary>
internal sealed record ApplicationRequest(string? AppName, IReadOnlyList<string>? RedirectUris, ApplicationSettingsJson? Settings);

/// <summary>An application. The client's secret is there in the answer that made it, and never again.</summary>
internal sealed record ApplicationJson(
    string AppId,
    string AppName,
    IReadOnlyList<string> RedirectUris,
    string? ClientId,
    string? ClientSecret,
    ApplicationSettingsJson Settings,
    long CreatedAt,
    long UpdatedAt)
{
    public static ApplicationJson Of(Application app, ApplicationAdministration administration, NewClient? made = null) => new(
        app.AppId, app.Name, app.RedirectUris, made?.Client.ClientId, made?.Secret,
        ApplicationSettingsJson.Of(app.Settings, administration.TestNumbersOf(app)), app.CreatedAt.Ms(), app.UpdatedAt.Ms());
}

/// <summary><c>/cis/v1/applications</c>.</summary>
internal static class Applications
{
    public static async Task<Results<Created<Result<ApplicationJson>>, ApiError>> CreateAsync(
        ApplicationRequest request, Caller caller, ApplicationAdministration administration)
    {
        var created = await administration.CreateAsync(caller.Author, request.AppName, request.RedirectUris, request.Settings?.Over(new()), request.Settings?.TestNumbers);
        if (created.Faults.Count > 0)
            return ApiErrors.InvalidInput(created.Faults);
        var (app, client) = created.Value;
        return TypedResults.Created($"/cis/v1/applications/{app.AppId}", new Result<ApplicationJson>(ApplicationJson.Of(app, administration, client)));
    }

    public static async Task<Ok<Result<IReadOnlyList<ApplicationJson>>>> ListAsync(Caller caller, ApplicationAdministration administration) =>
        TypedResults.Ok(new Result<IReadOnlyList<ApplicationJson>>([.. (await administration.ListAsync(caller.TenantId)).Select(a => ApplicationJson.Of(a, administration))]));

    public static async Task<Results<Ok<Result<ApplicationJson>>, ApiError>> ReadAsync(string appId, Caller caller, ApplicationAdministration administration) =>
        await administration.FindAsync(caller.TenantId, appId) is { } app
            ? TypedResults.Ok(new Result<ApplicationJson>(ApplicationJson.Of(app, administration)))
            : ApiErrors.NotFound("Application");

    public static async Task<Results<Ok<Result<ApplicationJson>>, ApiError>> ChangeAsync(
        string appId, ApplicationRequest request, Caller caller, ApplicationAdministration administration)
    {
        var changed = await administration.ChangeAsync(caller.Author, appId, app => app with
        {
            Name = request.AppName ?? app.Name,
            RedirectUris = request.RedirectUris ?? app.RedirectUris,
            Settings = request.Settings?.Over(app.Settings) ?? app.Settings,
        }, request.Settings?.TestNumbers);
        return changed switch
        {
            null => ApiErrors.NotFound("Application"),
            { Faults.Count: > 0 } refused => ApiErrors.InvalidInput(refused.Faults),
            { } done => TypedResults.Ok(new Result<ApplicationJson>(ApplicationJson.Of(done.Value!, administration))),
        };
    }

    public static async Task<Results<NoContent, ApiError>> DeleteAsync(string appId, Caller caller, ApplicationAdministration administration) =>
        await administration.DeleteAsync(caller.Author, appId) ? TypedResults.NoContent() : ApiErrors.NotFound("Application");
}
