using Watchword.Core.Apps;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Server.Administration;
using Watchword.Server.Delivery;
using static Watchword.Server.Administration.AttentionPlace;
using static Watchword.Server.Administration.AttentionSeverity;

namespace Watchword.Server.Tests.Statistics;

/// <summary>What needs attention and what does not, with the edges between.</summary>
public sealed class AttentionRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static readonly AttentionFacts Quiet = new() { Now = Now, TenantSince = Now.AddDays(-1), Applications = [App()], Providers = [Twilio()] };

    /// <summary>Reason, facts, and what they say: severity, place, id, and a part of the text; null: nothing.</summary>
    private static readonly (string Reason, AttentionFacts Facts, (AttentionSeverity, AttentionPlace, string?, string)? Said)[] Table =
    [
        ("nothing is wrong", Quiet, null),
        ("nothing is there yet", new AttentionFacts { Now = Now, TenantSince = Now, CarriesSms = false, CarriesEmail = false }, null),

        ("nobody carries SMS", Quiet with { CarriesSms = false }, (Problem, AttentionPlace.Providers, null, "No SMS provider is set up")),
        ("nobody needs SMS", Quiet with { CarriesSms = false, Applications = [App(new(null, new(), null))] }, null),
        ("nobody carries email", Quiet with { CarriesEmail = false }, (Note, AttentionPlace.Providers, null, "No email provider")),
        ("nobody needs email", Quiet with { CarriesEmail = false, Applications = [App(new(new(), null, null))] }, null),

        ("sealed under another key", Quiet with { Providers = [Twilio() with { Usable = false }] }, (Problem, AttentionPlace.Providers, "t", "Twilio cannot be used")),
        ("unusable, and switched off", Quiet with { Providers = [Twilio() with { Usable = false, Enabled = false }] }, null),
        ("it rests", Quiet with { Providers = [Twilio() with { Lane = new(false, Now.AddSeconds(20)) }] }, (Problem, AttentionPlace.Providers, "t", "for another 20 seconds")),
        ("it asked for a pause", Quiet with { Providers = [Twilio() with { Lane = new(true, Now.AddMinutes(3)) }] }, (Problem, AttentionPlace.Providers, "t", "for another 3 minutes")),
        ("it is tried out", Quiet with { Providers = [Twilio() with { Lane = new(false, null) }] }, (Warning, AttentionPlace.Providers, "t", "tries it out")),
        ("more than half fails", Quiet with { Providers = [Twilio() with { Accepted = 4, Failed = 6 }] }, (Warning, AttentionPlace.Providers, "t", "failed in 60 % of the tries")),
        ("half fails", Quiet with { Providers = [Twilio() with { Accepted = 5, Failed = 5 }] }, null),
        ("too few to tell", Quiet with { Providers = [Twilio() with { Accepted = 0, Failed = 9 }] }, null),

        ("it waits for half a minute", Queue(1, TimeSpan.FromSeconds(30)), (Warning, Messages, null, "1 message waits to be sent, the oldest for 30 seconds.")),
        ("a little less", Queue(1, TimeSpan.FromSeconds(29.999)), null),
        ("it waits for two minutes", Queue(3, TimeSpan.FromMinutes(2)), (Problem, Messages, null, "3 messages wait to be sent, the oldest for 2 minutes.")),
        ("a thousand wait", Queue(1000, TimeSpan.FromSeconds(5)), (Warning, Messages, null, "1,000 messages wait to be sent.")),
        ("one less", Queue(999, TimeSpan.FromSeconds(5)), null),

        ("delivery fell by a quarter", Quiet with { Lately = Delivery(140, 60), Usually = Delivery(9500, 500) }, (Warning, Messages, null, "70 % in the last hour, 95 % in the week before")),
        ("delivery fell by half", Quiet with { Lately = Delivery(45, 55), Usually = Delivery(9500, 500) }, (Problem, Messages, null, "Fewer messages arrive")),
        ("delivery fell by less than a tenth", Quiet with { Lately = Delivery(8600, 1400), Usually = Delivery(9500, 500) }, null),
        ("delivery fell, of too few to tell", Quiet with { Lately = Delivery(5, 14), Usually = Delivery(9500, 500) }, null),
        ("delivery fell, but may be chance", Quiet with { Lately = Delivery(21, 4), Usually = Delivery(9500, 500) }, null),
        ("delivery rose", Quiet with { Lately = Delivery(100, 0), Usually = Delivery(700, 300) }, null),
        ("no provider reports", Quiet with { Lately = new() { HandedOver = 100, Failed = 50 }, Usually = Delivery(9500, 500) }, null),
        ("there is no week to compare with", Quiet with { Lately = Delivery(10, 90), Usually = Delivery(99, 0) }, null),
        ("somebody pumps", Quiet with { Lately = Used(100, 1000), Usually = Used(8000, 10000) }, (Problem, Messages, null, "10 % in the last hour, 80 % in the week before")),
        ("fewer codes are used", Quiet with { Lately = Used(650, 1000), Usually = Used(8000, 10000) }, (Warning, Messages, null, "Fewer codes lead to a login")),
        ("codes are used as ever", Quiet with { Lately = Used(780, 1000), Usually = Used(8000, 10000) }, null),

        ("five wrong second factors", Quiet with { WrongFactors = [0, 5] }, (Warning, AttentionPlace.Administrators, null, "5 second factors in a row were wrong")),
        ("a hundred", Quiet with { WrongFactors = [100] }, (Problem, AttentionPlace.Administrators, null, "before an owner unlocks it")),
        ("four", Quiet with { WrongFactors = [4, 4, 4] }, null),

        ("ten locks where there were none", Quiet with { LockoutsLately = 10 }, (Warning, AttentionPlace.Users, null, "10 users were locked out")),
        ("nine", Quiet with { LockoutsLately = 9 }, null),
        ("as many as ever", Quiet with { LockoutsLately = 30, Usually = new() { Lockouts = 20 * 168 } }, null),
        ("four times as many", Quiet with { LockoutsLately = 80, Usually = new() { Lockouts = 20 * 168 } }, (Warning, AttentionPlace.Users, null, "80 users")),

        ("the log was tampered with", Quiet with { AuditCheck = new(Now.AddHours(-5), 2) }, (Problem, AttentionPlace.Audit, null, "5 hours ago found that it is not as it was written")),
        ("checked last month", Quiet with { AuditCheck = new(Now.AddDays(-30), 0) }, (Note, AttentionPlace.Audit, null, "last checked 30 days ago")),
        ("checked since", Quiet with { AuditCheck = new(Now.AddDays(-30).AddSeconds(1), 0), TenantSince = Now.AddYears(-1) }, null),
        ("never checked in a month", Quiet with { TenantSince = Now.AddDays(-30) }, (Note, AttentionPlace.Audit, null, "never been checked")),

        ("a webhook has failed for ten minutes", Hook(Now.AddMinutes(-10)), (Warning, AttentionPlace.Webhooks, "w", "The webhook at acme.example has been failing for 10 minutes.")),
        ("a little less", Hook(Now.AddMinutes(-10).AddSeconds(1)), null),
        ("for a day", Hook(Now.AddDays(-1)), (Problem, AttentionPlace.Webhooks, "w", "for 24 hours")),
        ("switched off", Hook(Now.AddDays(-1), enabled: false), null),
        ("it works", Hook(null), null),

        ("no routes, none missed", Quiet with { Regions = ["TO"] }, null),
        ("a country without a route", Quiet with { Regions = ["GB", "TO"], Routes = [Route("t", "GB")] }, (Note, AttentionPlace.Routes, null, "No route names TO,")),
        ("named by its calling code", Quiet with { Regions = ["TO"], Routes = [Route("t", "+676")] }, null),
        ("a route for everywhere", Quiet with { Regions = ["TO"], Routes = [Route("t", "GB"), Route("t")] }, null),
        ("many countries", Quiet with { Regions = ["TO", "FR", "DE", "ES", "IT", "PT", "NL"], Routes = [Route("t", "GB")] }, (Note, AttentionPlace.Routes, null, "TO, FR, DE, ES, IT and 2 more countries")),
        ("numbers of no country", Quiet with { Regions = ["ZZ"], Routes = [Route("t", "GB")] }, null),
        ("its only provider is off", Quiet with { Providers = [Twilio(), Twilio("off") with { Enabled = false }], Routes = [Route("off", "GB")] }, (Warning, AttentionPlace.Routes, null, "The route GB is passed over")),
        ("one of two is on", Quiet with { Providers = [Twilio(), Twilio("off") with { Enabled = false }], Routes = [Route("off", "GB") with { Providers = [new("off", null), new("t", null)] }] }, null),

        ("test numbers before real users", Tests(Now.AddDays(30)), (Warning, AttentionPlace.Application, "a", "Acme has 1 test number:")),
        ("test numbers at a developer's", Tests(Now.AddDays(30)) with { Production = false }, null),
        ("a test is about to end", Tests(Now.AddDays(3)) with { Production = false }, (Note, AttentionPlace.Application, "a", "works for another 3 days")),
        ("not yet", Tests(Now.AddDays(3).AddSeconds(1)) with { Production = false }, null),
        ("it has ended", Tests(Now), null),

        ("five digits", Quiet with { Applications = [App(new(new(CodeLength: 5), new(), null))] }, (Warning, Policy, "a", "Acme sends codes of 5 digits")),
        ("four digits, of a method that few think of", Quiet with { Applications = [App(new(new(), new(), new(CodeLength: 4)))] }, (Warning, Policy, "a", "4 digits")),
        ("six", Quiet with { Applications = [App(new(new(CodeLength: 6), null, null))] }, null),
        ("closed", Quiet with { Applications = [App(new(null, null, null))] }, null),

        ("an old secret works yet", Secret(Now.AddHours(1)), (Note, Clients, "a", "The old secret of the client Backend works for another 60 minutes")),
        ("not for an hour", Secret(Now.AddMinutes(59)), (Warning, Clients, "a", "another 59 minutes")),
        ("no longer", Secret(Now), null),
        ("a management client's", Quiet with { EndingSecrets = [new("m", "Back office", "", Now.AddHours(5))] }, (Note, Clients, null, "Back office works for another 5 hours")),

        ("keys turn in a week", Quiet with { KeysTurnAt = Now.AddDays(7) }, (Note, SigningKeys, null, "turn by themselves in 7 days")),
        ("not yet", Quiet with { KeysTurnAt = Now.AddDays(7).AddSeconds(1) }, null),
        ("they did not turn", Quiet with { KeysTurnAt = Now }, (Problem, SigningKeys, null, "No signing key is in its time")),
    ];

    public static TheoryData<int, string> Rows => [.. Table.Select((row, i) => (i, row.Reason))];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_fact_says_what_it_should_and_nothing_else(int row, string reason)
    {
        Assert.NotEmpty(reason);
        var (_, facts, said) = Table[row];
        var items = AttentionRules.Of(facts);
        if (said is not var (severity, place, id, text))
        {
            Assert.Empty(items);
            return;
        }
        var item = Assert.Single(items);
        Assert.Equal((severity, place, id), (item.Severity, item.Place, item.Id));
        Assert.Contains(text, item.Text, StringComparison.Ordinal);
        Assert.EndsWith(".", item.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_most_pressing_comes_first()
    {
        var items = AttentionRules.Of(Tests(Now.AddDays(2)) with { CarriesSms = false, KeysTurnAt = Now.AddDays(1), AuditCheck = new(Now, 1) });
        Assert.Equal([Problem, Problem, Warning, Note, Note], items.Select(i => i.Severity));
    }

    private static Application App(LoginPreferences? preferences = null, params SealedTestNumber[] tests) =>
        new("tenant", "a", "Acme", [], preferences ?? LoginPreferences.Default, new ApplicationSettings { TestNumbers = tests }, Now, Now);

    private static AttentionFacts Tests(DateTimeOffset end) => Quiet with { Applications = [App(null, new SealedTestNumber("tag", "body", end))] };

    private static ProviderFact Twilio(string id = "t") => new(id, "Twilio", Enabled: true, Usable: true, new LaneState(CircuitClosed: true, RestsUntil: null), 0, 0);

    private static AttentionFacts Queue(long messages, TimeSpan waits) => Quiet with { Queue = new(messages, (Now - waits).ToUnixTimeMilliseconds()) };

    private static DashboardCounts Delivery(long delivered, long lost) => new() { Delivered = delivered, Undelivered = lost };

    private static DashboardCounts Used(long used, long sends) => new() { UsedCodes = used, Sends = sends };

    private static AttentionFacts Hook(DateTimeOffset? failingSince, bool enabled = true) => Quiet with
    {
        Webhooks = [new() { TenantId = "tenant", WebhookId = "w", Uri = "https://acme.example/hooks?key=secret", Events = [], Secrets = "", Enabled = enabled, FailingSince = failingSince, CreatedAt = Now, UpdatedAt = Now }],
    };

    private static AttentionFacts Secret(DateTimeOffset end) => Quiet with { EndingSecrets = [new("c", "Backend", "a", end)] };

    private static MessageRoute Route(string provider, params string[] match) => new(null, match, null, OtpChannel.Sms, [new(provider, null)]);
}
