using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Api.Audit;

/// <summary>Which entries a caller asks for.</summary>
internal sealed class AuditFilter
{
    [FromQuery(Name = "user_id")]
    public string? UserId { get; init; }

    [FromQuery(Name = "app_id")]
    public string? AppId { get; init; }

    [FromQuery(Name = "action")]
    public string? Action { get; init; }

    [FromQuery(Name = "actor")]
    public string? Actor { get; init; }

    [FromQuery(Name = "outcome")]
    public string? Outcome { get; init; }

    [FromQuery(Name = "since")]
    public string? Since { get; init; }

    [FromQuery(Name = "until")]
    public string? Until { get; init; }

    [FromQuery(Name = "page_token")]
    public string? PageToken { get; init; }

    /// <summary>As the log is asked; use it only when there are no faults.</summary>
    public AuditLogQuery ToQuery(List<string> faults)
    {
        QueryFilters.Check(faults, ("user_id", UserId), ("app_id", AppId), ("actor", Actor), ("outcome", Outcome));
        // The number before which a page goes on.
        long? before = long.TryParse(PageToken, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
        if (PageToken is not null && before is null)
            faults.Add("page_token must be the next_page_token of the page before.");
        return new AuditLogQuery
        {
            UserId = UserId,
            AppId = AppId,
            Actions = Actions(faults),
            Actor = Actor,
            Outcome = Outcome,
            From = QueryFilters.Instant("since", Since, faults),
            To = QueryFilters.Instant("until", Until, faults),
            Before = before,
        };
    }

    private List<string>? Actions(List<string> faults)
    {
        if (Action is null)
            return null;
        var named = AuditAction.All.Where(AuditAction.IsAudited)
            .Where(a => a == Action || (Action.EndsWith('.') && a.StartsWith(Action, StringComparison.Ordinal))).ToList();
        if (named.Count == 0)
            faults.Add($"action must be the first word of actions with its dot, such as user., or one of {string.Join(", ", AuditAction.All.Where(AuditAction.IsAudited))}.");
        return named;
    }
}
