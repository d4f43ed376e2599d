using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Watchword.Core.Otp;
using Watchword.Server.Administration;

namespace Watchword.Server.Api.Management;

/// <summary>The policy of one method; what is absent gets its default. Spelled in camel case, as the documented API does.</summary>
internal sealed record OtpPolicyJson(
    [property: JsonPropertyName("expiresIn")] int? ExpiresIn,
    [property: JsonPropertyName("maxFailures")] int? MaxFailures,
    [property: JsonPropertyName("lockoutDuration")] int? LockoutDuration,
    [property: JsonPropertyName("codeLength")] int? CodeLength,
    [property: JsonPropertyName("crossClientsAllowed")] bool? CrossClientsAllowed)
{
    public static OtpPolicyJson? Of(OtpPolicy? policy) => policy is null
        ? null
        : new(policy.ExpiresIn, policy.MaxFailures, policy.LockoutDuration, policy.CodeLength, policy.CrossClientsAllowed);

    public OtpPolicy ToPolicy()
    {
        var usual = new OtpPolicy();
        return new OtpPolicy(
            ExpiresIn ?? usual.ExpiresIn, MaxFailures ?? usual.MaxFailures, LockoutDuration ?? usual.LockoutDuration,
            CodeLength ?? usual.CodeLength, CrossClientsAllowed ?? usual.CrossClientsAllowed);
    }
}

/// <summary>The methods that are open; one that is absent is closed.</summary>
internal sealed record AuthMethodsJson(OtpPolicyJson? Sms, OtpPolicyJson? EmailOtp, OtpPolicyJson? DirectOtp)
{
    public static AuthMethodsJson Of(LoginPreferences preferences) =>
        new(OtpPolicyJson.Of(preferences.Sms), OtpPolicyJson.Of(preferences.EmailOtp), OtpPolicyJson.Of(preferences.DirectOtp));

    public LoginPreferences ToPreferences() => new(Sms?.ToPolicy(), EmailOtp?.ToPolicy(), DirectOtp?.ToPolicy());
}

/// <summary>An application's login preferences.</summary>
internal sealed record LoginPreferencesJson(AuthMethodsJson AuthMethods);

/// <summary><c>/cis/loginPreferences/{app_id}</c>: which methods an application has open, and how strict each is.</summary>
internal static class Preferences
{
    public static async Task<Results<Ok<Result<LoginPreferencesJson>>, ApiError>> ReadAsync(string appId, Caller caller, ApplicationAdministration administration) =>
        await administration.FindAsync(caller.TenantId, appId) is { } app
            ? TypedResults.Ok(new Result<LoginPreferencesJson>(new(AuthMethodsJson.Of(app.LoginPreferences))))
            : ApiErrors.NotFound("Application");

    /// <summary><c>PUT …/authMethods</c>: replaces, does not merge.</summary>
    public static async Task<Results<Ok<Result<LoginPreferencesJson>>, ApiError>> ReplaceAsync(
        string appId, AuthMethodsJson request, Caller caller, ApplicationAdministration administration) =>
        await administration.ChangeAsync(caller.Author, appId, app => app with { LoginPreferences = request.ToPreferences() }) switch
        {
            null => ApiErrors.NotFound("Application"),
            { Faults.Count: > 0 } refused => ApiErrors.InvalidInput(refused.Faults),
            { } done => TypedResults.Ok(new Result<LoginPreferencesJson>(new(AuthMethodsJson.Of(done.Value!.LoginPreferences)))),
        };
}
