using System.Collections.Concurrent;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;

namespace Watchword.Server.Tests.Delivery;

/// <summary>A provider that answers as a test says, and remembers who asked.</summary>
internal sealed class FakeProvider(string name) : IMessageSender
{
    private readonly ConcurrentQueue<Handover> _calls = new();
    private readonly ConcurrentQueue<Handover> _accepted = new();

    public string Name => name;

    /// <summary>How it answers; it takes everything unless told otherwise.</summary>
    public Func<Handover, Task<SendResult>> Answer { get; set; } = _ => Task.FromResult(new SendResult(SendOutcome.Accepted));

    /// <summary>Handed over to it, whatever it said.</summary>
    public IReadOnlyList<Handover> Calls => [.. _calls];

    /// <summary>It said yes.</summary>
    public IReadOnlyList<Handover> Accepted => [.. _accepted];

    public bool Carries(OtpChannel channel) => channel == OtpChannel.Sms;

    /// <summary>Answers always the same.</summary>
    public void Always(SendOutcome outcome, string? reason = null, TimeSpan? retryAfter = null) =>
        Answer = _ => Task.FromResult(new SendResult(outcome, reason) { RetryAfter = retryAfter });

    /// <summary>Never answers.</summary>
    public void Hang() => Answer = _ => new TaskCompletionSource<SendResult>().Task;

    public async Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        _calls.Enqueue(handover);
        var result = await Answer(handover).WaitAsync(cancellation);
        if (result.Outcome == SendOutcome.Accepted)
            _accepted.Enqueue(handover);
        return result;
    }
}
