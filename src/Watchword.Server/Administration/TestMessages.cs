using System.Collections.Concurrent;
using Watchword.Core;
using Watchword.Core.Audit;
using Watchword.Core.Messages;
using Watchword.Core.Otp;
using Watchword.Core.Users;
using Watchword.Server.Delivery;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>What became of a test message: one of these, or the outcome.</summary>
internal sealed record TestReport
{
    /// <summary>What was wrong with the request.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];

    /// <summary>Seconds to wait: there were too many.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>There is no such provider.</summary>
    public bool Unknown { get; init; }

    /// <summary>Whom it was handed to.</summary>
    public string ProviderId { get; init; } = "";

    /// <summary>What the provider said.</summary>
    public SendResult Result { get; init; }

    /// <summary>Its name.</summary>
    public string Provider { get; init; } = "";

    /// <summary>The title of the route that it went by; null: it was named, or no route takes the destination.</summary>
    public string? Route { get; init; }

    /// <summary>Where to (ISO 3166-1), <c>ZZ</c> for email and numbers of no region.</summary>
    public string Region { get; init; } = "ZZ";

    /// <summary>What the recipient should see as the sender; null: the provider's own.</summary>
    public string? Sender { get; init; }

    /// <summary>Why that is not what was asked for; null when it is.</summary>
    public string? SenderNote { get; init; }

    /// <summary>How many other providers a code would have tried next, had this one failed.</summary>
    public int Others { get; init; }

    /// <summary>How long the provider took.</summary>
    public TimeSpan Took { get; init; }
}

/// <summary>
/// Sends a fixed text by a provider of the tenant, at once and past the queue, so that an administrator sees whether it works. A few a
/// minute for each tenant, counted by this process: enough to try things out, too few to be worth stealing.
/// </summary>
internal sealed class TestMessages(Database database, ProviderDirectory directory, TimeProvider time, ILogger<TestMessages> log)
{
    public const string Text = "This is a test message from Watchword.";
    public const int PerMinute = 10;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private readonly ConcurrentDictionary<string, Queue<DateTimeOffset>> _sent = new(StringComparer.Ordinal);

    /// <summary>By this provider, switched on or not; or, without one, as a code to that destination would go.</summary>
    public async Task<TestReport> SendAsync(Author by, string? providerId, string? to, string? sender, CancellationToken cancellation)
    {
        var tenant = by.TenantId;
        var faults = new List<string>();
        var (channel, address, region) = (OtpChannel.Sms, "", "ZZ");
        if (EmailAddress.TryParse(to, out var email))
            (channel, address) = (OtpChannel.Email, email.Value);
        else if (PhoneNumber.TryParse(to, out var number))
            (address, region) = (number.E164, number.Region);
        else
            faults.Add("to must be a phone number in international form (E.164) or an email address of your own.");
        if (sender is not null && new MessageRoute(null, [], null, channel, [new("x", sender)]).Faults().Any())
            faults.Add("sender must be a name of 1 to 11 letters and digits or a number; for email, an address.");
        if (faults.Count > 0)
            return new TestReport { Faults = faults };

        var legs = await ChooseAsync(tenant, providerId, channel, region, address);
        if (legs.Count == 0)
        {
            return providerId is not null
                ? new TestReport { Unknown = true }
                : new TestReport { Faults = [$"No provider that is switched on carries channel {channel.Wire()}. Add one, or name one by provider_id."] };
        }
        var leg = legs[0];
        if (!leg.Provider.Sender.Carries(channel))
            return new TestReport { Faults = [$"The provider does not carry channel {channel.Wire()}: to must be {(channel == OtpChannel.Sms ? "an email address" : "a phone number")}."] };
        if (Limit(tenant) is { } seconds)
            return new TestReport { RetryAfter = seconds };

        var (shown, note) = RetryPlan.SenderOf(sender, leg.Sender, region);
        var now = time.GetUtcNow();
        // Before it goes out: a message that nobody answers for is worse than an entry without a message.
        await database.WriteAsync(db => new EventStore(db).AddAsync(
            by, AuditAction.TestMessageSent, now, target: leg.Provider.ProviderId, detail: StoredJson.Write(new { channel = channel.Wire() })));
        var handover = new Handover(Ids.New(now), new MessageContent(address, shown, Text, "Test message"), ReceiptUrl: null);
        var began = time.GetTimestamp();
        var result = await HandOverAsync(leg.Provider.Sender, handover, cancellation);
        return new TestReport
        {
            ProviderId = leg.Provider.ProviderId, Provider = leg.Provider.Sender.Name, Route = leg.Route, Region = region, Sender = shown, SenderNote = note,
            Others = legs.Count - 1, Result = result, Took = time.GetElapsedTime(began),
        };
    }

    private async ValueTask<IReadOnlyList<Leg>> ChooseAsync(string tenant, string? providerId, OtpChannel channel, string region, string address)
    {
        if (providerId is not null)
            return await directory.FindAsync(tenant, providerId) is { } provider ? [new Leg(provider, Sender: null)] : [];
        return (await directory.ForAsync(tenant)).LegsFor(channel, app: "", region, channel == OtpChannel.Sms ? address : null);
    }

    private async Task<SendResult> HandOverAsync(IMessageSender sender, Handover handover, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return await sender.SendAsync(handover, both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new SendResult(SendOutcome.Unknown, $"The provider did not answer within {Patience.TotalSeconds} seconds.");
        }
#pragma warning disable CA1031 // As for messages: a sender should not throw, and the words of one that does may hold what nobody should read.
        catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
        {
            DeliveryTelemetry.SenderBroke(log, sender.Name, failure.GetType().Name);
            return new SendResult(SendOutcome.Unknown, "The provider's answer could not be handled.");
        }
    }

    /// <summary>Counts one more; or the seconds until there may be.</summary>
    private int? Limit(string tenant)
    {
        var now = time.GetUtcNow();
        var sent = _sent.GetOrAdd(tenant, _ => new Queue<DateTimeOffset>());
        lock (sent)
        {
            while (sent.TryPeek(out var oldest) && now - oldest >= Window)
                sent.Dequeue();
            if (sent.Count >= PerMinute)
                return Math.Max(1, (int)Math.Ceiling((sent.Peek() + Window - now).TotalSeconds));
            sent.Enqueue(now);
            return null;
        }
    }
}
