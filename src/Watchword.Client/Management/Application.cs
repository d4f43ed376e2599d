using System.Text.Json.Serialization;
using Watchword.Client.Wire;

namespace Watchword.Client.Management;

/// <summary>How an application's tokens are signed.</summary>
[JsonConverter(typeof(TolerantEnumConverter<SigningAlgorithm>))]
public enum SigningAlgorithm
{
    /// <summary>Something this library does not know yet.</summary>
    Unknown,

    /// <summary>ECDSA on P-256: short and fast.</summary>
    ES256,

    /// <summary>RSA, for verifiers that know nothing else.</summary>
    RS256,
}

/// <summary>Limits on messages to one number or address; 0 switches one off.</summary>
/// <param name="CooldownSeconds">Between two messages.</param>
/// <param name="PerTenMinutes">In ten minutes.</param>
/// <param name="PerHour">In an hour.</param>
/// <param name="PerDay">In a day.</param>
public sealed record SendLimits(
    int? CooldownSeconds = null, [property: JsonPropertyName("per_10_minutes")] int? PerTenMinutes = null, int? PerHour = null, int? PerDay = null);

/// <summary>A number to which nothing is sent and whose code is always the same.</summary>
/// <param name="PhoneNumber">The number, in international form.</param>
/// <param name="Code">4 to 8 digits.</param>
/// <param name="ExpiresAt">When it becomes a number like any other: at most 90 days ahead.</param>
public sealed record TestNumber(string PhoneNumber, string Code, DateTimeOffset ExpiresAt)
{
    /// <summary>Neither number nor code.</summary>
    public override string ToString() => $"test number until {ExpiresAt:u}";
}

/// <summary>An application's settings. In a change, what is null stays.</summary>
public sealed record ApplicationSettings
{
    /// <summary>Sending to an unknown user looks like sending to a known one, so that nobody finds out who has an account.</summary>
    public bool? ConcealUnknownUsers { get; init; }

    /// <summary>Limits on messages to one destination.</summary>
    public SendLimits? SendLimits { get; init; }

    /// <summary>How its tokens are signed.</summary>
    public SigningAlgorithm? SigningAlgorithm { get; init; }

    /// <summary>The APIs its tokens may be for; any when empty.</summary>
    public IReadOnlyList<string>? Resources { get; init; }

    /// <summary>Texts of messages by language tag; they replace those before.</summary>
    public IReadOnlyDictionary<string, string>? Texts { get; init; }

    /// <summary>The host into whose pages phones fill in codes by themselves; empty for none.</summary>
    public string? AutofillDomain { get; init; }

    /// <summary>Numbers for testers; they replace those before.</summary>
    public IReadOnlyList<TestNumber>? TestNumbers { get; init; }
}

/// <summary>An application to make.</summary>
/// <param name="AppName">Its name, which users see in messages.</param>
/// <param name="RedirectUris">Its addresses, one or more; https unless on this machine.</param>
/// <param name="Settings">What is not to be as usual.</param>
public sealed record NewApplication(string AppName, IReadOnlyList<string> RedirectUris, ApplicationSettings? Settings = null);

/// <summary>A change of an application: what is null stays.</summary>
/// <param name="AppName">Its name.</param>
/// <param name="RedirectUris">Its addresses.</param>
/// <param name="Settings">Its settings.</param>
public sealed record ApplicationUpdate(string? AppName = null, IReadOnlyList<string>? RedirectUris = null, ApplicationSettings? Settings = null);

/// <summary>An application.</summary>
public record Application
{
    /// <summary>Its id.</summary>
    public required string AppId { get; init; }

    /// <summary>Its name.</summary>
    public required string AppName { get; init; }

    /// <summary>Its addresses.</summary>
    public IReadOnlyList<string> RedirectUris { get => field ?? []; init; }

    /// <summary>Its settings.</summary>
    public required ApplicationSettings Settings { get; init; }

    /// <summary>When it was made.</summary>
    [JsonConverter(typeof(UnixMillisecondsConverter))]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    [JsonConverter(typeof(UnixMillisecondsConverter))]
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Id and name.</summary>
    public override string ToString() => $"application {AppId}, {AppName}";
}

/// <summary>An application that was just made, with its first client.</summary>
public sealed record CreatedApplication : Application
{
    /// <summary>The client.</summary>
    public required string ClientId { get; init; }

    /// <summary>Its secret, which is shown this once.</summary>
    public required string ClientSecret { get; init; }

    /// <summary>Without the secret.</summary>
    public override string ToString() => base.ToString();
}
