using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Delivery;

/// <summary>The event that tells of a message that nobody brought: failed, expired or undelivered.</summary>
internal static class MessageFailed
{
    /// <summary>Whether a message ends with this status and has not arrived.</summary>
    public static bool Is(string status) => status is "failed" or "expired" or "undelivered";

    /// <summary>For a message that <see cref="Is"/>.</summary>
    public static AuditEvent Of(
        string tenant, string messageId, string appId, string userId, string channel, string region, string status, string? provider, string? reason, DateTimeOffset now) => new()
    {
        TenantId = tenant,
        At = now,
        Action = AuditAction.MessageFailed,
        Actor = Author.Server(tenant).Actor,
        AppId = appId,
        UserId = userId,
        Target = messageId,
        Outcome = status,
        Detail = StoredJson.Write(new { channel, region, provider_id = provider, reason }),
    };
}
