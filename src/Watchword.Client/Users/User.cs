using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Watchword.Client.Wire;

namespace Watchword.Client.Users;

/// <summary>How far a user has come.</summary>
[JsonConverter(typeof(TolerantEnumConverter<UserStatus>))]
public enum UserStatus
{
    /// <summary>Something this library does not know yet.</summary>
    Unknown,

    /// <summary>Has never logged in.</summary>
    Pending,

    /// <summary>Has logged in.</summary>
    Active,

    /// <summary>May not log in.</summary>
    Disabled,
}

/// <summary>A phone number.</summary>
/// <param name="Value">In its one spelling (E.164).</param>
/// <param name="PhoneNumberVerified">A code sent to it by SMS came back.</param>
/// <param name="VerifiedAt">When.</param>
public sealed record UserPhoneNumber(string Value, bool PhoneNumberVerified, DateTimeOffset? VerifiedAt)
{
    /// <summary>Without the number.</summary>
    public override string ToString() => PhoneNumberVerified ? "*** (verified)" : "***";
}

/// <summary>An email address.</summary>
/// <param name="Value">The address.</param>
/// <param name="EmailVerified">A code sent to it came back.</param>
/// <param name="VerifiedAt">When.</param>
public sealed record UserEmail(string Value, bool EmailVerified, DateTimeOffset? VerifiedAt)
{
    /// <summary>Without the address.</summary>
    public override string ToString() => EmailVerified ? "*** (verified)" : "***";
}

/// <summary>A person's name.</summary>
public sealed record PersonName(string? Title = null, string? FirstName = null, string? MiddleName = null, string? LastName = null);

/// <summary>A method the user has logged in by.</summary>
/// <param name="AuthType"><c>sms_otp</c>, <c>email_otp</c> or <c>direct_otp</c>.</param>
public sealed record UserIdentity(string AuthType);

/// <summary>A user, as your application sees them.</summary>
public sealed record User
{
    /// <summary>The id, which never changes.</summary>
    public required string UserId { get; init; }

    /// <summary>How far they have come.</summary>
    public UserStatus Status { get; init; }

    /// <summary>Since when they are known.</summary>
    [JsonConverter(typeof(UnixMillisecondsConverter))]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When they were last changed.</summary>
    [JsonConverter(typeof(UnixMillisecondsConverter))]
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The phone number, unique in the tenant.</summary>
    public UserPhoneNumber? PhoneNumber { get; init; }

    /// <summary>The email address, unique in the tenant.</summary>
    public UserEmail? Email { get; init; }

    /// <summary>The name they go by, unique in the application.</summary>
    public string? Username { get; init; }

    /// <summary>Further email addresses; nobody logs in by them.</summary>
    public IReadOnlyList<string> SecondaryEmails { get => field ?? []; init; }

    /// <summary>Further phone numbers; nobody logs in by them.</summary>
    public IReadOnlyList<string> SecondaryPhoneNumbers { get => field ?? []; init; }

    /// <summary>The person's name.</summary>
    public PersonName? Name { get; init; }

    /// <summary>The birthday.</summary>
    public DateOnly? Birthday { get; init; }

    /// <summary>The address, in whatever shape it was given.</summary>
    public JsonObject? Address { get; init; }

    /// <summary>A picture's URL.</summary>
    public string? Picture { get; init; }

    /// <summary>The language, such as <c>pt-BR</c>. Messages are written in it.</summary>
    public string? Language { get; init; }

    /// <summary>Your own id of the account.</summary>
    public string? ExternalAccountId { get; init; }

    /// <summary>Your own id of the user, unique in the application.</summary>
    public string? ExternalUserId { get; init; }

    /// <summary>Whatever else you know, seen by all applications of the tenant.</summary>
    public JsonObject? CustomData { get; init; }

    /// <summary>Whatever else you know, seen by this application alone.</summary>
    public JsonObject? CustomAppData { get; init; }

    /// <summary>When they last logged in to this application.</summary>
    public DateTimeOffset? LastAuth { get; init; }

    /// <summary>The methods they have logged in by.</summary>
    public IReadOnlyList<UserIdentity> Identities { get => field ?? []; init; }

    /// <summary>Id and status; nothing of the person.</summary>
    public override string ToString() => $"user {UserId}, {Status}";
}
