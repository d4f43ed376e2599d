using Watchword.Core;

namespace Watchword.Server.Storage;

/// <summary>
/// Lists users for people to look through. Every list follows an index, goes on from a key, and looks at so many users at most: where few of
/// many match, the reader gets what there is and looks on.
/// </summary>
/// <param name="db">Where.</param>
/// <param name="most">So many are looked at for one page, where each has to be looked up among the users.</param>
internal sealed class UserSearchStore(SqlSession db, int most = UserSearchStore.MostLookedUp)
{
    /// <summary>Looked up, for one page.</summary>
    public const int MostLookedUp = 8_000;

    /// <summary>In the order of the users themselves none has to be looked up, and more can be looked at in the same time.</summary>
    private const int Walking = 4;

    private const string Columns =
        "u.user_id, u.status, u.created_at, u.phone_number, u.phone_verified_at, u.email, u.email_verified_at, u.first_name, u.last_name";

    /// <summary>Newest first: ids are ordered by time.</summary>
    public async ValueTask<ListedUsers> NewestAsync(string tenant, UserFilter filter, UserPosition? after, int limit)
    {
        var statement = UserStatement.Newest(tenant, filter, db.Dialect);
        var trail = statement.Trail;
        var (first, end) = Bounds(filter, after);
        var floor = await FloorAsync(statement, first, end);
        var found = new List<ListedUser>();
        for (var wanted = limit + 1; found.Count < wanted;)
        {
            var rows = await db.AllAsync<ListedUser>(
                $"""
                SELECT {Columns}, '' AS search_key FROM {trail.Joined} WHERE {trail.Way}{trail.Only} AND {trail.User} >= @first AND {trail.User} < @end{statement.Rest}
                ORDER BY {trail.User} DESC LIMIT @limit
                """,
                statement.With(("@first", floor ?? first), ("@end", end), ("@limit", (long)wanted)));
            // Who is locked out of two applications is there twice, one after the other.
            found.AddRange(rows.Where((row, i) => i == 0 || row.UserId != rows[i - 1].UserId));
            if (rows.Count < wanted)
                break;
            end = rows[^1].UserId;
        }
        return found.Count > limit
            ? new ListedUsers(found[..limit], new UserPosition("", found[limit - 1].UserId))
            : new ListedUsers(found, floor is null ? null : new UserPosition("", floor));
    }

    /// <summary>How many that list holds, counted up to a limit and only as far as one page looks. More: there are, or may be.</summary>
    public async ValueTask<(long Count, bool More)> CountAsync(string tenant, UserFilter filter, int limit)
    {
        var statement = UserStatement.Newest(tenant, filter, db.Dialect);
        var trail = statement.Trail;
        var (first, end) = Bounds(filter, after: null);
        var floor = await FloorAsync(statement, first, end);
        var counted = await db.FirstAsync<long>(
            $"""
            SELECT COUNT(DISTINCT user_id) FROM (SELECT {trail.User} AS user_id FROM {(statement.Rest.Length > 0 ? trail.Joined : trail.Table)}
                WHERE {trail.Way}{trail.Only} AND {trail.User} >= @first AND {trail.User} < @end{statement.Rest} LIMIT @limit) AS found
            """,
            statement.With(("@first", floor ?? first), ("@end", end), ("@limit", limit + 1L)));
        return (Math.Min(counted, limit), counted > limit || floor is not null);
    }

