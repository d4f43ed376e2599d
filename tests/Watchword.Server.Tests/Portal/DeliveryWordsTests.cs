using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Core.Audit;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;
using Watchword.Server.Portal.Pages.Delivery;
using Watchword.Server.Tests.Delivery;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Portal;

/// <summary>What an administrator reads about providers and routes, and what becomes of what they write.</summary>
public sealed partial class DeliveryWordsTests : PigeonLoft
{
    public DeliveryWordsTests()
        : base(Engine.Sqlite)
    {
    }

    private DeliveryAdministration Administration => Server.Services.GetRequiredService<DeliveryAdministration>();

    [Fact]
    public async Task Faults_of_every_kind_speak_of_labels_and_never_of_the_wire()
    {
        var tenant = await TenantAsync();
        foreach (var kind in Administration.Kinds)
        {
            foreach (var value in new string?[] { null, "?? ??", "x" })
            {
                var input = new ProviderInput
                {
                    Kind = kind.Kind, Name = "Mine", MaxConcurrency = 0, MaxPerSecond = -1,
                    Fields = kind.Fields.ToDictionary(f => f.Name, _ => value),
                };
                var refused = await Administration.ChangeAsync(Author.Console(tenant.TenantId), now => now with { Providers = [input] }, CancellationToken.None);
                var said = DeliveryWords.Say(refused.Faults, [input], Administration.KindOf, own: 0);
                Assert.NotEmpty(said);
                Assert.All(said, s => Assert.False(Wire().IsMatch(s), $"{kind.Kind}: {s}"));
                Assert.All(said, s => Assert.True(char.IsUpper(s[0]), s));
            }
        }
    }

    [Fact]
    public async Task A_fault_elsewhere_says_where()
    {
        var tenant = await TenantAsync();
        ProviderInput[] providers = [new() { Kind = "Pigeon", Name = "North" }, new() { Kind = "Pigeon", Name = "South", Fields = new Dictionary<string, string?> { ["loft"] = "l", ["ring_token"] = "t" } }];
        MessageRoute[] routes = [new("UK", ["GB"], null, OtpChannel.Sms, [new("x", "far too long a name")])];
        var refused = await Administration.ChangeAsync(
            Author.Console(tenant.TenantId), now => now with { Providers = providers, Routes = routes, Prices = [new(null, "GB", -1)], Currency = "euro" }, CancellationToken.None);
        Assert.Equal(
            [
                "North: Loft is required: The loft's name.",
                "North: Ring token is required: What is engraved on the ring.",
                "Currency must be a currency's code by ISO 4217, such as EUR.",
                "Route 1 (UK): Sender name 1 must be a name of 1 to 11 letters and digits, or a number of up to 15 digits such as +447700900123.",
                "Route 1 (UK): Provider 1 names none of the providers. Take it out of the route, or put the provider into the list.",
                "Price 1: Price must be 0 to 1000 of the currency for one segment.",
            ],
            DeliveryWords.Say(refused.Faults, providers, Administration.KindOf, own: 1, routes: ["UK"]));
    }

    [Fact]
    public async Task A_change_to_what_somebody_else_changed_meanwhile_is_told_and_not_made()
    {
        var tenant = await TenantAsync();
        var by = Author.Console(tenant.TenantId);
        var seen = (await Administration.ReadAsync(tenant.TenantId)).Revision;
        Assert.Empty((await Administration.ChangeAsync(by, now => now with { Currency = "EUR" }, CancellationToken.None, seen)).Faults);
        Assert.Equal([DeliveryAdministration.Overtaken], (await Administration.ChangeAsync(by, now => now with { Currency = "GBP" }, CancellationToken.None, seen)).Faults);
        var now = await Administration.ReadAsync(tenant.TenantId);
        Assert.Equal(("EUR", seen + 1), (now.Currency, now.Revision));
        Assert.Empty((await Administration.ChangeAsync(by, now => now with { Currency = "GBP" }, CancellationToken.None, now.Revision)).Faults);
    }

    [Fact]
    public async Task Routes_are_tried_out_before_they_are_kept()
    {
        var tenant = await TenantAsync();
        await PutAsync(tenant, Bird("north"), Bird("south"), Bird("post", kind: "Postcard"));
        MessageRoute[] routes =
        [
            new("Acme", [], "app", OtpChannel.Sms, [new("south", null)]),
            new("US", ["US"], null, OtpChannel.Sms, [new("south", "ACME"), new("north", "+15550100")]),
            new("UK", ["+44"], null, OtpChannel.Sms, [new("north", "ACME")]),
        ];
        Assert.Equal("2 UK: Pigeon ACME", await WayAsync("+44 7700 900123"));
        Assert.Equal("0 UK: Pigeon own", await WayAsync("+447700900123", "app"));
        // No names there: the provider's number, and where the route has a number, that.
        Assert.Equal("1 US: Pigeon own!, Pigeon +15550100", (await WayAsync("+1 202 555 0123")).Replace("United States", "US", StringComparison.Ordinal));
        Assert.Equal("-1 Germany: Pigeon own, Pigeon own", await WayAsync("+4915112345678"));
        Assert.Equal("-1 No country: Postcard own", await WayAsync("ada@example.com"));
        Assert.Null(await Administration.TryRoutesAsync(tenant.TenantId, routes, "ada", null));
        Assert.Empty((await Administration.ReadAsync(tenant.TenantId)).Routes);

        async Task<string> WayAsync(string to, string? app = null)
        {
            var way = (await Administration.TryRoutesAsync(tenant.TenantId, routes, to, app))!;
            var place = way.Region == "GB" ? "UK" : CountryNames.Of(way.Region);
            return $"{way.Route} {place}: {string.Join(", ", way.Stops.Select(s => $"{s.Name} {s.Sender ?? "own"}{(s.Note is null ? "" : "!")}"))}";
        }
    }

