using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Watchword.Core.Otp;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>The way into the queue of messages, and the bell that wakes its dispatcher.</summary>
internal sealed class Outbox(Seal seal, ProviderDirectory directory) : IDisposable
{
    private readonly Bell _bell = new();

    /// <summary>Whether the tenant has anything that could carry this channel.</summary>
    public async ValueTask<bool> HasSenderForAsync(string tenant, OtpChannel channel) => (await directory.ForAsync(tenant)).Carries(channel);

    /// <summary>
    /// Encrypts a message for the queue. Whose it is goes in too: a body that somebody copies into another row, so that another tenant's
    /// provider gets to read it, opens nothing there.
    /// </summary>
    public string SealBody(string tenant, string messageId, MessageContent content) =>
        seal.Messages.Protect(JsonSerializer.Serialize(new Sealed(tenant, messageId, content)));

    /// <summary>Reads it again; null when it cannot be opened, because the master key or the row is another.</summary>
    public MessageContent? OpenBody(OutboxMessage message)
    {
        try
        {
            var body = JsonSerializer.Deserialize<Sealed>(seal.Messages.Unprotect(message.Body))!;
            return body.TenantId == message.TenantId && body.MessageId == message.MessageId ? body.Content : null;
        }
        catch (Exception failure) when (failure is CryptographicException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Tells the dispatcher that a message was committed.</summary>
    public void Ring() => _bell.Ring();

    /// <summary>Waits for the bell; false when the time ran out first.</summary>
    public Task<bool> WaitAsync(TimeSpan longest, CancellationToken cancellation) => _bell.WaitAsync(longest, cancellation);

    public void Dispose() => _bell.Dispose();

    private sealed record Sealed(string TenantId, string MessageId, MessageContent Content)
    {
        public override string ToString() => "[message]";
    }
}
