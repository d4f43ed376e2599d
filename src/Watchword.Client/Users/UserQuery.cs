using System.Globalization;
using System.Text.Json;
using Watchword.Client.Wire;

namespace Watchword.Client.Users;

/// <summary>Which users, and in what order.</summary>
public sealed record UserQuery
{
    /// <summary>
    /// A filter in the grammar of SCIM (RFC 7644 §3.4.2.2): <c>eq ne gt ge lt le sw pr and or</c>. Put values in by
    /// <see cref="FilterOf"/>, which quotes them.
    /// </summary>
    public string? Filter { get; init; }

    /// <summary>The beginning of an email address, a phone number, a username or a name.</summary>
    public string? Prefix { get; init; }

    /// <summary>What to sort by, such as <c>email</c> or <c>name.last_name</c>. In order of creation unless set.</summary>
    public string? SortField { get; init; }

    /// <summary>Backwards.</summary>
    public bool Descending { get; init; }

    /// <summary>
    /// A filter with its values quoted, whatever they hold: <c>UserQuery.FilterOf($"name.last_name eq {name} and created_at gt {since}")</c>.
    /// </summary>
    public static string FilterOf(FormattableString filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return string.Format(CultureInfo.InvariantCulture, filter.Format, [.. filter.GetArguments().Select(Quoted)]);
    }

    /// <summary>Not the filter: it holds numbers and addresses.</summary>
    public override string ToString() => "user query";

    internal Address Page(int offset, int limit) => Address.Of("/cis/v1/users")
        .With("search", Filter)
        .With("search_prefix", Prefix)
        .With("sort_field", SortField)
        .With("sort_order", Descending ? "desc" : null)
        .With("page_offset", offset.ToString(CultureInfo.InvariantCulture))
        .With("page_limit", limit.ToString(CultureInfo.InvariantCulture));

    private static string Quoted(object? value) => value switch
    {
        bool truth => truth ? "true" : "false",
        DateTimeOffset instant => JsonSerializer.Serialize(instant.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), WatchwordJson.Default.String),
        null => throw new ArgumentNullException(nameof(value), "A filter compares with values; ask for their absence by leaving them out."),
        _ => JsonSerializer.Serialize(Convert.ToString(value, CultureInfo.InvariantCulture)!, WatchwordJson.Default.String),
    };
}

/// <summary>One page of users.</summary>
/// <param name="TotalCount">All that the query finds.</param>
/// <param name="Users">Those on this page.</param>
/// <param name="HasMore">There is a page after this one.</param>
public sealed record UserPage(long TotalCount, IReadOnlyList<User> Users, bool HasMore);

/// <summary>The same, as it is written.</summary>
internal sealed record UserPageBody(long TotalCount, PageInfoBody PageInfo, IReadOnlyList<User> Result);

/// <summary>Where a page stands.</summary>
internal sealed record PageInfoBody(bool HasNextPage);

/// <summary>How many users there are.</summary>
internal sealed record UserCountBody(long UserCount);
