using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Watchword.Core;
using Watchword.Core.Apps;
using Watchword.Core.Audit;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Administration;

/// <summary>A client with its secret in the clear: shown this once, kept as a hash.</summary>
internal sealed record NewClient(Client Client, string Secret);

/// <summary>A change that was refused, with every fault; or its result.</summary>
internal readonly record struct Change<T>(T? Value, IReadOnlyList<string> Faults)
{
    public static implicit operator Change<T>(T value) => new(value, []);

    public static Change<T> Refused(IEnumerable<string> faults) => new(default, [.. faults]);
}

/// <summary>What administrators do with applications and clients, from whichever door they come. Null: there is no such thing in the tenant.</summary>
internal sealed class ApplicationAdministration(Database database, ClientDirectory directory, MasterKey keys, Seal seal, TimeProvider time)
{
    /// <summary>How long the old secret is still accepted after a rotation, unless asked otherwise.</summary>
    public static readonly TimeSpan DefaultOverlap = TimeSpan.FromHours(24);

    private static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(30);

    public async Task<Change<(Application Application, NewClient Client)>> CreateAsync(
        Author by, string? name, IReadOnlyList<string>? redirectUris, ApplicationSettings? settings, IReadOnlyList<TestNumberEntry?>? testNumbers = null)
    {
        var (tenant, now) = (by.TenantId, time.GetUtcNow());
        var id = Ids.New(now);
        var faults = FaultsOf(name, redirectUris, settings ?? new());
        if (TestNumberEntries.Read(testNumbers, tenant, id, now, keys, seal, faults) is { } numbers)
            settings = (settings ?? new()) with { TestNumbers = numbers };
        if (faults.Count > 0)
            return Change<(Application, NewClient)>.Refused(faults);
        var app = new Application(tenant, id, name!, redirectUris!, LoginPreferences.Default, settings ?? new(), now, now);
        var client = Make(tenant, app.AppId, name!, id: null, secret: null, now);
        await database.WriteAsync(async db =>
        {
            var store = new ApplicationStore(db);
            await store.AddAsync(app);
            await AddAsync(store, client, now);
            await new EventStore(db).AddAsync(by, AuditAction.ApplicationCreated, now, app.AppId, detail: WithClient(client));
        });
        return (app, client);
    }

    public Task<IReadOnlyList<Application>> ListAsync(string tenant) => database.ReadAsync(db => new ApplicationStore(db).ListAsync(tenant));

    /// <summary>How many clients each application of the tenant has; one without any is absent.</summary>
    public Task<IReadOnlyDictionary<string, int>> ClientCountsAsync(string tenant) => database.ReadAsync(db => new ApplicationStore(db).ClientCountsAsync(tenant));

    public Task<Application?> FindAsync(string tenant, string app) => database.ReadAsync(db => new ApplicationStore(db).FindAsync(tenant, app));

    /// <summary>The test numbers of an application, in the clear.</summary>
    public IReadOnlyList<TestNumberEntry> TestNumbersOf(Application app) =>
        [.. app.Settings.TestNumbers.Select(n => TestNumberEntry.Of(TestNumbers.Open(n, seal)))];

    /// <summary>
    /// Changes an application by a function of what it is now, and its test numbers where some are given; the result is checked like a
    /// new one. What changes nothing writes nothing.
    /// </summary>
    public async Task<Change<Application>?> ChangeAsync(
        Author by, string app, Func<Application, Application> change, IReadOnlyList<TestNumberEntry?>? testNumbers = null)
    {
        var (tenant, now) = (by.TenantId, time.GetUtcNow());
        // Sealed and opened here, because write work awaits nothing but SQL.
        var testFaults = new List<string>();
        var numbers = TestNumberEntries.Read(testNumbers, tenant, app, now, keys, seal, testFaults);
        if (numbers is not null && await FindAsync(tenant, app) is { } before)
            numbers = TestNumberEntries.KeepSame(numbers, before.Settings.TestNumbers, seal);
        var result = await database.WriteAsync<Change<Application>?>(async db =>
        {
            var store = new ApplicationStore(db);
            if (await store.FindAsync(tenant, app) is not { } current)
                return null;
            var changed = change(current) with { UpdatedAt = now };
            if (numbers is not null)
                changed = changed with { Settings = changed.Settings with { TestNumbers = numbers } };
            var faults = FaultsOf(changed.Name, changed.RedirectUris, changed.Settings).Concat(changed.LoginPreferences.Faults()).Concat(testFaults).ToList();
            if (faults.Count > 0)
                return Change<Application>.Refused(faults);
            var policies = new FieldChanges(StoredJson.Element(current.LoginPreferences), StoredJson.Element(changed.LoginPreferences));
            var others = new FieldChanges(Comparable(current), Comparable(changed));
            if (!policies.Any && !others.Any)
                return current;
            await store.ReplaceAsync(changed);
            if (policies.Any)
                await new EventStore(db).AddAsync(by, AuditAction.PolicyChanged, now, app, detail: policies.Detail);
            if (others.Any)
                await new EventStore(db).AddAsync(by, AuditAction.ApplicationChanged, now, app, detail: others.Detail);
            return changed;
        });
        directory.Forget();
        return result;
    }

