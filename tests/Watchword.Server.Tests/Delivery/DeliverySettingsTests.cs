using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Audit;
using Watchword.Core.Otp;
using Watchword.Server.Administration;
using Watchword.Server.Storage;
using Watchword.Server.Tests.Contract;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Delivery;

public sealed class DeliverySettingsOnSqlite(SqliteLoft loft) : DeliverySettingsTests(loft), IClassFixture<SqliteLoft>;

public sealed class DeliverySettingsOnPostgres(PostgresLoft loft) : DeliverySettingsTests(loft), IClassFixture<PostgresLoft>;

/// <summary>What an administrator writes about providers, routes and prices, and reads again.</summary>
public abstract class DeliverySettingsTests(PigeonLoft loft)
{
    private const string Settings = PigeonLoft.Settings;

    [Fact]
    public async Task A_tenant_begins_without_providers()
    {
        var tenant = await loft.TenantAsync();
        Assert.Equal("""{"result":{"providers":[],"routes":[],"prices":[],"currency":"USD"}}""", (await tenant.Management.GetAsync(Settings, 200)).GetRawText());
    }

    [Fact]
    public async Task One_provider_for_all_countries_is_set_in_one_line_and_its_secret_never_comes_back()
    {
        var tenant = await loft.TenantAsync();
        var answer = await tenant.Management.PutAsync(Settings, new { provider = "Pigeon", loft = "north", ring_token = "very-secret-ring", height = 12, nonsense = new[] { 1 } }, 200);
        Assert.DoesNotContain("very-secret-ring", answer.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("Pigeon", answer.Str("result", "provider"));
        var bird = Assert.Single(answer.At("result", "providers").EnumerateArray());
        Assert.Equal(
            ["channel", "created_at", "enabled", "height", "loft", "max_concurrency", "name", "provider", "provider_id", "secrets_set", "updated_at", "usable"], bird.Names());
        Assert.Equal(("sms", "north", "12", "Pigeon", 16), (bird.Str("channel"), bird.Str("loft"), bird.Str("height"), bird.Str("name"), bird.At("max_concurrency").GetInt32()));
        Assert.Equal(["ring_token"], bird.At("secrets_set").Strings());
        Assert.Equal(answer.GetRawText(), (await tenant.Management.GetAsync(Settings, 200)).GetRawText());

        // The only one of its kind keeps its id and its secret when it is written again.
        var again = await tenant.Management.PutAsync(Settings, new { provider = "pigeon", loft = "south" }, 200);
        Assert.Equal(bird.Str("provider_id"), Assert.Single(again.At("result", "providers").EnumerateArray()).Str("provider_id"));
        Assert.Equal(["very-secret-ring"], await loft.TokensAsync(tenant));
        await tenant.Management.PutAsync(Settings, new { provider = "Postcard", loft = "south", ring_token = "card" }, 200);
        Assert.Empty(await loft.TokensAsync(tenant));
    }

    [Fact]
    public async Task What_is_read_can_be_sent_back_and_nothing_is_different()
    {
        var tenant = await loft.TenantAsync();
        var app = await tenant.ApplicationAsync();
        var answer = await tenant.Management.PutAsync(Settings, new
        {
            providers = new[]
            {
                PigeonLoft.Bird("fast", "token-one", more: [("name", "Fast one"), ("max_per_second", 0.5), ("max_concurrency", 3)]),
                PigeonLoft.Bird("slow", "token-two", more: [("enabled", false), ("spare_token", "spare")]),
                PigeonLoft.Bird("mail", "token-three", "Postcard"),
            },
            routes = new object[]
            {
                new { name = "UK", match = new[] { "GB", "+44" }, providers = new object[] { new { provider_id = "slow", sender = "ACME" }, new { provider_id = "fast" } } },
                new { app_id = app.AppId, channel = "email", providers = new[] { new { provider_id = "mail", sender = "login@acme.example" } } },
            },
            prices = new object[] { new { region = "GB", price_micros = 39_000 }, new { provider_id = "fast", price_micros = 0 } },
            currency = "EUR",
        }, 200);
        Assert.Equal(
            """[{"name":"UK","match":["GB","+44"],"channel":"sms","providers":[{"provider_id":"slow","sender":"ACME"},{"provider_id":"fast"}]},"""
            + $$"""{"match":[],"app_id":"{{app.AppId}}","channel":"email","providers":[{"provider_id":"mail","sender":"login@acme.example"}]}]""",
            answer.At("result", "routes").GetRawText());
        Assert.Equal("""[{"region":"GB","price_micros":39000},{"provider_id":"fast","price_micros":0}]""", answer.At("result", "prices").GetRawText());
        Assert.Equal(["ring_token", "spare_token"], answer.At("result", "providers")[1].At("secrets_set").Strings());
        Assert.Equal(0.5, answer.At("result", "providers")[0].At("max_per_second").GetDouble());
        var before = await loft.SetupAsync(tenant);

        loft.Pigeon.Verify = (_, _) => throw new InvalidOperationException("Nothing is new, so nothing is to be confirmed.");
        var again = await tenant.Management.PutAsync(Settings, answer.At("result"), 200);
        loft.Pigeon.Verify = (_, _) => Task.FromResult<string?>(null);
        Assert.Equal(answer.GetRawText(), again.GetRawText());
        Assert.Equal(answer.GetRawText(), (await tenant.Management.GetAsync(Settings, 200)).GetRawText());
        Assert.Same(before, await loft.SetupAsync(tenant));
        // When something else changes, an open provider stays open, with all it knows.
        await tenant.Management.PutAsync(Settings, System.Text.Json.JsonElement.Parse(answer.At("result").GetRawText().Replace("\"EUR\"", "\"GBP\"", StringComparison.Ordinal)), 200);
        var after = await loft.SetupAsync(tenant);
        Assert.NotSame(before, after);
        Assert.Same(before.LegsFor(OtpChannel.Sms, "", "GB", "+447400000001")[0].Provider, after.LegsFor(OtpChannel.Sms, "", "GB", "+447400000001")[0].Provider);
    }

    [Fact]
    public async Task Every_fault_is_told_at_once_and_nothing_is_kept()
    {
        var tenant = await loft.TenantAsync();
        await PigeonLoft.PutAsync(tenant, PigeonLoft.Bird("kept"));
        var before = (await tenant.Management.GetAsync(Settings, 200)).GetRawText();
        await PigeonLoft.RefusedAsync(
            tenant,
            new
            {
                providers = new object[]
                {
                    new { provider = "Pigeon", provider_id = "a b", max_concurrency = 0, max_per_second = 0, name = "", height = "low" },
                    PigeonLoft.Bird("x", more: [("height", "high")]),
                    PigeonLoft.Bird("x", more: [("loft", "fox")]),
                    PigeonLoft.Bird("kept", kind: "Postcard"),
                    PigeonLoft.Bird("line", "a\nb", more: [("max_concurrency", 1001), ("max_per_second", 100_001)]),
                },
                routes = new object[]
                {
                    new { app_id = "nobody", providers = new[] { new { provider_id = "kept" }, new { provider_id = "gone" } } },
                    new { match = new[] { "Atlantis" }, providers = new[] { new { provider_id = "x" } } },
                },
                prices = new object[] { new { provider_id = "gone", price_micros = 1 }, new { region = "GB", price_micros = 1 }, new { region = "GB", price_micros = 2 } },
                currency = "euro",
            },
            "providers[0].provider_id must be 1 to 64 letters, digits, '-' or '_'; leave it out to be given one.",
            "providers[0].name must be 1 to 100 characters without control characters.",
            "providers[0].max_concurrency must be 1 to 1000.",
            "providers[0].max_per_second must be 0.01 to 100000, or be left out for no limit.",
            "providers[0].loft is required: The loft's name.",
            "providers[0].ring_token is required: What is engraved on the ring.",
            "providers[0].height must be a number.",
            "providers[1].height must be a number.",
            "providers[2].provider_id is that of another provider in the list.",
            "providers[2]: A fox cannot keep pigeons.",
            "providers[3].provider cannot change: kept is of kind Pigeon. Give the new one another provider_id.",
            "providers[4].max_concurrency must be 1 to 1000.",
            "providers[4].max_per_second must be 0.01 to 100000, or be left out for no limit.",
            "providers[4].ring_token must be at most 2000 characters without control characters.",
            "currency must be a currency's code by ISO 4217, such as EUR.",
            "routes[0].app_id names no application of this tenant.",
            "routes[0].providers[0].provider_id names a provider that does not carry the route's channel.",
            "routes[0].providers[1].provider_id names none of the providers. Take it out of the route, or put the provider into the list.",
            "routes[1].match must hold regions such as GB and calling codes such as +44; 'Atlantis' is neither.",
            "prices[0].provider_id names none of the providers. Take the price out, or put the provider into the list.",
            "prices[2] is a second price for the same provider and region.");
        await PigeonLoft.RefusedAsync(
            tenant,
            new { providers = new object?[] { null, PigeonLoft.Bird("a", more: [("loft", new { a = 1 })]) }, routes = new object?[] { null, new { match = new string?[] { null }, providers = new object?[] { null } } }, prices = new object?[] { null, new { } } },
            "routes[0] must be an object.", "routes[1].match must hold texts.", "routes[1].providers must hold objects with a provider_id.", "prices[0] must be an object.",
            "prices[1].price_micros is required: millionths of the currency for one segment.", "providers[0] must be an object.", "providers[1].loft must be a text.");
        await PigeonLoft.RefusedAsync(tenant, new { routes = Array.Empty<object>() }, "providers is required: the list of all providers. Or send one, by provider and its fields.");
        // In the short form there is no list to point into.
        await PigeonLoft.RefusedAsync(tenant, new { provider = "Pigeon", loft = "fox", max_concurrency = 0 }, "max_concurrency must be 1 to 1000.", "A fox cannot keep pigeons.");
        Assert.Equal(before, (await tenant.Management.GetAsync(Settings, 200)).GetRawText());
        Assert.Equal(["ring-token-of-a-bird"], await loft.TokensAsync(tenant));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(50, true)]
    [InlineData(51, false)]
    public async Task A_tenant_has_at_most_fifty_providers(int count, bool allowed)
    {
        var tenant = await loft.TenantAsync();
        var birds = Enumerable.Range(0, count).Select(i => PigeonLoft.Bird($"bird-{i}")).ToArray();
        await tenant.Management.PutAsync(Settings, new { providers = birds }, allowed ? 200 : 400);
    }

    [Fact]
    public async Task An_unknown_kind_is_answered_with_those_there_are()
    {
        var tenant = await loft.TenantAsync();
        var fault = Assert.Single((await tenant.Management.PutAsync(Settings, new { provider = "Telepathy" }, 400)).At("message").Strings())!;
        Assert.StartsWith("provider must be one of ", fault, StringComparison.Ordinal);
        var kinds = (await tenant.Management.GetAsync(Settings + "/kinds", 200)).At("result").EnumerateArray().ToList();
        Assert.All(kinds, kind => Assert.Contains(kind.Str("provider")!, fault, StringComparison.Ordinal));
        var pigeon = kinds.Single(k => k.Str("provider") == "Pigeon");
        Assert.Equal(("sms", "https://pigeon.example/docs", true), (pigeon.Str("channel"), pigeon.Str("documentation"), pigeon.At("receipts").GetBoolean()));
        Assert.Equal("""{"name":"ring_token","label":"Ring token","help":"What is engraved on the ring.","required":true,"secret":true}""", pigeon.At("fields")[1].GetRawText());
    }

    [Fact]
    public async Task No_kind_has_a_field_that_is_called_like_one_of_ours()
    {
        var tenant = await loft.TenantAsync();
        string[] ours = ["providers", "routes", "prices", "currency", "provider_id", "provider", "name", "enabled", "max_concurrency", "max_per_second", "channel", "secrets_set", "usable", "created_at", "updated_at"];
        var kinds = (await tenant.Management.GetAsync(Settings + "/kinds", 200)).At("result").EnumerateArray().ToList();
        Assert.Empty(kinds.SelectMany(k => k.At("fields").EnumerateArray().Select(f => f.Str("name")!)).Intersect(ours));
    }

    [Fact]
    public async Task What_the_provider_does_not_confirm_is_not_kept()
    {
        var tenant = await loft.TenantAsync();
        await PigeonLoft.PutAsync(tenant, PigeonLoft.Bird("a", "good"));
        var seen = new List<string?>();
        loft.Pigeon.Verify = (settings, _) =>
        {
            seen.Add(settings["ring_token"]);
            return Task.FromResult<string?>("The loft does not know this ring. Engrave it there first.");
        };
        await PigeonLoft.RefusedAsync(
            tenant, new { providers = new[] { PigeonLoft.Bird("a", "bad"), PigeonLoft.Bird("b", "worse") } },
            "providers[0]: The loft does not know this ring. Engrave it there first.", "providers[1]: The loft does not know this ring. Engrave it there first.");
        // One that did not change is not asked again.
        await PigeonLoft.RefusedAsync(tenant, new { providers = new[] { PigeonLoft.Bird("a", "good"), PigeonLoft.Bird("b", "worse") } }, "providers[1]: The loft does not know this ring. Engrave it there first.");
        Assert.Equal(["bad", "worse", "worse"], seen);
        Assert.Equal(["good"], await loft.TokensAsync(tenant));
        loft.Pigeon.Verify = (_, _) => Task.FromResult<string?>(null);
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_is_not_waited_for_for_ever()
    {
        var tenant = await loft.TenantAsync();
        var asked = new TaskCompletionSource();
        loft.Pigeon.Verify = async (_, cancellation) =>
        {
            asked.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, loft.Server.Clock, cancellation);
            return null;
        };
        var answer = tenant.Management.PutAsJsonAsync(Settings, new { provider = "Pigeon", loft = "north", ring_token = "x" });
        await asked.Task;
        loft.Server.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.StartsWith("The provider did not answer within 10 seconds.", Assert.Single((await (await answer).JsonAsync(400)).At("message").Strings()), StringComparison.Ordinal);
        loft.Pigeon.Verify = (_, _) => Task.FromResult<string?>(null);
        Assert.Empty(await loft.TokensAsync(tenant));
    }

    [Fact]
    public async Task Changes_at_the_same_time_are_all_made_one_after_the_other()
    {
        var tenant = await loft.TenantAsync();
        var administration = loft.Server.Services.GetRequiredService<DeliveryAdministration>();
        var changes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => administration.ChangeAsync(
            Author.Console(tenant.TenantId),
            now => now with { Providers = [.. now.Providers, new ProviderInput { ProviderId = $"p{i}", Kind = "Pigeon", Fields = new Dictionary<string, string?> { ["loft"] = "north", ["ring_token"] = $"t{i}" } }] },
            CancellationToken.None))));
        Assert.All(changes, c => Assert.Empty(c.Faults));
        Assert.Equal(["t0", "t1", "t2", "t3"], (await loft.TokensAsync(tenant)).Order());
        Assert.Equal(4, (await loft.Server.Database.ReadAsync(db => new ProviderStore(db).ReadAsync(tenant.TenantId))).Revision);
    }
}
