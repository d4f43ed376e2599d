using System.Text.Json.Serialization;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>How strict a method is. What is null is as usual.</summary>
/// <param name="ExpiresIn">Life of a code, 1 to 10 minutes; 5 when null.</param>
/// <param name="MaxFailures">Wrong codes until the user is locked out, 1 to 20; 3 when null.</param>
/// <param name="LockoutDuration">Life of a lock, 1 to 1440 minutes; 15 when null.</param>
/// <param name="CodeLength">Digits of a code, 4 to 8; 6 when null. Fewer than 6 are weak.</param>
/// <param name="CrossClientsAllowed">Another client of the application may use the code; not when null.</param>
public sealed record OtpPolicy(
    [property: JsonPropertyName("expiresIn")] int? ExpiresIn = null,
    [property: JsonPropertyName("maxFailures")] int? MaxFailures = null,
    [property: JsonPropertyName("lockoutDuration")] int? LockoutDuration = null,
    [property: JsonPropertyName("codeLength")] int? CodeLength = null,
    [property: JsonPropertyName("crossClientsAllowed")] bool? CrossClientsAllowed = null);

/// <summary>The methods an application has open; one that is null is closed.</summary>
/// <param name="Sms">Codes by SMS.</param>
/// <param name="EmailOtp">Codes by email.</param>
/// <param name="DirectOtp">Codes in the answer.</param>
public sealed record LoginPreferences(OtpPolicy? Sms = null, OtpPolicy? EmailOtp = null, OtpPolicy? DirectOtp = null);

/// <summary>The same, as it is written.</summary>
internal sealed record LoginPreferencesBody(LoginPreferences AuthMethods);

/// <summary>Which methods an application has open, and how strict each is.</summary>
public sealed class LoginPreferencesApi
{
    private readonly Connection _connection;

    internal LoginPreferencesApi(Connection connection) => _connection = connection;

    /// <summary>An application's preferences, or null when there is no such application. Tried again.</summary>
    public async Task<LoginPreferences?> GetAsync(string appId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(Address.Of("/cis/loginPreferences/{appId}", appId)), cancellation))
            .Find(WatchwordJson.Default.ResultLoginPreferencesBody)?.Content.AuthMethods;

    /// <summary>
    /// Replaces them: a method that is not there is closed. Null when there is no such application. Tried again.
    /// </summary>
    public async Task<LoginPreferences?> ReplaceAsync(string appId, LoginPreferences preferences, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(preferences);
        var call = Call.Put(Address.Of("/cis/loginPreferences/{appId}/authMethods", appId), preferences, WatchwordJson.Default.LoginPreferences);
        return (await _connection.SendAsync(call, cancellation)).Find(WatchwordJson.Default.ResultLoginPreferencesBody)?.Content.AuthMethods;
    }
}
