using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>The way into the queue of messages, and the bell that wakes its dispatcher.</summary>
internal sealed class Outbox(Seal seal, ProviderDirectory directory, IEnumerable<IMessageSender> senders) : IDisposable
{
    private readonly SemaphoreSlim _bell = new(0, 1);
    private readonly IMessageSender[] _senders = [.. senders];

    /// <summary>Whether the tenant has anything that could carry this channel.</summary>
    public async ValueTask<bool> HasSenderForAsync(string tenant, OtpChannel channel) => (await directory.ForAsync(tenant)).Carries(channel);

    /// <summary>The sender of a channel, or null.</summary>
    public IMessageSender? SenderFor(OtpChannel channel) => Array.Find(_senders, s => s.Carries(channel));

    /// <summary>Encrypts a message for the queue.</summary>
    public string SealBody(MessageContent content) => seal.Messages.Protect(JsonSerializer.Serialize(content));

    /// <summary>Reads it again.</summary>
    public MessageContent OpenBody(string body) => JsonSerializer.Deserialize<MessageContent>(seal.Messages.Unprotect(body))!;

    /// <summary>Tells the dispatcher that a message was committed.</summary>
    public void Ring()
    {
        if (_bell.CurrentCount == 0)
        {
            try
            {
                _bell.Release();
            }
            catch (SemaphoreFullException)
            {
                // Someone else rang in between.
            }
        }
    }

    /// <summary>Waits for the bell; false when the time ran out first.</summary>
    public Task<bool> WaitAsync(TimeSpan longest, CancellationToken cancellation) => _bell.WaitAsync(longest, cancellation);

    public void Dispose() => _bell.Dispose();
}
