using System.Diagnostics;
using System.Security.Cryptography;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>How a message left the courier's hands.</summary>
internal enum Carried
{
    /// <summary>It was tried, or is over.</summary>
    Handled,

    /// <summary>No provider had room; nothing was tried.</summary>
    NoRoom,
}

/// <summary>Carries one message: along its legs, until a provider takes it, all have had their turn, or there is no use in it any more.</summary>
internal sealed class Courier(
    DispatchJournal journal, Outbox outbox, ProviderDirectory directory, Lanes lanes, ReceiptAddress receipts, TimeProvider time, ILogger<Courier> log)
{
    private const string GivenUp =
        "Twice no answer of a provider could be read, so two copies may be on their way; a third is not risked. A receipt will tell.";

    private const string NoLegs = "No provider is configured for this channel and country. Configure one, and the message goes out while its code lives.";

    private const string Unreadable =
        "The message cannot be opened: it was sealed under another master key or for another row. It goes out if it can be opened while its code lives.";

    private const string NeverOpened = "The code expired, and the message could not be opened: it was sealed under another master key or for another row.";

    /// <summary>How long a message is its taker's: a try and then the waits before the next. After a crash, it is free again so much later.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);

    /// <summary>How long a message waits for a full provider when another could bring it.</summary>
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(1);

    /// <summary>How long it waits when none could.</summary>
    private static readonly TimeSpan LongWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    /// <summary>Takes a message as far as it goes now.</summary>
    /// <param name="message">As claimed.</param>
    /// <param name="room">How many messages may wait for one provider.</param>
    /// <param name="stopping">The server stops: tries under way are ended, none is begun.</param>
    public async Task<Carried> CarryAsync(OutboxMessage message, Func<int> room, CancellationToken stopping)
    {
        var trip = new Trip(message);
        if (LifeOf(message) <= TimeSpan.Zero)
            return await FinishAsync(trip, "expired", outbox.OpenBody(message) is null ? NeverOpened
                : message.Tries == 0 ? "The code expired before the message could be sent." : "The code expired before a provider took the message.");
        if (message.UnknownTries >= RetryPlan.MostUnknown)
            return await FinishAsync(trip, "failed", GivenUp);

        var setup = await directory.ForAsync(message.TenantId);
        // Perhaps another server's key is on its way here; perhaps the row was tampered with. Nobody is called until it opens.
        if (outbox.OpenBody(message) is not { } content)
            return await PutBackAsync(trip, Unreadable, TimeSpan.Zero, stopping);
        var legs = RetryPlan.Order(
            setup.LegsFor(message.Channel, message.AppId, message.Region, message.Channel == Core.Otp.OtpChannel.Sms ? content.To : null),
            message.Tries > 0 ? message.ProviderId : null);
        var wait = TimeSpan.MaxValue;
        for (var i = 0; i < legs.Count && !stopping.IsCancellationRequested; i++)
        {
            var (leg, more) = (legs[i], i < legs.Count - 1);
            var lane = lanes.Of(message.TenantId, leg.Provider);
            var pass = await lane.EnterAsync(message.CreatedAt, room(), more ? ShortWait : LongWait);
            if (!pass.Granted)
            {
                wait = pass.Wait < wait ? pass.Wait : wait;
                continue;
            }
            Attempt? attempt;
            try
            {
                if (LifeOf(message) <= TimeSpan.Zero)
                    return await FinishAsync(trip, "expired", trip.Fault ?? "The code expired before a provider had room for the message.");
                attempt = stopping.IsCancellationRequested ? null : await lane.Circuit.RunAsync((_, _) => TryAsync(trip, leg, content), state: 0);
                if (attempt is { Result.RetryAfter: { } rest, Result.Outcome: not SendOutcome.Accepted })
                    lane.Rest(rest);
                if (attempt is { Result.Outcome: SendOutcome.Misconfigured } && lane.MayComplain())
                    DeliveryTelemetry.ProviderMisconfigured(log, leg.Provider.ProviderId, leg.Provider.Sender.Name, message.TenantId, attempt.Result.Reason);
            }
            finally
            {
                lane.Leave();
            }
            if (attempt is null)
            {
                wait = ShortWait < wait ? ShortWait : wait;
                continue;
            }
            if (!attempt.Made)
                return Carried.Handled;
            if (await GoOnAsync(trip, leg, attempt.Result, more, setup))
                return Carried.Handled;
        }
        return await PutBackAsync(trip, legs.Count == 0 ? NoLegs : null, wait, stopping);
    }

    /// <summary>After a try: true when the message is over, or waits again; false when the next provider is to be asked.</summary>
    private async Task<bool> GoOnAsync(Trip trip, Leg leg, SendResult result, bool more, TenantSetup setup)
    {
        var step = RetryPlan.After(result.Outcome, trip.UnknownTries, more, LifeOf(trip.Message));
        switch (step)
        {
            case NextStep.NextLeg:
                trip.Note(LineOf("queued", leg, result));
                DeliveryTelemetry.FailedOver(leg.Provider.Sender.Name);
                return false;
            case NextStep.Later:
                trip.Note(LineOf("queued", leg, result));
                return false;
            default:
                var status = step switch { NextStep.Sent => "sent", NextStep.Expired => "expired", _ => "failed" };
                trip.Note(LineOf(status, leg, result));
                await WriteAsync(trip, trip.Change(status, time.GetUtcNow(), time.GetUtcNow()) with
                {
                    ProviderId = leg.Provider.ProviderId,
                    Provider = leg.Provider.Sender.Name,
                    ProviderMessageId = result.ProviderMessageId,
                    Fault = step switch { NextStep.Sent => null, NextStep.GivenUp => GivenUp, _ => result.Reason },
                    Cost = step == NextStep.Sent && setup.PriceMicros(leg.Provider.ProviderId, trip.Message.Region) is { } price ? price * trip.Message.Segments : null,
                });
                DeliveryTelemetry.MessageIs(log, trip.Message, status, trip.Tries);
                return true;
        }
    }

    /// <summary>
    /// One try, a place in the lane being ours. It is counted on disk before the provider is called, together with the end of the try
    /// before; were the process to die now, whoever finds the message knows that it may have been taken.
    /// </summary>
    private async ValueTask<Attempt> TryAsync(Trip trip, Leg leg, MessageContent content)
    {
        var message = trip.Message;
        var now = time.GetUtcNow();
        var (sender, note) = RetryPlan.SenderOf(content.Sender, leg.Sender, message.Region);
        trip.Tries++;
        trip.Note(new StatusChange(now.Ms(), "sending") { Provider = leg.Provider.Sender.Name, Route = leg.Route });
        var begun = trip.Change("sending", now, now + Lease) with
        {
            ProviderId = leg.Provider.ProviderId, Provider = leg.Provider.Sender.Name, SenderNote = note, Fault = trip.Fault,
        };
        if (!await journal.WriteAsync(begun))
            return Attempt.NotMade;
        trip.Written(begun);

        var began = time.GetTimestamp();
        var result = await CallAsync(
            leg.Provider.Sender,
            new Handover(message.MessageId, content with { Sender = sender }, receipts.Of(message.TenantId, leg.Provider, message.MessageId)) { Life = LifeOf(message) });
        var took = time.GetElapsedTime(began);
        DeliveryTelemetry.Tried(leg.Provider.Sender.Name, result.Outcome, took);
        if (result.Outcome == SendOutcome.Unknown)
            trip.UnknownTries++;
        trip.Fault = result.Reason;
        trip.Count = new ProviderCount(message.TenantId, leg.Provider.ProviderId, message.Region, time.GetUtcNow())
        {
            Accepted = result.Outcome == SendOutcome.Accepted ? 1 : 0,
            Refused = result.Outcome == SendOutcome.Refused ? 1 : 0,
            Failed = result.Outcome is SendOutcome.TryLater or SendOutcome.Misconfigured ? 1 : 0,
            Unknown = result.Outcome == SendOutcome.Unknown ? 1 : 0,
            Latency = (long)took.TotalMilliseconds,
        };
        return new Attempt(true, result);
    }

    /// <summary>The call itself. A stop of the server does not cut it short: it has its ten seconds, and is not left unknown.</summary>
    private async Task<SendResult> CallAsync(IMessageSender sender, Handover handover)
    {
        using var activity = DeliveryTelemetry.Source.StartActivity("deliver", ActivityKind.Client);
        using var timeout = new CancellationTokenSource(RetryPlan.TryTimeout, time);
        try
        {
            return await sender.SendAsync(handover, timeout.Token).WaitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            return new SendResult(SendOutcome.Unknown, "The provider did not answer in time.");
        }
#pragma warning disable CA1031 // A sender should not throw; if one does, the request may have gone out, and its words may hold the message.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            DeliveryTelemetry.SenderBroke(log, sender.Name, failure.GetType().Name);
            return new SendResult(SendOutcome.Unknown, "The provider's answer could not be handled.");
        }
    }

    /// <summary>All providers have had their turn, or no room; or something stands in the way of any.</summary>
    private async Task<Carried> PutBackAsync(Trip trip, string? obstacle, TimeSpan wait, CancellationToken stopping)
    {
        var (now, life) = (time.GetUtcNow(), LifeOf(trip.Message));
        var tried = trip.Tries > trip.Message.Tries;
        var chance = RandomNumberGenerator.GetInt32(1000) / 1000.0;
        trip.Fault = obstacle ?? trip.Fault;
        var delay = stopping.IsCancellationRequested && !tried ? TimeSpan.Zero
            : tried || obstacle is not null ? RetryPlan.Backoff(trip.Tries, life, chance)
            : RetryPlan.Patience(wait, life, chance);
        if (delay is null)
            return await FinishAsync(trip, "expired", trip.Fault ?? "The code expired before a provider had room for the message.");
        await WriteAsync(trip, trip.Change("queued", now, now + delay.Value) with { Fault = trip.Fault });
        return tried || obstacle is not null ? Carried.Handled : Carried.NoRoom;
    }

    private async Task<Carried> FinishAsync(Trip trip, string status, string fault)
    {
        var now = time.GetUtcNow();
        trip.Note(new StatusChange(now.Ms(), status) { Reason = fault });
        await WriteAsync(trip, trip.Change(status, now, now) with { Fault = fault });
        DeliveryTelemetry.MessageIs(log, trip.Message, status, trip.Tries);
        return Carried.Handled;
    }

    /// <summary>
    /// What a provider said must not be forgotten because the database is away for a moment: it is written again until the lease ends.
    /// After that the message would be anybody's, as after a crash.
    /// </summary>
    private async Task WriteAsync(Trip trip, OutboxChange change)
    {
        while (true)
        {
            try
            {
                await journal.WriteAsync(change);
                return;
            }
#pragma warning disable CA1031 // Whatever the database has.
            catch (Exception failure) when (time.GetUtcNow() < trip.LeaseEnd)
#pragma warning restore CA1031
            {
                DeliveryTelemetry.WritingFailed(log, trip.Message.MessageId, failure.GetType().Name);
                await Task.Delay(PauseAfterFailure, time);
            }
        }
    }

    private TimeSpan LifeOf(OutboxMessage message) => message.ExpiresAt - time.GetUtcNow();

    private StatusChange LineOf(string status, Leg leg, SendResult result) => new(time.GetUtcNow().Ms(), status)
    {
        Provider = leg.Provider.Sender.Name, Code = result.ProviderCode, Reason = result.Reason, Text = result.ProviderText,
    };
}
