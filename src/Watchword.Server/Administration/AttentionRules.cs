using System.Globalization;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Server.Storage;
using static Watchword.Server.Administration.AttentionPlace;
using static Watchword.Server.Administration.AttentionSeverity;

namespace Watchword.Server.Administration;

/// <summary>What needs attention, judged from facts alone, so that it can be read and tested as a table. One rule, one method, the worst first in each.</summary>
internal static class AttentionRules
{
    /// <summary>Below this, chance says more than a rate.</summary>
    private const long FewestCodes = 20;

    private const long FewestTries = 10;
    private const long FewestLockouts = 10;
    private const int LongQueue = 1000;
    private static readonly TimeSpan OldMessage = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan VeryOldMessage = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FailingWebhook = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan DeadWebhook = TimeSpan.FromDays(1);
    private static readonly TimeSpan Soon = TimeSpan.FromDays(3);
    private static readonly TimeSpan KeysSoon = TimeSpan.FromDays(7);
    private static readonly TimeSpan BetweenChecks = TimeSpan.FromDays(30);

    /// <summary>All that needs attention, the most pressing first.</summary>
    public static IReadOnlyList<AttentionItem> Of(AttentionFacts facts) =>
        [.. Channels(facts).Concat(Providers(facts)).Concat(Queue(facts)).Concat(Rates(facts)).Concat(Lockouts(facts)).Concat(Administrators(facts)).Concat(Audit(facts)).Concat(Webhooks(facts))
            .Concat(Routes(facts)).Concat(TestNumbers(facts)).Concat(Policies(facts)).Concat(Secrets(facts)).Concat(Keys(facts)).OrderBy(item => item.Severity)];

    /// <summary>A channel is open to applications, and nobody carries it.</summary>
    private static IEnumerable<AttentionItem> Channels(AttentionFacts facts)
    {
        if (!facts.CarriesSms && facts.Applications.Any(a => a.LoginPreferences.Sms is not null))
            yield return new(Problem, "No SMS provider is set up, so codes by SMS are refused.", AttentionPlace.Providers);
        // Email is open to a new application from the start; whoever wants SMS alone has not done anything wrong.
        if (!facts.CarriesEmail && facts.Applications.Any(a => a.LoginPreferences.EmailOtp is not null))
            yield return new(Note, "No email provider is set up, so codes by email are refused. If you want none, close email in the applications' login methods.", AttentionPlace.Providers);
    }

    private static IEnumerable<AttentionItem> Providers(AttentionFacts facts)
    {
        foreach (var provider in facts.Providers.Where(p => p.Enabled))
        {
            if (!provider.Usable)
                yield return new(Problem, $"{provider.Name} cannot be used: its settings cannot be read, perhaps because the master key has changed. Enter its secrets again.", AttentionPlace.Providers, provider.Id);
            else if (provider.Lane.RestsUntil is { } until)
                yield return new(Problem, $"{provider.Name} gets no messages for another {Span(until - facts.Now)}: it failed again and again, or asked for a pause.", AttentionPlace.Providers, provider.Id);
            else if (!provider.Lane.CircuitClosed)
                yield return new(Warning, $"{provider.Name} failed again and again; one message at a time tries it out.", AttentionPlace.Providers, provider.Id);
            else if (provider.Accepted + provider.Failed >= FewestTries && provider.Failed > provider.Accepted)
                yield return new(Warning, $"{provider.Name} failed in {Percent(provider.Failed, provider.Accepted + provider.Failed)} of the tries of the last hour or two.", AttentionPlace.Providers, provider.Id);
        }
    }

    private static IEnumerable<AttentionItem> Queue(AttentionFacts facts)
    {
        var waits = facts.Queue.OldestCreatedAt is { } oldest ? facts.Now - DateTimeOffset.FromUnixTimeMilliseconds(oldest) : TimeSpan.Zero;
        if (waits >= OldMessage)
            yield return new(waits >= VeryOldMessage ? Problem : Warning, $"{Count(facts.Queue.Messages, "message waits", "messages wait")} to be sent, the oldest for {Span(waits)}.", Messages);
        else if (facts.Queue.Messages >= LongQueue)
            yield return new(Warning, $"{Count(facts.Queue.Messages, "message waits", "messages wait")} to be sent.", Messages);
    }