    public async Task<bool> DeleteAsync(Author by, string app)
    {
        var deleted = await database.WriteAsync(async db =>
        {
            if (!await new ApplicationStore(db).DeleteAsync(by.TenantId, app))
                return false;
            await new EventStore(db).AddAsync(by, AuditAction.ApplicationDeleted, time.GetUtcNow(), app);
            return true;
        });
        directory.Forget();
        return deleted;
    }

    public Task<IReadOnlyList<Client>?> ClientsAsync(string tenant, string app) =>
        database.ReadAsync<IReadOnlyList<Client>?>(async db =>
        {
            var store = new ApplicationStore(db);
            if (await store.FindAsync(tenant, app) is null)
                return null;
            var clients = new List<Client>();
            foreach (var id in await store.ClientIdsAsync(tenant, app))
            {
                if (await store.FindClientAsync(id) is { } client)
                    clients.Add(client);
            }
            return clients;
        });

    public async Task<Change<NewClient>?> AddClientAsync(Author by, string app, string? name, ClientSettings? settings)
    {
        var faults = (settings ?? new()).Faults().Concat(NameFaults("name", name)).ToList();
        if (faults.Count > 0)
            return Change<NewClient>.Refused(faults);
        var (tenant, now) = (by.TenantId, time.GetUtcNow());
        var made = Make(tenant, app, name!, id: null, secret: null, now);
        made = made with { Client = made.Client with { Settings = settings ?? new() } };
        return await database.WriteAsync<Change<NewClient>?>(async db =>
        {
            var store = new ApplicationStore(db);
            if (await store.FindAsync(tenant, app) is null)
                return null;
            await AddAsync(store, made, now);
            await new EventStore(db).AddAsync(by, AuditAction.ClientCreated, now, app, target: made.Client.ClientId);
            return made;
        });
    }

    /// <summary>Changes a client by a function of what it is now. What changes nothing writes nothing.</summary>
    public async Task<Change<Client>?> ChangeClientAsync(Author by, string app, string client, Func<Client, Client> change)
    {
        var result = await database.WriteAsync<Change<Client>?>(async db =>
        {
            var store = new ApplicationStore(db);
            if (await OfAsync(store, by.TenantId, app, client) is not { } current)
                return null;
            var changed = change(current);
            var faults = changed.Settings.Faults().Concat(NameFaults("name", changed.Name)).ToList();
            if (faults.Count > 0)
                return Change<Client>.Refused(faults);
            var fields = new FieldChanges(Comparable(current), Comparable(changed));
            if (!fields.Any)
                return current;
            await store.ReplaceClientAsync(changed);
            await new EventStore(db).AddAsync(by, AuditAction.ClientChanged, time.GetUtcNow(), app, target: client, detail: fields.Detail);
            return changed;
        });
        directory.Forget();
        return result;
    }

    public async Task<bool> DeleteClientAsync(Author by, string app, string client)
    {
        var deleted = await database.WriteAsync(async db =>
        {
            var store = new ApplicationStore(db);
            if (await OfAsync(store, by.TenantId, app, client) is null || !await store.DeleteClientAsync(by.TenantId, client, time.GetUtcNow()))
                return false;
            await new EventStore(db).AddAsync(by, AuditAction.ClientDeleted, time.GetUtcNow(), app, target: client);
            return true;
        });
        directory.Forget();
        return deleted;
    }

    /// <summary>Gives a client a new secret. The one before it works on for the overlap; older ones stop at once.</summary>
    public async Task<Change<NewClient>?> RotateSecretAsync(Author by, string app, string client, TimeSpan overlap)
    {
        if (overlap < TimeSpan.Zero || overlap > LongestOverlap)
            return Change<NewClient>.Refused([$"overlap_seconds must be 0 to {LongestOverlap.TotalSeconds}."]);
        var now = time.GetUtcNow();
        var secret = OpaqueToken.ClientSecret();
        var result = await database.WriteAsync<Change<NewClient>?>(async db =>
        {
            var store = new ApplicationStore(db);
            if (await OfAsync(store, by.TenantId, app, client) is not { } current)
                return null;
            await store.RetireSecretsAsync(current, now + overlap, now);
            await store.AddSecretAsync(current, HashOf(secret), now);
            await new EventStore(db).AddAsync(
                by, AuditAction.ClientSecretRotated, now, app, target: client, detail: StoredJson.Write(new { overlap_seconds = (long)overlap.TotalSeconds }));
            return new NewClient(current, secret);
        });
        directory.Forget();
        return result;
    }

