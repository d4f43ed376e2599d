using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Watchword.Core.Users;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration.Users;

/// <summary>A user in a list.</summary>
internal sealed record FoundUser(ListedUser Row, IReadOnlyList<UserPlaceState> Places)
{
    public string UserId => Row.UserId;
    public UserStatus Status { get; } = Enum.Parse<UserStatus>(Row.Status);
    public string? Name => string.Join(' ', new[] { Row.FirstName, Row.LastName }.Where(n => !string.IsNullOrEmpty(n))) is { Length: > 0 } name ? name : null;
    public string? PhoneNumber => Row.PhoneNumber;
    public bool PhoneVerified => Row.PhoneVerifiedAt is not null;
    public string? Email => Row.Email;
    public bool EmailVerified => Row.EmailVerifiedAt is not null;
    public DateTimeOffset CreatedAt => Row.CreatedAt.At();

    /// <summary>In whichever application it was.</summary>
    public DateTimeOffset? LastLogin => Places.Max(p => p.LastLogin);
    public bool IsLocked => Places.Any(p => p.Lock is not null);
}

/// <summary>A page of a list.</summary>
/// <param name="Users">Those found; perhaps fewer than a page holds, or none, though there may be more.</param>
/// <param name="Next">From where to look on; null: there are no more. It holds what somebody is found by, so it belongs into no address.</param>
internal sealed record FoundUsers(IReadOnlyList<FoundUser> Users, string? Next);

/// <summary>How many users a list has.</summary>
/// <param name="Count">Those counted.</param>
/// <param name="OrMore">Whether counting stopped there.</param>
internal sealed record UserCount(long Count, bool OrMore);

/// <summary>
/// Looks for users, also among millions. Without a text, newest first; with one, in the order of what begins so: numbers, then addresses, names and
/// ids by the alphabet. A page is found in the time that a few thousand looks into the database take, whatever is asked for.
/// </summary>
internal sealed class UserSearch(Database database, TimeProvider time)
{
    /// <summary>Counting stops here.</summary>
    public const int MostCounted = 10_000;

    /// <summary>How many users are looked at for a page.</summary>
    internal int MostLookedUp { get; init; } = UserSearchStore.MostLookedUp;

    /// <summary>One page.</summary>
    /// <param name="tenant">Whose users.</param>
    /// <param name="input">What is looked for.</param>
    /// <param name="next"><see cref="FoundUsers.Next"/> of the page before; null for the first.</param>
    /// <param name="limit">How many at most.</param>
    public async Task<Change<FoundUsers>> FindAsync(string tenant, UserSearchInput input, string? next, int limit)
    {
        var faults = input.Faults().ToList();
        var (known, after) = ReadPosition(next);
        if (!known)
            faults.Add("This page is not known. Begin with the first.");
        if (limit is < 1 or > 500)
            faults.Add("A page holds 1 to 500 users.");
        if (faults.Count > 0)
            return Change<FoundUsers>.Refused(faults);
        var now = time.GetUtcNow();
        var filter = input.Filter(now);
        return await database.ReadAsync(async db =>
        {
            var store = new UserSearchStore(db, MostLookedUp);
            // Of those who are disabled or locked there are few enough to look at each.
            if (filter.Beginnings.Count > 0 && filter.LockedAt is null && filter.Status != UserStatus.Disabled)
                return await ByTextAsync(store, tenant, filter, after, limit, now);
            var page = await store.NewestAsync(tenant, filter, after, limit);
            return new FoundUsers([.. await WithPlacesAsync(store, tenant, page.Users, now)], Write(page.Next));
        });
    }

    /// <summary>How many there are; null where a text is looked for, since it would cost more than looking.</summary>
    public async Task<UserCount?> CountAsync(string tenant, UserSearchInput input)
    {
        var filter = input.Filter(time.GetUtcNow());
        if (filter.Beginnings.Count > 0 || input.Faults().Any())
            return null;
        var (count, more) = await database.ReadAsync(db => new UserSearchStore(db, MostLookedUp).CountAsync(tenant, filter, MostCounted));
        return new UserCount(count, more);
    }