    /// <summary>
    /// Users of whom one thing begins like this, in the order of it; of the filter's beginnings this is one, and each looks at its share. Perhaps
    /// none, though there are more.
    /// </summary>
    public async ValueTask<ListedUsers> BeginningAsync(string tenant, UserFilter filter, UserBeginning beginning, UserPosition? after, int limit)
    {
        var statement = UserStatement.By(beginning.Key, tenant, filter, db.Dialect);
        var trail = statement.Trail;
        var from = after is null || Utf8Order.Compare(after.SearchKey, beginning.Text) < 0 ? new UserPosition(beginning.Text, "") : after;
        var range = $"{trail.Way} AND ({trail.Key}, {trail.User}) > (@key, @user)";
        (string, object?)[] values = [("@key", from.SearchKey), ("@user", from.UserId), ("@end", beginning.End)];
        var last = statement.Rest.Length == 0
            ? null
            : await db.FirstAsync<UserPosition>(
                $"SELECT {trail.Key} AS search_key, {trail.User} AS user_id FROM {trail.Table} WHERE {range} AND {trail.Key} < @end ORDER BY {trail.Key}, {trail.User} LIMIT 1 OFFSET @walk",
                statement.With([.. values, ("@walk", (long)Math.Max(1, most / filter.Beginnings.Count))]));
        // One end only: of two, SQLite may go by the farther one.
        var until = last is null ? $" AND {trail.Key} < @end" : $" AND {trail.Key} <= @lastKey AND ({trail.Key} < @lastKey OR {trail.User} <= @lastUser)";
        var rows = await db.AllAsync<ListedUser>(
            $"SELECT {Columns}, {trail.Key} AS search_key FROM {trail.Joined} WHERE {range}{until}{statement.Rest} ORDER BY {trail.Key}, {trail.User} LIMIT @limit",
            statement.With([.. values, ("@lastKey", last?.SearchKey ?? ""), ("@lastUser", last?.UserId ?? ""), ("@limit", (long)limit)]));
        return new ListedUsers(rows, rows.Count == limit ? new UserPosition(rows[^1].SearchKey, rows[^1].UserId) : last);
    }

    /// <summary>A user's places in applications.</summary>
    public async ValueTask<IReadOnlyList<UserPlace>> PlacesAsync(string tenant, string user) =>
        await db.AllAsync<UserPlace>(
            $"""
            SELECT m.app_id, a.app_name, m.username, m.external_user_id, m.created_at, l.failures, l.consecutive_failures, l.locked_until, l.last_auth
            FROM memberships m {db.Dialect.By("memberships_by_user")} JOIN applications a ON a.tenant_id = m.tenant_id AND a.app_id = m.app_id
                LEFT JOIN login_state l ON l.tenant_id = m.tenant_id AND l.app_id = m.app_id AND l.user_id = m.user_id
            WHERE m.tenant_id = @tenant AND m.user_id = @user ORDER BY m.app_id
            """,
            new { tenant, user });

    /// <summary>From the oldest id to before the newest; decoys, whose names come after those of all users, are left out.</summary>
    private static (string First, string End) Bounds(UserFilter filter, UserPosition? after)
    {
        var first = filter.CreatedFrom is { } from ? Ids.FirstAt(from) : "";
        var end = filter.CreatedTo is { } to ? Ids.FirstAt(to) : ChallengeStore.DecoyPrefix;
        return (first, after is not null && string.CompareOrdinal(after.UserId, end) < 0 ? after.UserId : end);
    }

    /// <summary>How far down the index leads within what may be looked at; null: to its end.</summary>
    private async ValueTask<string?> FloorAsync(UserStatement statement, string first, string end)
    {
        if (!statement.Sparse)
            return null;
        var trail = statement.Trail;
        return await db.FirstAsync<string>(
            $"SELECT {trail.User} FROM {trail.Table} WHERE {trail.Way} AND {trail.User} >= @first AND {trail.User} < @end ORDER BY {trail.User} DESC LIMIT 1 OFFSET @walk",
            statement.With(("@first", first), ("@end", end), ("@walk", trail.Joined == trail.Table ? most * (long)Walking : most)));
    }
}

/// <summary>The order of the database's texts, which is that of their bytes in UTF-8.</summary>
internal static class Utf8Order
{
    public static int Compare(string one, string other)
    {
        for (var i = 0; i < one.Length && i < other.Length; i++)
        {
            if (one[i] != other[i])
                // Surrogates stand for what is after all other characters.
                return char.IsSurrogate(one[i]) == char.IsSurrogate(other[i]) ? one[i].CompareTo(other[i]) : char.IsSurrogate(one[i]) ? 1 : -1;
        }
        return one.Length.CompareTo(other.Length);
    }
}
