using System.Globalization;
using Microsoft.AspNetCore.Http.Extensions;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Pages.Audit;

/// <summary>What somebody looks for in the audit log; it stands in the page's address, and in that of the file. Days are UTC.</summary>
internal sealed record AuditSearch
{
    private const int LongestText = 128;

    /// <summary>An action, or the beginning of several up to its dot.</summary>
    public string? Action { get; init; }
    public string? Actor { get; init; }
    public string? User { get; init; }
    public string? App { get; init; }

    /// <summary><c>ok</c>, or <c>refused</c>.</summary>
    public string? Outcome { get; init; }

    /// <summary>The first day.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The last day.</summary>
    public DateOnly? To { get; init; }

    public bool IsEmpty => this == new AuditSearch();

    /// <summary>Reads it from an address; what makes no sense there is passed over.</summary>
    public static AuditSearch Of(Func<string, string?> value) => new()
    {
        Action = Text(value("action")) is { } action && Actions(action).Count > 0 ? action : null,
        Actor = Text(value("actor")),
        User = Text(value("user")),
        App = Text(value("app")),
        Outcome = value("outcome") is AuditEvent.Ok or AuditLogQuery.Refused ? value("outcome") : null,
        From = Day(value("from")),
        To = Day(value("to")),
    };

    /// <summary>As the log is asked.</summary>
    public AuditLogQuery ToQuery(long? before = null) => new()
    {
        Actions = Action is null ? null : Actions(Action), Actor = Actor, UserId = User, AppId = App, Outcome = Outcome,
        From = Begin(From), To = Begin(To == DateOnly.MaxValue ? null : To?.AddDays(1)), Before = before,
    };

    /// <summary>As an address carries it, with its question mark; empty when nothing is looked for.</summary>
    public string ToAddress(params (string Name, string Value)[] more)
    {
        var query = new QueryBuilder();
        foreach (var (name, value) in new (string, string?)[]
        {
            ("action", Action), ("actor", Actor), ("user", User), ("app", App), ("outcome", Outcome), ("from", Day(From)), ("to", Day(To)),
        }.Concat(more.Select(m => (m.Name, (string?)m.Value))))
        {
            if (!string.IsNullOrEmpty(value))
                query.Add(name, value);
        }
        return query.ToString();
    }

    private static List<string> Actions(string action) =>
        [.. AuditAction.All.Where(AuditAction.IsAudited).Where(a => a == action || (action.EndsWith('.') && a.StartsWith(action, StringComparison.Ordinal)))];

    private static string? Text(string? value) => value?.Trim() is { Length: > 0 and <= LongestText } text && !text.Any(c => char.IsControl(c) || char.IsSurrogate(c)) ? text : null;

    private static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private static string? Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static DateTimeOffset? Begin(DateOnly? day) => day is { } d ? new DateTimeOffset(d.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero) : null;
}
