using Watchword.Core;
using Watchword.Core.Users;

namespace Watchword.Server.Storage;

/// <summary>An index that a list of users follows.</summary>
/// <param name="Table">By itself, enough to walk along.</param>
/// <param name="Way">What the index finds; its entries stay in order.</param>
/// <param name="User">The user's id there.</param>
internal sealed record UserTrail(string Table, string Way, string User)
{
    /// <summary>With the users, as <c>u</c>.</summary>
    public string Joined => User == "u.user_id" ? Table : $"{Table} JOIN users u ON u.tenant_id = {User.Split('.')[0]}.tenant_id AND u.user_id = {User}";

    /// <summary>What it is ordered by before the user's id; empty: by that alone.</summary>
    public string Key { get; init; } = "";

    /// <summary>What else must hold there, beginning with AND: other entries are walked over.</summary>
    public string Only { get; init; } = "";
}

/// <summary>A filter as SQL: the index that finds most of it, and what is left to look at.</summary>
internal sealed class UserStatement
{
    private readonly Dictionary<string, object?> _parameters = new(StringComparer.Ordinal);
    private readonly UserFilter _filter;
    private readonly Dialect _dialect;

    private UserStatement(string tenant, UserFilter filter, Dialect dialect)
    {
        (_filter, _dialect) = (filter, dialect);
        _parameters["@tenant"] = tenant;
        if (filter.AppId is not null)
            _parameters["@app"] = filter.AppId;
        if (filter.LockedAt is { } now)
            _parameters["@now"] = now.Ms();
        Trail = new UserTrail("users u", "u.tenant_id = @tenant", "u.user_id");
    }

    /// <summary>The index.</summary>
    public UserTrail Trail { get; private set; }

    /// <summary>The other conditions, each with its AND.</summary>
    public string Rest { get; private set; } = "";

    /// <summary>Whether what the index finds may not be what is looked for.</summary>
    public bool Sparse => Rest.Length > 0 || Trail.Only.Length > 0;

    /// <summary>Newest first, along the shortest index there is; when the users were created is the caller's to bound.</summary>
    public static UserStatement Newest(string tenant, UserFilter filter, Dialect dialect)
    {
        var statement = new UserStatement(tenant, filter, dialect);
        if (filter.LockedAt is not null)
        {
            var only = filter.AppId is null ? "" : " AND l.app_id = @app";
            statement.Trail = new UserTrail($"login_state l {dialect.By("login_state_locked")}", "l.tenant_id = @tenant AND l.locked_until IS NOT NULL", "l.user_id")
            {
                Only = $" AND l.locked_until > @now{only} AND {Exists("memberships m", "m.tenant_id = @tenant AND m.app_id = l.app_id AND m.user_id = l.user_id")}",
            };
            statement.AddStatus();
        }
        else if (filter.Status == UserStatus.Disabled)
        {
            statement.Trail = new UserTrail($"users u {dialect.By("users_disabled")}", "u.tenant_id = @tenant AND u.disabled_at IS NOT NULL", "u.user_id");
            statement.AddApplication();
        }
        else
        {
            if (filter.AppId is not null)
                statement.Trail = new UserTrail("memberships m", "m.tenant_id = @tenant AND m.app_id = @app", "m.user_id");
            statement.AddStatus();
        }
        statement.AddVerified();
        statement.AddBeginnings();
        return statement;
    }

