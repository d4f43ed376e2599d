using System.Collections.Concurrent;
using Watchword.Core.Otp;

namespace Watchword.Server.Delivery.Providers.Inbox;

/// <summary>A message as the inbox shows it.</summary>
internal sealed record InboxMessage(string To, string? From, string Text, DateTimeOffset ReceivedAt);

/// <summary>
/// The provider of development: messages end in memory, where a page shows them. Never registered outside the development environment.
/// </summary>
internal sealed class DevelopmentInbox(TimeProvider time) : IMessageSender
{
    private const int Kept = 500;
    private readonly ConcurrentQueue<InboxMessage> _messages = new();

    public string Name => "inbox";

    public bool Carries(OtpChannel channel) => channel is OtpChannel.Sms or OtpChannel.Email;

    public Task<SendResult> SendAsync(Handover handover, CancellationToken cancellation)
    {
        var content = handover.Content;
        _messages.Enqueue(new InboxMessage(content.To, content.Sender, content.Text, time.GetUtcNow()));
        while (_messages.Count > Kept)
            _messages.TryDequeue(out _);
        return Task.FromResult(new SendResult(SendOutcome.Accepted));
    }

    /// <summary>The newest messages first, to one destination or to all.</summary>
    public IReadOnlyList<InboxMessage> To(string? destination) =>
        [.. _messages.Reverse().Where(m => destination is null || m.To == destination)];
}
