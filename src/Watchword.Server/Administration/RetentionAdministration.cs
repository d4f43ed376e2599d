using Watchword.Core.Audit;
using Watchword.Core.Retention;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>What administrators do about how long their tenant keeps things, from whichever door they come.</summary>
internal sealed class RetentionAdministration(Database database, TimeProvider time)
{
    public async Task<RetentionPolicy> ReadAsync(string tenant) =>
        (await database.ReadAsync(db => new TenantSettingsStore(db).ReadAsync(tenant))).Retention;

    /// <summary>Changes it by a function of what it is now, and writes down who did.</summary>
    public async Task<Change<RetentionPolicy>> ChangeAsync(Author by, Func<RetentionPolicy, RetentionPolicy> change)
    {
        // What is kept has no faults, so those of a change are the same whatever it is made to; and a refusal writes nothing.
        if (change(new RetentionPolicy()).Faults() is { Count: > 0 } faults)
            return Change<RetentionPolicy>.Refused(faults);
        var now = time.GetUtcNow();
        return await database.WriteAsync<Change<RetentionPolicy>>(async db =>
        {
            var store = new TenantSettingsStore(db);
            var settings = await store.HoldAsync(by.TenantId, now);
            var (old, next) = (settings.Retention, change(settings.Retention));
            if (next == old)
                return next;
            await store.ReplaceAsync(by.TenantId, settings with { Retention = next });
            await new EventStore(db).AddAsync(by, AuditAction.RetentionChanged, now, detail: StoredJson.Write(new { old, @new = next }));
            return next;
        });
    }
}
