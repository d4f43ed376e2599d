using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>What an administrator looks for among the users; what is null does not matter.</summary>
internal sealed record UserSearchInput
{
    private const int LongestText = 256;
    private const int IdLength = 32;

    /// <summary>
    /// The beginning of a phone number in any spelling, an email address, a name (given or family name first), a username or an external user
    /// id; or a whole user id.
    /// </summary>
    public string? Text { get; init; }

    /// <summary>Members of this application.</summary>
    public string? AppId { get; init; }

    public UserStatus? Status { get; init; }

    /// <summary>Locked out now, of the application or of any.</summary>
    public bool LockedNow { get; init; }

    /// <summary>Whether a code sent to the user's phone number ever came back.</summary>
    public bool? PhoneVerified { get; init; }

    /// <summary>At or after.</summary>
    public DateTimeOffset? CreatedFrom { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? CreatedTo { get; init; }

    /// <summary>Every fault, a sentence each.</summary>
    public IEnumerable<string> Faults()
    {
        if (Text is { } text && (text.Length > LongestText || text.Any(c => char.IsControl(c)) || !IsWhole(text)))
            yield return $"Search for at most {LongestText} characters without control characters.";
        if (CreatedFrom >= CreatedTo)
            yield return "The first day must be before the last.";
    }

    /// <summary>The same for the database.</summary>
    public UserFilter Filter(DateTimeOffset now) => new()
    {
        Beginnings = Beginnings(),
        AppId = AppId,
        Status = Status,
        LockedAt = LockedNow ? now : null,
        PhoneVerified = PhoneVerified,
        CreatedFrom = CreatedFrom,
        CreatedTo = CreatedTo,
    };

    private List<UserBeginning> Beginnings()
    {
        var text = Text?.Trim() ?? "";
        if (text.Length == 0)
            return [];
        var lower = text.ToLowerInvariant();
        List<UserBeginning> all = [new(UserKey.Email, lower), new(UserKey.Username, UserStore.KeyOf(text)!), new(UserKey.ExternalUserId, text)];
        if (NameKey.Of(text) is { Length: > 0 } name)
            all.Add(new(UserKey.Name, name));
        if (text.Length == IdLength && text.All(char.IsAsciiHexDigit))
            all.Add(new(UserKey.UserId, lower));
        if (PhoneNumber.Beginning(text) is { } digits)
            all.Add(new(UserKey.PhoneNumber, digits));
        // A whole number may be stored otherwise than it begins: without the zero that people write after the country code.
        if (PhoneNumber.TryParse(text, out var number) && !all.Contains(new(UserKey.PhoneNumber, number.E164)))
            all.Add(new(UserKey.PhoneNumber, number.E164));
        return all;
    }

    /// <summary>Half a surrogate pair cannot be written in UTF-8.</summary>
    private static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(char.IsSurrogatePair(text, i) && ++i > 0))
                return false;
        }
        return true;
    }
}
