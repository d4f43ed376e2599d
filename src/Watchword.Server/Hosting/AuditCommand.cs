using Watchword.Server.Events;
using Watchword.Server.Storage;

namespace Watchword.Server.Hosting;

/// <summary><c>watchword audit verify</c>: checks audit logs for an operator, beside a server at work or without one.</summary>
internal static class AuditCommand
{
    /// <summary>0 when all is well, 1 with faults, 65 when there is no such tenant; null when the words make no sense.</summary>
    public static async Task<int?> VerifyAsync(string[] options)
    {
        var settings = options.ToList();
        if (!CommandLine.Take(settings, "--tenant", out var name) || !CommandLine.Take(settings, "--head", out var head) || (head is not null && NotedHead.Parse(head) is null))
            return null;
        await using var app = WatchwordHost.Build([.. settings]);
        // With another key every entry would look altered.
        Bootstrap.CheckMasterKey(app.Services);
        var all = await app.Services.GetRequiredService<Database>().ReadAsync(db => new ApplicationStore(db).TenantsAsync());
        var tenants = all.Where(t => name is null || t.Name == name).ToList();
        if (tenants.Count == 0)
        {
            await Console.Error.WriteLineAsync(name is null ? "There are no tenants." : $"There is no tenant named '{name}'.");
            return 65;
        }
        if (head is not null && tenants.Count > 1)
        {
            await Console.Error.WriteLineAsync("A head is that of one tenant: say which by --tenant NAME.");
            return 65;
        }
        var faults = 0;
        foreach (var tenant in tenants)
        {
            var report = await app.Services.GetRequiredService<AuditVerification>().VerifyAsync(tenant.TenantId, NotedHead.Parse(head), CancellationToken.None);
            Console.WriteLine($"{tenant.Name}: {report.Entries} entries from {report.First} on, head {report.Head?.ToString() ?? "none"}: {(report.Faults.Count == 0 ? "intact" : "NOT INTACT")}");
            foreach (var fault in report.Faults)
                Console.WriteLine($"  - {fault.Kind} at {fault.Sequence}: {fault.Message}");
            faults += report.Faults.Count;
        }
        return faults == 0 ? 0 : 1;
    }
}
