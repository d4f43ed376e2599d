using System.Diagnostics;
using System.Security.Cryptography;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>
/// Takes messages from the outbox, oldest first, and hands them to a sender. The try is counted on disk before it is made. Where this
/// process dies between the two, or an answer never comes, nobody knows whether the provider took the message; it is then tried again
/// when its lease ends, so such a message may arrive twice but is not lost. Never twice to a provider that said yes.
/// </summary>
internal sealed class Dispatcher(Database database, Outbox outbox, TimeProvider time, ILogger<Dispatcher> log) : BackgroundService
{
    private const int BatchSize = 64;
    private const int AtOnce = 16;
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await DispatchAsync(stoppingToken) < BatchSize)
                    await outbox.WaitAsync(LongestSleep, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The queue must outlive a database that is away for a while.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                DeliveryTelemetry.DispatchFailed(log, failure);
                await Task.Delay(LongestSleep, time, stoppingToken);
            }
        }
    }

    /// <summary>One round: how many messages were due.</summary>
    internal async Task<int> DispatchAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        // Looking first costs a read; claiming would cost an fsync each second for nothing.
        if (await database.ReadAsync(db => new OutboxStore(db).NextDueAsync()) is not { } due || due > now)
            return 0;
        var messages = await database.WriteAsync(db => new OutboxStore(db).ClaimAsync(BatchSize, now, now + Lease));
        await Parallel.ForEachAsync(messages, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation },
            async (message, token) => await SendAsync(message, token));
        return messages.Count;
    }

    private async Task SendAsync(OutboxMessage message, CancellationToken stopping)
    {
        if (time.GetUtcNow() >= message.ExpiresAt)
        {
            await FinishAsync(message, "expired", provider: null, "The code expired before the message could be sent.");
            return;
        }
        if (outbox.SenderFor(message.Channel) is not { } sender)
        {
            await FinishAsync(message, "failed", provider: null, "No provider is configured for this channel.");
            return;
        }
        var (outcome, reason) = await TryAsync(sender, message, stopping);
        var now = time.GetUtcNow();
        var next = now + Backoff(message.Tries);
        switch (outcome)
        {
            case SendOutcome.Accepted:
                await FinishAsync(message, "sent", sender.Name, fault: null);
                break;
            case SendOutcome.Refused or SendOutcome.Misconfigured:
                await FinishAsync(message, "failed", sender.Name, reason);
                break;
            case SendOutcome.TryLater or SendOutcome.Unknown when next < message.ExpiresAt:
                await database.WriteAsync(db => new OutboxStore(db).PutBackAsync(message, next, reason ?? "", now));
                break;
            default:
                await FinishAsync(message, "expired", sender.Name, reason);
                break;
        }
    }

    private async Task<SendResult> TryAsync(IMessageSender sender, OutboxMessage message, CancellationToken stopping)
    {
        var began = time.GetTimestamp();
        using var activity = DeliveryTelemetry.Source.StartActivity("deliver", ActivityKind.Client);
        using var timeout = new CancellationTokenSource(TryTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        try
        {
            var result = await sender.SendAsync(new Handover(message.MessageId, outbox.OpenBody(message.Body), ReceiptUrl: null), both.Token);
            DeliveryTelemetry.Tried(sender.Name, result.Outcome, time.GetElapsedTime(began));
            return result;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            DeliveryTelemetry.Tried(sender.Name, SendOutcome.Unknown, time.GetElapsedTime(began));
            return new SendResult(SendOutcome.Unknown, "The provider did not answer in time.");
        }
    }

    private async Task FinishAsync(OutboxMessage message, string status, string? provider, string? fault)
    {
        await database.WriteAsync(async db => await new OutboxStore(db).FinishAsync(message, status, provider, fault, time.GetUtcNow()));
        DeliveryTelemetry.MessageFinished(log, message.MessageId, message.AppId, message.Channel, status, message.Tries);
    }

    /// <summary>1, 2, 4 … 30 s, with up to a quarter more, so that what failed together is not tried together.</summary>
    private static TimeSpan Backoff(int tries)
    {
        var ms = Math.Min(30_000, 1000 << Math.Min(tries - 1, 5));
        return TimeSpan.FromMilliseconds(ms + RandomNumberGenerator.GetInt32((ms / 4) + 1));
    }
}
