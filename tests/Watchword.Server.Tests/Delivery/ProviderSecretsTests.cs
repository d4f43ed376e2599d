using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Delivery;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Delivery;

public sealed class ProviderSecretsOnSqlite(SqliteLoft loft) : ProviderSecretsTests(loft), IClassFixture<SqliteLoft>;

public sealed class ProviderSecretsOnPostgres(PostgresLoft loft) : ProviderSecretsTests(loft), IClassFixture<PostgresLoft>;

/// <summary>Who gets to see and to use what a tenant's providers are paid by.</summary>
public abstract class ProviderSecretsTests(PigeonLoft loft)
{
    private const string Settings = PigeonLoft.Settings;

    [Fact]
    public async Task A_secret_stays_until_it_is_replaced_or_taken_away()
    {
        var tenant = await loft.TenantAsync();
        await PigeonLoft.PutAsync(tenant, PigeonLoft.Bird("a", "first", more: [("spare_token", "spare")]));
        var changed = PigeonLoft.Bird("a", more: [("loft", "south")]);
        changed.Remove("ring_token");
        var kept = await PigeonLoft.PutAsync(tenant, changed);
        Assert.Equal(["ring_token", "spare_token"], kept.At("result", "providers")[0].At("secrets_set").Strings());
        Assert.Equal(["first"], await loft.TokensAsync(tenant));
        Assert.Equal(["ring_token"], (await PigeonLoft.PutAsync(tenant, PigeonLoft.Bird("a", "second", more: [("spare_token", null)]))).At("result", "providers")[0].At("secrets_set").Strings());
        Assert.Equal(["second"], await loft.TokensAsync(tenant));
        // A required one cannot be taken away, and another provider does not get this one's.
        await PigeonLoft.RefusedAsync(tenant, new { providers = new[] { PigeonLoft.Bird("a", "  ") } }, "providers[0].ring_token is required: What is engraved on the ring.");
        changed["provider_id"] = "b";
        await PigeonLoft.RefusedAsync(tenant, new { providers = new[] { changed } }, "providers[0].ring_token is required: What is engraved on the ring.");
        Assert.Equal(["second"], await loft.TokensAsync(tenant));
    }

    [Fact]
    public async Task Two_tenants_with_the_same_ids_never_mix()
    {
        var (ours, theirs) = (await loft.TenantAsync(), await loft.TenantAsync());
        for (var i = 0; i < 3; i++)
        {
            await PigeonLoft.PutAsync(ours, PigeonLoft.Bird("same", $"ours-{i}", more: [("name", "Ours")]));
            await PigeonLoft.PutAsync(theirs, PigeonLoft.Bird("same", $"theirs-{i}", more: [("name", "Theirs")]));
            Assert.Equal([$"ours-{i}"], await loft.TokensAsync(ours));
            Assert.Equal([$"theirs-{i}"], await loft.TokensAsync(theirs));
            await ours.Management.PostAsync(Settings + "/test", new { provider_id = "same", to = "+447400000001" }, 200);
            Assert.Equal($"ours-{i}", loft.Pigeon.Flown[^1].Token);
            await theirs.Management.PostAsync(Settings + "/test", new { to = "+447400000001" }, 200);
            Assert.Equal($"theirs-{i}", loft.Pigeon.Flown[^1].Token);
        }
        Assert.Equal("Ours", (await ours.Management.GetAsync(Settings, 200)).At("result", "providers")[0].Str("name"));
        await PigeonLoft.PutAsync(theirs);
        Assert.Equal(["ours-2"], await loft.TokensAsync(ours));
        await theirs.Management.PostAsync(Settings + "/test", new { provider_id = "same", to = "+447400000001" }, 404);
    }

    [Fact]
    public async Task Secrets_cannot_be_read_in_the_database_nor_used_from_another_tenants_row()
    {
        const string Secret = "this-secret-must-not-be-found";
        var (ours, theirs) = (await loft.TenantAsync(), await loft.TenantAsync());
        await PigeonLoft.PutAsync(ours, PigeonLoft.Bird("a", Secret));
        await PigeonLoft.PutAsync(theirs, PigeonLoft.Bird("a", "theirs"));
        var rows = await loft.Server.Database.ReadAsync(db => db.AllAsync<string>("SELECT settings || secrets || kind || name FROM providers"));
        Assert.Contains(rows, row => row.Contains("north", StringComparison.Ordinal));
        Assert.DoesNotContain(rows, row => row.Contains(Secret, StringComparison.Ordinal) || row.Contains(Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret))[..16], StringComparison.Ordinal));
        foreach (var file in Directory.GetFiles(loft.Server.Folder))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var memory = new MemoryStream();
            await stream.CopyToAsync(memory);
            Assert.True(memory.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) < 0, Path.GetFileName(file));
        }
        Assert.DoesNotContain(loft.Server.Logs.Lines, line => line.Contains(Secret, StringComparison.Ordinal));

        var app = await theirs.ApplicationAsync();
        await app.UserAsync();
        await loft.Server.Database.WriteAsync(async db =>
        {
            await db.ExecuteAsync(
                "UPDATE providers SET secrets = (SELECT secrets FROM providers WHERE tenant_id = @ours) WHERE tenant_id = @theirs", new { ours = ours.TenantId, theirs = theirs.TenantId });
            await db.ExecuteAsync("UPDATE delivery_settings SET revision = revision + 1 WHERE tenant_id = @theirs", new { theirs = theirs.TenantId });
        });
        loft.Server.Services.GetRequiredService<ProviderDirectory>().Forget(theirs.TenantId);
        // The row did not change by its revision, so a new process has to open it.
        await using var node = await loft.Server.AnotherNodeAsync();
        var http = await node.ClientAsync(app.ClientId, app.ClientSecret);
        Assert.Equal("external_provider_configuration_error", await (await app.SendAsync(channel: "sms", http: http)).ErrorAsync(400));
        var shown = (await (await node.ClientAsync(theirs.ClientId, theirs.ClientSecret)).GetAsync(Settings, 200)).At("result", "providers")[0];
        Assert.False(shown.At("usable").GetBoolean());
        Assert.Contains(loft.Server.Logs.Lines, line => line.Contains("Provider a (Pigeon) of tenant " + theirs.TenantId, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_application_reads_or_changes_providers_or_the_message_log()
    {
        var tenant = await loft.TenantAsync();
        var app = await tenant.ApplicationAsync();
        await PigeonLoft.PutAsync(tenant, PigeonLoft.Bird("a"));
        var before = (await tenant.Management.GetAsync(Settings, 200)).GetRawText();
        foreach (var path in (string[])[Settings, Settings + "/kinds", Settings + "/health", "/cis/v1/messages", "/cis/v1/messages/x"])
        {
            Assert.Equal(403, (int)(await app.Http.GetAsync(path)).StatusCode);
            Assert.Equal(401, (int)(await loft.Server.Http.GetAsync(path)).StatusCode);
        }
        Assert.Equal(403, (int)(await app.Http.PutAsJsonAsync(Settings, new { providers = Array.Empty<object>() })).StatusCode);
        Assert.Equal(403, (int)(await app.Http.PostAsJsonAsync(Settings + "/test", new { to = "+447400000001" })).StatusCode);
        Assert.Equal(before, (await tenant.Management.GetAsync(Settings, 200)).GetRawText());
    }
}