    /// <summary>A tenant with its management client. The name must be free. Only the command line and the configuration make tenants.</summary>
    public async Task<Change<NewClient>> CreateTenantAsync(string? name, string? clientId = null, string? secret = null)
    {
        if (NameFaults("The tenant's name", name).ToList() is { Count: > 0 } faults)
            return Change<NewClient>.Refused(faults);
        var now = time.GetUtcNow();
        var tenant = Ids.New(now);
        var client = Make(tenant, app: null, "Management", clientId, secret, now);
        return await database.WriteAsync<Change<NewClient>>(async db =>
        {
            var store = new ApplicationStore(db);
            if (await store.TenantByNameAsync(name!) is not null)
                return Change<NewClient>.Refused([$"There is a tenant named '{name}' already."]);
            await store.AddTenantAsync(tenant, name!, now);
            await AddAsync(store, client, now);
            await new EventStore(db).AddAsync(Author.Console(tenant), AuditAction.TenantCreated, now, target: tenant, detail: WithClient(client));
            return client;
        });
    }

    /// <summary>Another management client for a tenant.</summary>
    public async Task<NewClient> AddManagementClientAsync(Author by, string? clientId, string? secret)
    {
        var now = time.GetUtcNow();
        var client = Make(by.TenantId, app: null, "Management", clientId, secret, now);
        await database.WriteAsync(async db =>
        {
            await AddAsync(new ApplicationStore(db), client, now);
            await new EventStore(db).AddAsync(by, AuditAction.ClientCreated, now, target: client.Client.ClientId);
        });
        return client;
    }

    private static NewClient Make(string tenant, string? app, string name, string? id, string? secret, DateTimeOffset now) =>
        new(new Client(tenant, id ?? Ids.New(now), app, name, new ClientSettings(), [], now), secret ?? OpaqueToken.ClientSecret());

    private static async ValueTask AddAsync(ApplicationStore store, NewClient made, DateTimeOffset now)
    {
        await store.AddClientAsync(made.Client);
        await store.AddSecretAsync(made.Client, HashOf(made.Secret), now);
    }

    private static async ValueTask<Client?> OfAsync(ApplicationStore store, string tenant, string app, string client) =>
        await store.FindClientAsync(client) is { } found && found.TenantId == tenant && found.AppId == app ? found : null;

    /// <summary>All of an application that its own change may touch, besides its policies.</summary>
    private static JsonElement Comparable(Application app) => StoredJson.Element(new { app_name = app.Name, app.RedirectUris, app.Settings });

    private static JsonElement Comparable(Client client) => StoredJson.Element(new { client.Name, client.Settings });

    private static string WithClient(NewClient made) => StoredJson.Write(new { client_id = made.Client.ClientId });

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static List<string> FaultsOf(string? name, IReadOnlyList<string>? redirectUris, ApplicationSettings settings)
    {
        var faults = NameFaults("app_name", name).ToList();
        if (redirectUris is not { Count: > 0 })
            faults.Add("redirect_uris is required: one or more addresses that your users may be sent back to.");
        else if (redirectUris.Count > 50)
            faults.Add("redirect_uris may hold at most 50 addresses.");
        else
            faults.AddRange(redirectUris.Select((uri, i) => RedirectUri.Fault(uri) is { } fault ? $"redirect_uris[{i}] {fault}." : null).OfType<string>());
        faults.AddRange(settings.SendLimits.Faults().Select(f => "settings.send_limits." + f));
        if (settings.Resources.Count > 50)
            faults.Add("settings.resources may hold at most 50 entries.");
        faults.AddRange(settings.Resources
            .Where(r => r is null || !Uri.TryCreate(r, UriKind.Absolute, out _) || r.Contains('#', StringComparison.Ordinal) || r.Length > 500)
            .Select(_ => "settings.resources must hold absolute URIs without a fragment."));
        faults.AddRange(MessageTexts.Faults(settings.Texts, "settings.texts"));
        if (settings.AutofillDomain is { } host && AutofillDomain.Fault(host) is { } hostFault)
            faults.Add($"settings.autofill_domain {hostFault}.");
        return faults;
    }

    private static IEnumerable<string> NameFaults(string field, string? name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > 100 || name.Any(char.IsControl))
            yield return $"{field} is required: 1 to 100 characters without control characters.";
        else if (name.All(c => char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format))
            yield return $"{field} must have a character that can be seen.";
    }
}