    [Fact]
    public async Task A_form_changes_its_own_provider_keeps_secrets_that_nobody_wrote_and_tells_when_it_was_overtaken()
    {
        var tenant = await TenantAsync();
        await PutAsync(tenant, Bird("north", "one"), Bird("south", "two"));
        var view = await Administration.ReadAsync(tenant.TenantId);
        var draft = new ProviderDraft(view.Providers[1].Kind!, view.Providers[1]) { Name = "Renamed" };
        Assert.DoesNotContain("two", string.Concat(draft.Values.Values), StringComparison.Ordinal);
        var own = -1;
        Assert.Empty((await Administration.ChangeAsync(Author.Console(tenant.TenantId), now =>
        {
            (var providers, own) = draft.Among(now.Providers)!.Value;
            return now with { Providers = providers };
        }, CancellationToken.None)).Faults);
        Assert.Equal(1, own);
        Assert.Equal(["one", "two"], await TokensAsync(tenant));

        Server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var fresh = await Administration.ReadAsync(tenant.TenantId);
        var mine = new ProviderDraft(fresh.Providers[1].Kind!, fresh.Providers[1]);
        Assert.False(mine.TakeNoteOf(fresh));
        await PutAsync(tenant, Bird("north", "one"), Bird("south", "three"));
        var theirs = await Administration.ReadAsync(tenant.TenantId);
        Assert.True(mine.TakeNoteOf(theirs));
        Assert.False(mine.TakeNoteOf(theirs));
        Assert.Null(mine.Among([ProviderInput.Of(theirs.Providers[0].Stored)]));
    }

    [Fact]
    public async Task A_test_message_tells_its_steps()
    {
        var tenant = await TenantAsync();
        await PutAsync(tenant, Bird("north"), Bird("south"));
        Pigeon.Answer = _ => new SendResult(SendOutcome.Misconfigured, "The ring is wrong.") { ProviderCode = "R1", ProviderText = "bad ring" };
        try
        {
            var tests = Server.Services.GetRequiredService<TestMessages>();
            var report = await tests.SendAsync(Author.Console(tenant.TenantId), null, "+447700900123", "ACME", CancellationToken.None);
            Assert.Empty(TestSteps.FaultsOf(report));
            Assert.Equal(
                ["By no route: the first provider of the list", "Handed to Pigeon", "Pigeon does not take messages as it is set up here.", "A code would now go to the next of 1 other provider"],
                TestSteps.Of(report, named: false).Select(s => s.Title));
            Assert.Equal(["The ring is wrong.", "The provider's code: R1", "In the provider's words, without numbers and secrets: bad ring", "It took 0 ms."], TestSteps.Of(report, named: false)[2].Lines);
            var wrong = await tests.SendAsync(Author.Console(tenant.TenantId), "gone", "+447700900123", null, CancellationToken.None);
            Assert.StartsWith("This provider cannot be used", Assert.Single(TestSteps.FaultsOf(wrong)), StringComparison.Ordinal);
            Assert.DoesNotContain(TestSteps.FaultsOf(await tests.SendAsync(Author.Console(tenant.TenantId), null, "07700", "far too long a name", CancellationToken.None)), f => Wire().IsMatch(f) || f.StartsWith("to ", StringComparison.Ordinal));
        }
        finally
        {
            Pigeon.Answer = _ => new SendResult(SendOutcome.Accepted);
        }
    }

    [Fact]
    public void Every_kind_that_is_built_in_has_a_title_a_sentence_and_a_guide()
    {
        foreach (var kind in Administration.Kinds.Where(k => k.Kind is not ("Pigeon" or "Postcard")))
        {
            Assert.NotEmpty(kind.About);
            Assert.Contains("<table>", ProviderGuide.HtmlOf(kind.Kind), StringComparison.Ordinal);
        }
        Assert.Null(ProviderGuide.HtmlOf("Pigeon"));
    }

    [GeneratedRegex(@"[a-z]_[a-z]|\w\[\d")]
    private static partial Regex Wire();
}
