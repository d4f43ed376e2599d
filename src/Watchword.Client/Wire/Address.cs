using System.Text;

namespace Watchword.Client.Wire;

/// <summary>Where a call goes: the route, which may be logged, and the path with its values, which may not.</summary>
/// <param name="Route">As the server's description has it, such as <c>/cis/v1/users/{id}</c>.</param>
/// <param name="Path">With the values in their places.</param>
internal sealed record Address(string Route, string Path)
{
    /// <summary>Puts values into the places of a route, in order.</summary>
    public static Address Of(string route, params ReadOnlySpan<string> values)
    {
        var path = new StringBuilder();
        var from = 0;
        foreach (var value in values)
        {
            var open = route.IndexOf('{', from);
            path.Append(route, from, open - from).Append(Segment(value, route));
            from = route.IndexOf('}', open) + 1;
        }
        return new Address(route, path.Append(route, from, route.Length - from).ToString());
    }

    /// <summary>Adds to the query, unless there is nothing to add.</summary>
    public Address With(string name, string? value) => value is null
        ? this
        : this with { Path = $"{Path}{(Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={Uri.EscapeDataString(value)}" };

    /// <summary>Without values: they may be phone numbers.</summary>
    public override string ToString() => Route;

    /// <summary>
    /// An empty, <c>.</c> or <c>..</c> segment would make another address of it, and <c>DELETE /users/{id}/apps</c> something else.
    /// </summary>
    private static string Segment(string value, string route)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        return value is "." or ".." ? throw new ArgumentException($"This is no value for {route}.", nameof(value)) : Uri.EscapeDataString(value);
    }
}