    /// <summary>In the order of something that users are found by; the filter's own beginnings are the caller's to bound.</summary>
    public static UserStatement By(UserKey key, string tenant, UserFilter filter, Dialect dialect)
    {
        var statement = new UserStatement(tenant, filter, dialect);
        statement.Trail = statement.TrailOf(key);
        if (key is not (UserKey.Username or UserKey.ExternalUserId))
            statement.AddApplication();
        statement.AddStatus();
        statement.AddVerified();
        if (filter.LockedAt is not null)
        {
            var only = filter.AppId is null ? "" : " AND l.app_id = @app";
            statement.Add(Exists(
                $"login_state l {dialect.By("login_state_locked")} JOIN memberships m ON m.tenant_id = l.tenant_id AND m.app_id = l.app_id AND m.user_id = l.user_id",
                $"l.tenant_id = @tenant AND l.user_id = u.user_id AND l.locked_until > @now{only}"));
        }
        if (filter.CreatedFrom is { } from)
            statement.Add($"u.user_id >= {statement.Parameter(Ids.FirstAt(from))}");
        if (filter.CreatedTo is { } to)
            statement.Add($"u.user_id < {statement.Parameter(Ids.FirstAt(to))}");
        return statement;
    }

    public Dictionary<string, object?> With(params ReadOnlySpan<(string Name, object? Value)> more)
    {
        var all = new Dictionary<string, object?>(_parameters, StringComparer.Ordinal);
        foreach (var (name, value) in more)
            all[name] = value;
        return all;
    }

    private UserTrail TrailOf(UserKey key)
    {
        var app = _filter.AppId is null ? "" : " AND k.app_id = @app";
        var index = _filter.AppId is null ? "memberships_by_any" : "memberships_by";
        return key switch
        {
            UserKey.PhoneNumber => Trail with { Key = "u.phone_number" },
            UserKey.Email => Trail with { Key = "u.email" },
            UserKey.Name => new UserTrail("user_names n", "n.tenant_id = @tenant", "n.user_id") { Key = "n.name_key" },
            UserKey.Username => new UserTrail($"memberships k {_dialect.By(index + "_username")}", "k.tenant_id = @tenant" + app, "k.user_id") { Key = "k.username_key" },
            UserKey.ExternalUserId =>
                new UserTrail($"memberships k {_dialect.By(index + "_external_user_id")}", "k.tenant_id = @tenant" + app, "k.user_id") { Key = "k.external_user_id" },
            _ => Trail with { Key = "u.user_id" },
        };
    }

    private void AddStatus()
    {
        if (_filter.Status is { } status)
            Add($"u.status = {Parameter(status.ToString())}");
    }

    private void AddVerified()
    {
        if (_filter.PhoneVerified is { } verified)
            Add(verified ? "u.phone_verified_at IS NOT NULL" : "u.phone_number IS NOT NULL AND u.phone_verified_at IS NULL");
    }

    private void AddApplication()
    {
        if (_filter.AppId is not null)
            Add(Exists("memberships m", "m.tenant_id = @tenant AND m.app_id = @app AND m.user_id = u.user_id"));
    }

    private void AddBeginnings()
    {
        if (_filter.Beginnings.Count > 0)
            Add($"({string.Join(" OR ", _filter.Beginnings.Select(Begins))})");
    }

    private string Begins(UserBeginning beginning)
    {
        var (from, end) = (Parameter(beginning.Text), Parameter(beginning.End));
        var app = _filter.AppId is null ? "" : " AND k.app_id = @app";
        return beginning.Key switch
        {
            UserKey.PhoneNumber => Within("u.phone_number"),
            UserKey.Email => Within("u.email"),
            UserKey.Name => Exists("user_names n", $"n.tenant_id = @tenant AND n.user_id = u.user_id AND {Within("n.name_key")}"),
            UserKey.Username => Exists("memberships k", $"k.tenant_id = @tenant AND k.user_id = u.user_id{app} AND {Within("k.username_key")}"),
            UserKey.ExternalUserId => Exists("memberships k", $"k.tenant_id = @tenant AND k.user_id = u.user_id{app} AND {Within("k.external_user_id")}"),
            _ => Within("u.user_id"),
        };

        string Within(string column) => $"({column} >= {from} AND {column} < {end})";
    }

    private static string Exists(string from, string where) => $"EXISTS (SELECT 1 FROM {from} WHERE {where})";

    private void Add(string condition) => Rest += " AND " + condition;

    private string Parameter(object value)
    {
        var name = $"@f{_parameters.Count}";
        _parameters.Add(name, value);
        return name;
    }
}
