using Watchword.Core.Users;

namespace Watchword.Server.Storage;

/// <summary>What a text can be the beginning of.</summary>
internal enum UserKey
{
    UserId,
    PhoneNumber,
    Email,
    Name,
    Username,
    ExternalUserId,
}

/// <summary>A beginning that one of a user's identifiers must have, as it is stored.</summary>
internal sealed record UserBeginning(UserKey Key, string Text)
{
    /// <summary>After everything that begins so: nothing sorts after U+10FFFF.</summary>
    public string End => Text + "\U0010FFFF";

    public bool Fits(string? value) => value?.StartsWith(Text, StringComparison.Ordinal) == true;
}

/// <summary>Which users of a tenant are looked for; what is null does not matter.</summary>
internal sealed record UserFilter
{
    /// <summary>One of these, unless there are none.</summary>
    public IReadOnlyList<UserBeginning> Beginnings { get; init; } = [];

    /// <summary>Members of this application.</summary>
    public string? AppId { get; init; }

    public UserStatus? Status { get; init; }

    /// <summary>Locked at this instant, out of the application or of any.</summary>
    public DateTimeOffset? LockedAt { get; init; }

    /// <summary>Has a number, and a code sent to it came back, or none did.</summary>
    public bool? PhoneVerified { get; init; }

    /// <summary>At or after.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? CreatedTo { get; init; }
}

/// <summary>A user as a list shows them.</summary>
internal sealed class ListedUser
{
    public string UserId { get; init; } = "";
    public string Status { get; init; } = "";
    public long CreatedAt { get; init; }
    public string? PhoneNumber { get; init; }
    public long? PhoneVerifiedAt { get; init; }
    public string? Email { get; init; }
    public long? EmailVerifiedAt { get; init; }
    public string? FirstName { get; init; }
    public string? LastName { get; init; }

    /// <summary>What was found of the user, and in which order.</summary>
    public string SearchKey { get; init; } = "";
}

/// <summary>Where a list stands: after this key, and among users of that key after this one.</summary>
internal sealed record UserPosition(string SearchKey, string UserId);

/// <summary>Some users in their order.</summary>
/// <param name="Users">Those found; perhaps fewer than asked for, though there are more.</param>
/// <param name="Next">From where to look on; null: there are no more.</param>
internal sealed record ListedUsers(IReadOnlyList<ListedUser> Users, UserPosition? Next);

/// <summary>A user's place in an application, and how logging in there stands.</summary>
internal sealed class UserPlace
{
    public string AppId { get; init; } = "";
    public string AppName { get; init; } = "";
    public string? Username { get; init; }
    public string? ExternalUserId { get; init; }
    public long CreatedAt { get; init; }
    public long? Failures { get; init; }
    public long? ConsecutiveFailures { get; init; }
    public long? LockedUntil { get; init; }
    public long? LastAuth { get; init; }
}
