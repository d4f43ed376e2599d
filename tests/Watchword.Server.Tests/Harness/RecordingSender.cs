using System.Collections.Concurrent;
using Watchword.Core.Otp;
using Watchword.Server.Delivery;

namespace Watchword.Server.Tests.Harness;

/// <summary>A provider that takes every message and keeps it.</summary>
internal sealed class RecordingSender : IMessageSender
{
    private readonly ConcurrentQueue<MessageContent> _messages = new();
    private readonly SemaphoreSlim _arrived = new(0);

    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "recorder";

    public IReadOnlyList<MessageContent> Messages => [.. _messages];

    /// <summary>What to answer; accepted unless a test says otherwise.</summary>
    public Func<MessageContent, SendResult> Answer { get; set; } = _ => new SendResult(SendOutcome.Accepted);

    public bool Carries(OtpChannel channel) => channel is OtpChannel.Sms or OtpChannel.Email;

    public Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        var content = handover.Content;
        var result = Answer(content);
        if (result.Outcome == SendOutcome.Accepted)
            _messages.Enqueue(content);
        _arrived.Release();
        Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        return Task.FromResult(result);
    }

    /// <summary>The n-th message, as soon as there is one.</summary>
    public async Task<MessageContent> WaitAsync(int n)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (_messages.Count < n)
            await _arrived.WaitAsync(patience.Token);
        return Messages[n - 1];
    }

    /// <summary>The first message to this destination, as soon as there is one; for tests that share a server.</summary>
    public async Task<MessageContent> WaitForAsync(string to)
    {
        while (true)
        {
            var next = _next;
            if (Messages.FirstOrDefault(m => m.To == to) is { } message)
                return message;
            await next.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }
}