    /// <summary>Merges the lists of all that may begin so. Whoever is in several is shown where they come first.</summary>
    private static async ValueTask<FoundUsers> ByTextAsync(UserSearchStore store, string tenant, UserFilter filter, UserPosition? after, int limit, DateTimeOffset now)
    {
        var found = new List<FoundUser>();
        while (true)
        {
            var (rows, horizon, looked) = await MergeAsync(store, tenant, filter, after, limit + 1);
            foreach (var user in await WithPlacesAsync(store, tenant, rows, now))
            {
                if (!IsShownBefore(user, filter) && found.TrueForAll(f => f.UserId != user.UserId))
                    found.Add(user);
            }
            if (found.Count > limit)
                return new FoundUsers(found[..limit], Write(new UserPosition(found[limit - 1].Row.SearchKey, found[limit - 1].UserId)));
            // The page is short because of those shown before, or because few of many match: then the reader looks on.
            if (horizon is null || looked)
                return new FoundUsers(found, Write(horizon));
            after = horizon;
        }
    }

    /// <summary>All rows up to where the shortest list was cut off, in order; and whether that one was cut because it had looked at so many.</summary>
    private static async ValueTask<(IReadOnlyList<ListedUser> Rows, UserPosition? Horizon, bool Looked)> MergeAsync(
        UserSearchStore store, string tenant, UserFilter filter, UserPosition? after, int limit)
    {
        var rows = new List<ListedUser>();
        UserPosition? horizon = null;
        var looked = false;
        foreach (var beginning in filter.Beginnings)
        {
            var list = await store.BeginningAsync(tenant, filter, beginning, after, limit);
            rows.AddRange(list.Users);
            if (list.Next is { } end && (horizon is null || Compare(end, horizon) < 0))
                (horizon, looked) = (end, list.Users.Count < limit);
        }
        rows.Sort((a, b) => Compare(PositionOf(a), PositionOf(b)));
        return (horizon is null ? rows : [.. rows.Where(r => Compare(PositionOf(r), horizon) <= 0)], horizon, looked);
    }

    private static async ValueTask<IReadOnlyList<FoundUser>> WithPlacesAsync(UserSearchStore store, string tenant, IReadOnlyList<ListedUser> rows, DateTimeOffset now)
    {
        var users = new List<FoundUser>();
        foreach (var row in rows)
            users.Add(new FoundUser(row, [.. (await store.PlacesAsync(tenant, row.UserId)).Select(p => UserPlaceState.Of(p, now))]));
        return users;
    }

    /// <summary>Whether something else of the user begins so too and comes before what the user was found by.</summary>
    private static bool IsShownBefore(FoundUser user, UserFilter filter)
    {
        var places = user.Places.Where(p => filter.AppId is null || p.AppId == filter.AppId).ToList();
        return filter.Beginnings.Any(beginning => Values(beginning.Key).Any(v => beginning.Fits(v) && Utf8Order.Compare(v!, user.Row.SearchKey) < 0));

        IEnumerable<string?> Values(UserKey key) => key switch
        {
            UserKey.PhoneNumber => [user.PhoneNumber],
            UserKey.Email => [user.Email],
            UserKey.Name => NameKey.Both(user.Row.FirstName, user.Row.LastName),
            UserKey.Username => places.Select(p => UserStore.KeyOf(p.Username)),
            UserKey.ExternalUserId => places.Select(p => p.ExternalUserId),
            _ => [user.UserId],
        };
    }

    private static UserPosition PositionOf(ListedUser row) => new(row.SearchKey, row.UserId);

    private static int Compare(UserPosition one, UserPosition other) =>
        Utf8Order.Compare(one.SearchKey, other.SearchKey) is not 0 and var order ? order : string.CompareOrdinal(one.UserId, other.UserId);

    private static string? Write(UserPosition? position) =>
        position is null ? null : WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes($"{position.UserId}\n{position.SearchKey}"));

    private static (bool Known, UserPosition? Position) ReadPosition(string? text)
    {
        if (text is null)
            return (true, null);
        try
        {
            var parts = Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(text)).Split('\n');
            return parts is [var user, var key] && !parts.Any(p => p.Any(char.IsControl)) ? (true, new UserPosition(key, user)) : (false, null);
        }
        catch (FormatException)
        {
            return (false, null);
        }
    }
}
