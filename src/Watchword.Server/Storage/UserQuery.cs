using System.Globalization;
using Watchword.Core.Users;

namespace Watchword.Server.Storage;

/// <summary>A search among users: a SCIM filter (RFC 7644 §3.4.2.2) or a prefix, a page and an order, turned into SQL with parameters.</summary>
internal sealed record UserQuery(ScimFilter? Filter, string? Prefix, int Offset, int Limit, string? SortField, bool Descending)
{
    private static readonly Dictionary<string, (string Column, Kind Kind)> Attributes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["user_id"] = ("u.user_id", Kind.Text),
        ["status"] = ("u.status", Kind.Text),
        ["email"] = ("u.email", Kind.Lower),
        ["email.value"] = ("u.email", Kind.Lower),
        ["email.email_verified"] = ("(u.email_verified_at IS NOT NULL)", Kind.Truth),
        ["phone_number"] = ("u.phone_number", Kind.Text),
        ["phone_number.value"] = ("u.phone_number", Kind.Text),
        ["phone_number.phone_number_verified"] = ("(u.phone_verified_at IS NOT NULL)", Kind.Truth),
        ["username"] = ("m.username_key", Kind.Lower),
        ["external_user_id"] = ("m.external_user_id", Kind.Text),
        ["external_account_id"] = ("u.external_account_id", Kind.Text),
        ["created_at"] = ("u.created_at", Kind.Instant),
        ["updated_at"] = ("u.updated_at", Kind.Instant),
        ["name.first_name"] = ("u.first_name", Kind.Text),
        ["name.last_name"] = ("u.last_name", Kind.Text),
    };

    private static readonly HashSet<string> Sortable =
        ["user_id", "created_at", "updated_at", "status", "email", "phone_number", "username", "name.first_name", "name.last_name"];

    private enum Kind
    {
        Text,
        Lower,
        Instant,
        Truth,
    }

    /// <summary>What is wrong with the filter's attributes or the sort field, as sentences for the caller.</summary>
    public IEnumerable<string> Faults()
    {
        if (SortField is not null && !Sortable.Contains(SortField))
            yield return $"sort_field must be one of: {string.Join(", ", Sortable.Order(StringComparer.Ordinal))}.";
        if (Filter is not null)
        {
            foreach (var fault in Faults(Filter))
                yield return fault;
        }
    }

    /// <summary>The condition, beginning with AND, or nothing. Adds its values to the parameters.</summary>
    public string Where(Dictionary<string, object?> parameters)
    {
        var conditions = new List<string>();
        if (Filter is not null)
            conditions.Add(Sql(Filter, parameters));
        if (!string.IsNullOrEmpty(Prefix))
        {
            var (lower, exact) = (Prefix.ToLowerInvariant(), Prefix);
            conditions.Add($"({StartsWith("u.email", lower, parameters)} OR {StartsWith("u.phone_number", exact, parameters)} "
                + $"OR {StartsWith("m.username_key", lower, parameters)} OR {StartsWith("u.first_name", exact, parameters)} OR {StartsWith("u.last_name", exact, parameters)})");
        }
        return conditions.Count == 0 ? "" : "AND " + string.Join(" AND ", conditions);
    }

    /// <summary>
    /// Ids are time-ordered, so the order of creation is the order of the primary key and needs no sorting. Users without the sorted field
    /// come last, which the engines would not agree on by themselves.
    /// </summary>
    public string OrderBy(string? app)
    {
        var direction = Descending ? "DESC" : "ASC";
        var id = app is null ? "u.user_id" : "m.user_id";
        return SortField is null or "created_at" or "user_id" ? $"{id} {direction}" : $"{Attributes[SortField].Column} {direction} NULLS LAST, {id} {direction}";
    }

    private static IEnumerable<string> Faults(ScimFilter filter) => filter switch
    {
        ScimFilter.And both => Faults(both.Left).Concat(Faults(both.Right)),
        ScimFilter.Or either => Faults(either.Left).Concat(Faults(either.Right)),
        ScimFilter.Not not => Faults(not.Inner),
        ScimFilter.Compare one => Fault(one) is { } fault ? [fault] : [],
        _ => [],
    };

    private static string? Fault(ScimFilter.Compare one)
    {
        if (!Attributes.TryGetValue(one.Attribute, out var attribute))
            return $"search: '{one.Attribute}' cannot be searched. Use one of: {string.Join(", ", Attributes.Keys.Order(StringComparer.Ordinal))}.";
        if (one.Operator == ScimOperator.Pr || one.Value is null or ScimValue.Null)
            return null;
        return Value(attribute.Kind, one) is null ? $"search: the value for '{one.Attribute}' has the wrong type." : null;
    }

    private static object? Value(Kind kind, ScimFilter.Compare one) => (kind, one.Value) switch
    {
        (Kind.Text, ScimValue.Text text) => text.Value,
        (Kind.Lower, ScimValue.Text text) => text.Value.ToLowerInvariant(),
        (Kind.Instant, ScimValue.Whole ms) => ms.Value,
        (Kind.Instant, ScimValue.Text text) when one.Operator != ScimOperator.Sw
            && DateTimeOffset.TryParse(text.Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) => at.Ms(),
        (Kind.Truth, ScimValue.Flag truth) when one.Operator is ScimOperator.Eq or ScimOperator.Ne => truth.Value,
        _ => null,
    };

    private static string Sql(ScimFilter filter, Dictionary<string, object?> parameters) => filter switch
    {
        ScimFilter.And both => $"({Sql(both.Left, parameters)} AND {Sql(both.Right, parameters)})",
        ScimFilter.Or either => $"({Sql(either.Left, parameters)} OR {Sql(either.Right, parameters)})",
        ScimFilter.Not not => $"NOT COALESCE({Sql(not.Inner, parameters)}, FALSE)",
        ScimFilter.Compare one => Sql(one, parameters),
        _ => throw new InvalidOperationException("A filter of an unknown kind."),
    };

    private static string Sql(ScimFilter.Compare one, Dictionary<string, object?> parameters)
    {
        var (column, kind) = Attributes[one.Attribute];
        if (one.Operator == ScimOperator.Pr)
            return $"{column} IS NOT NULL";
        if (one.Value is null or ScimValue.Null)
            return one.Operator == ScimOperator.Ne ? $"{column} IS NOT NULL" : $"{column} IS NULL";
        var value = Value(kind, one)!;
        if (kind == Kind.Truth)
            return (bool)value == (one.Operator == ScimOperator.Eq) ? column : $"NOT {column}";
        if (one.Operator == ScimOperator.Sw)
            return value is string prefix ? StartsWith(column, prefix, parameters) : "FALSE";
        var comparison = one.Operator switch
        {
            ScimOperator.Eq => "=",
            ScimOperator.Ne => "IS DISTINCT FROM",
            ScimOperator.Gt => ">",
            ScimOperator.Ge => ">=",
            ScimOperator.Lt => "<",
            _ => "<=",
        };
        return $"{column} {comparison} {Add(parameters, value)}";
    }

    /// <summary>A range, which an index answers; U+10FFFF sorts after whatever may follow the prefix.</summary>
    private static string StartsWith(string column, string prefix, Dictionary<string, object?> parameters) =>
        $"({column} >= {Add(parameters, prefix)} AND {column} < {Add(parameters, prefix + "\U0010FFFF")})";

    private static string Add(Dictionary<string, object?> parameters, object value)
    {
        var name = $"@f{parameters.Count}";
        parameters.Add(name, value);
        return name;
    }
}
