using System.Text.Json;
using System.Text.Json.Serialization;
using Watchword.Core.Otp;

namespace Watchword.Core.Users;

/// <summary>Where a user stands.</summary>
public enum UserStatus
{
    /// <summary>Created, has not logged in yet.</summary>
    Pending,

    /// <summary>Has logged in.</summary>
    Active,

    /// <summary>Barred by an administrator.</summary>
    Disabled,
}

/// <summary>A person of one tenant.</summary>
public sealed record User
{
    public required string TenantId { get; init; }
    public required string UserId { get; init; }
    public UserStatus Status { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>E.164, unique in the tenant.</summary>
    public string? PhoneNumber { get; init; }

    /// <summary>When a code sent to that very number came back; null while none has.</summary>
    public DateTimeOffset? PhoneVerifiedAt { get; init; }

    /// <summary>Lower case, unique in the tenant.</summary>
    public string? Email { get; init; }
    public DateTimeOffset? EmailVerifiedAt { get; init; }
    public string? ExternalAccountId { get; init; }
    public UserProfile Profile { get; init; } = new();

    /// <summary>The methods this user has logged in by.</summary>
    public IReadOnlyList<OtpChannel> Identities { get; init; } = [];
}

/// <summary>What an application knows of a user and no rule depends on.</summary>
public sealed record UserProfile
{
    public PersonName? Name { get; init; }
    public string? Birthday { get; init; }
    public JsonElement? Address { get; init; }
    public string? Picture { get; init; }

    /// <summary>BCP 47 tag, for example <c>pt-BR</c>.</summary>
    public string? Language { get; init; }
    public IReadOnlyList<string>? SecondaryEmails { get; init; }
    public IReadOnlyList<string>? SecondaryPhoneNumbers { get; init; }
    public JsonElement? CustomData { get; init; }
}

/// <summary>A person's name in its parts.</summary>
public sealed record PersonName(string? Title, string? FirstName, string? MiddleName, string? LastName)
{
    /// <summary>The parts in one line, or null when there are none.</summary>
    [JsonIgnore]
    public string? Full => string.Join(' ', new[] { Title, FirstName, MiddleName, LastName }.Where(p => !string.IsNullOrEmpty(p))) is { Length: > 0 } all
        ? all
        : null;
}

/// <summary>A user's place in one application.</summary>
public sealed record Membership
{
    public required string AppId { get; init; }

    /// <summary>Unique in the application, whatever its case.</summary>
    public string? Username { get; init; }
    public string? ExternalUserId { get; init; }
    public JsonElement? CustomAppData { get; init; }
    public DateTimeOffset? LastAuth { get; init; }
}