    /// <summary>Fewer messages arrive, or fewer codes are used, than in the week before, and it is not chance.</summary>
    private static IEnumerable<AttentionItem> Rates(AttentionFacts facts)
    {
        var (now, usual) = (facts.Lately, facts.Usually);
        if (now.DeliveryRate is { } arrives && usual.DeliveryRate is { } arrived && Dropped(arrives, arrived, now.Delivered + now.Lost, usual.Delivered + usual.Lost) is { } worse)
            yield return new(worse, $"Fewer messages arrive than usual: {Percent(arrives)} in the last hour, {Percent(arrived)} in the week before.", Messages);
        if (now.Conversion is { } used && usual.Conversion is { } wasUsed && Dropped(used, wasUsed, now.Sends, usual.Sends) is { } fewer)
            yield return new(fewer, $"Fewer codes lead to a login than usual: {Percent(used)} in the last hour, {Percent(wasUsed)} in the week before. Either messages do not arrive, or somebody has codes sent whom they are of no use to.", Messages);
    }

    private static IEnumerable<AttentionItem> Lockouts(AttentionFacts facts)
    {
        var perHour = facts.Usually.Lockouts / (7.0 * 24);
        // Rare events vary by the root of their number.
        if (facts.LockoutsLately >= FewestLockouts && facts.LockoutsLately > (3 * perHour) + (3 * Math.Sqrt(perHour)))
            yield return new(Warning, $"{Count(facts.LockoutsLately, "user was", "users were")} locked out in the last hour, many more than usual. Somebody may be guessing codes.", AttentionPlace.Users);
    }

    /// <summary>Without a name: not everybody who sees this may know who the administrators are.</summary>
    private static IEnumerable<AttentionItem> Administrators(AttentionFacts facts)
    {
        foreach (var wrong in facts.WrongFactors.Where(w => w >= SignInTries.Most))
        {
            yield return new(
                wrong >= SignInTries.MostFactorsInARow ? Problem : Warning,
                $"An administrator's password was right, and {Count(wrong, "second factor", "second factors")} in a row were wrong. Somebody may know the password: ask whose it is, and give them a new one."
                    + (wrong >= SignInTries.MostFactorsInARow ? " Nobody gets in there before an owner unlocks it." : ""),
                AttentionPlace.Administrators);
        }
    }

    private static IEnumerable<AttentionItem> Audit(AttentionFacts facts)
    {
        if (facts.AuditCheck is { Faults: > 0 } check)
            yield return new(Problem, $"The check of the audit log {Span(facts.Now - check.At)} ago found that it is not as it was written.", AttentionPlace.Audit);
        else if (facts.AuditCheck is { } last ? facts.Now - last.At >= BetweenChecks : facts.Now - facts.TenantSince >= BetweenChecks)
            yield return new(Note, facts.AuditCheck is null ? "The audit log has never been checked." : $"The audit log was last checked {Span(facts.Now - facts.AuditCheck.At)} ago.", AttentionPlace.Audit);
    }

    private static IEnumerable<AttentionItem> Webhooks(AttentionFacts facts)
    {
        foreach (var webhook in facts.Webhooks.Where(w => w.Enabled))
        {
            var host = Uri.TryCreate(webhook.Uri, UriKind.Absolute, out var uri) ? uri.Host : webhook.Uri;
            if (webhook.FailingSince is { } since && facts.Now - since >= FailingWebhook)
                yield return new(facts.Now - since >= DeadWebhook ? Problem : Warning, $"The webhook at {host} has been failing for {Span(facts.Now - since)}.", AttentionPlace.Webhooks, webhook.WebhookId);
        }
    }

    /// <summary>Only where there are routes: without any, all goes by the providers' order, and is meant to.</summary>
    private static IEnumerable<AttentionItem> Routes(AttentionFacts facts)
    {
        var routes = facts.Routes.Where(r => r.Channel == OtpChannel.Sms).ToList();
        if (routes.Count == 0)
            yield break;
        var without = facts.Regions.Where(r => Countries.IsRegion(r) && !routes.Any(route => route.Match.Count == 0 || route.Match.Contains(r) || route.Match.Contains(Countries.CallingCodeOf(r)))).ToList();
        if (without.Count > 0)
            yield return new(Note, $"No route names {string.Join(", ", without.Take(5))}{(without.Count > 5 ? $" and {without.Count - 5} more countries" : "")}, where messages went lately; they go by the order of the providers.", AttentionPlace.Routes);
        var usable = facts.Providers.Where(p => p.Enabled && p.Usable).Select(p => p.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var route in facts.Routes.Where(r => !r.Providers.Any(p => usable.Contains(p.ProviderId))))
            yield return new(Warning, $"The route {route.Title} is passed over: all of its providers are switched off or cannot be used.", AttentionPlace.Routes);
    }

