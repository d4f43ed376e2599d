using Watchword.Server.Administration;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Pages.Audit;

/// <summary>What people call those whom entries name by id.</summary>
internal sealed class AuditNames
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    public IReadOnlyList<(string Id, string Name)> Administrators { get; private init; } = [];

    public IReadOnlyList<(string Id, string Name)> Applications { get; private init; } = [];

    /// <summary>The name, or null.</summary>
    public string? Of(string id) => _names.GetValueOrDefault(id);

    public void Know(string id, string name) => _names[id] = name;

    /// <summary>Applications, and administrators for those who may know who they are.</summary>
    public static AuditNames Of(IReadOnlyDictionary<string, string> apps, IReadOnlyList<(string Id, string Name)> people)
    {
        var names = new AuditNames { Administrators = people };
        foreach (var (id, name) in names.Administrators.Concat(apps.Select(a => (a.Key, a.Value))))
            names.Know(id, name);
        return names;
    }

    /// <summary>Those of which a tenant has few.</summary>
    public static async Task<AuditNames> OfAsync(string tenant, Administration.Administrators people, ApplicationAdministration apps, DeliveryAdministration delivery, WebhookAdministration webhooks)
    {
        var names = new AuditNames
        {
            Administrators = await people.NamesAsync(tenant),
            Applications = [.. (await apps.ListAsync(tenant)).Select(a => (a.AppId, a.Name))],
        };
        foreach (var (id, name) in names.Administrators.Concat(names.Applications)
            .Concat((await delivery.ReadAsync(tenant)).Providers.Select(p => (p.Stored.ProviderId, p.Stored.Name)))
            .Concat((await webhooks.ListAsync(tenant)).Select(w => (w.WebhookId, w.Uri))))
        {
            names.Know(id, name);
        }
        return names;
    }

    /// <summary>The clients that some entries name: they are in memory, and there may be many.</summary>
    public async Task LearnAsync(string tenant, IEnumerable<LoggedEvent> entries, ClientDirectory clients)
    {
        var named = entries.SelectMany(e => new[] { e.Actor.StartsWith(AuditWords.ClientActor, StringComparison.Ordinal) ? e.Actor[AuditWords.ClientActor.Length..] : "", e.Action.StartsWith("client.", StringComparison.Ordinal) ? e.Target : "" });
        foreach (var id in named.Where(id => id.Length > 0 && Of(id) is null).Distinct())
        {
            if (await clients.FindAsync(id) is { } found && found.Client.TenantId == tenant)
                Know(id, found.Client.Name is { Length: > 0 } name ? name : id);
        }
    }
}