    private static IEnumerable<AttentionItem> TestNumbers(AttentionFacts facts)
    {
        foreach (var app in facts.Applications)
        {
            var numbers = app.Settings.TestNumbers.Where(n => n.ExpiresAt > facts.Now).ToList();
            if (numbers.Count == 0)
                continue;
            if (facts.Production)
                yield return new(Warning, $"{app.Name} has {Count(numbers.Count, "test number", "test numbers")}: whoever knows one and its fixed code logs in without an SMS. Take them out when the test is over.", AttentionPlace.Application, app.AppId);
            if (numbers.Min(n => n.ExpiresAt) - facts.Now is var left && left <= Soon)
                yield return new(Note, $"A test number of {app.Name} works for another {Span(left)}.", AttentionPlace.Application, app.AppId);
        }
    }

    private static IEnumerable<AttentionItem> Policies(AttentionFacts facts)
    {
        foreach (var app in facts.Applications)
        {
            var shortest = new[] { app.LoginPreferences.Sms, app.LoginPreferences.EmailOtp, app.LoginPreferences.DirectOtp }.OfType<OtpPolicy>().Select(p => p.CodeLength).DefaultIfEmpty(OtpPolicy.NistCodeLength).Min();
            if (shortest < OtpPolicy.NistCodeLength)
                yield return new(Warning, $"{app.Name} sends codes of {shortest} digits. NIST SP 800-63B-4 asks for {OtpPolicy.NistCodeLength} at least.", Policy, app.AppId);
        }
    }

    private static IEnumerable<AttentionItem> Secrets(AttentionFacts facts)
    {
        foreach (var secret in facts.EndingSecrets.Where(s => s.EndsAt > facts.Now))
        {
            var left = secret.EndsAt - facts.Now;
            yield return new(
                left < TimeSpan.FromHours(1) ? Warning : Note, $"The old secret of the client {secret.Name} works for another {Span(left)}. Its backend must use the new one by then.",
                Clients, secret.AppId.Length == 0 ? null : secret.AppId);
        }
    }

    private static IEnumerable<AttentionItem> Keys(AttentionFacts facts)
    {
        if (facts.KeysTurnAt is not { } turn || turn - facts.Now > KeysSoon)
            yield break;
        yield return turn <= facts.Now
            ? new(Problem, "No signing key is in its time: the server could not make a new one. Its log says why.", SigningKeys)
            : new(Note, $"The signing keys turn by themselves in {Span(turn - facts.Now)}. Whoever keeps a copy of the key set must fetch it again.", SigningKeys);
    }

    /// <summary>How bad a fall is, or null when it is small, or may be chance: three standard errors of the difference of two shares.</summary>
    private static AttentionSeverity? Dropped(double now, double usual, long ofNow, long ofUsual)
    {
        if (ofNow < FewestCodes || ofUsual < 5 * FewestCodes)
            return null;
        var (fall, share) = (usual - now, ((now * ofNow) + (usual * ofUsual)) / (ofNow + ofUsual));
        var error = Math.Sqrt(share * (1 - share) * ((1.0 / ofNow) + (1.0 / ofUsual)));
        return fall < 0.1 || fall <= 3 * error ? null : fall >= 0.3 ? Problem : Warning;
    }

    private static string Percent(double part) => part.ToString("0 %", CultureInfo.InvariantCulture);

    private static string Percent(long part, long whole) => Percent((double)part / whole);

    private static string Count(long count, string one, string many) => count == 1 ? $"1 {one}" : $"{count.ToString("N0", CultureInfo.InvariantCulture)} {many}";

    /// <summary>In the largest unit of which there are at least two.</summary>
    private static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 2 } => Count((long)span.TotalDays, "day", "days"),
        { TotalHours: >= 2 } => Count((long)span.TotalHours, "hour", "hours"),
        { TotalMinutes: >= 2 } => Count((long)span.TotalMinutes, "minute", "minutes"),
        _ => Count(Math.Max(1, (long)span.TotalSeconds), "second", "seconds"),
    };
}
