using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Pages.Webhooks;

/// <summary>What the pages about webhooks say in place of the API's words.</summary>
internal static class WebhookWords
{
    /// <summary>When an event is told.</summary>
    public static string Event(string name) => name switch
    {
        AuditAction.UserCreated => "A user was created.",
        AuditAction.UserLoggedIn => "A login succeeded.",
        AuditAction.UserLocked => "A user was locked out after too many wrong codes.",
        AuditAction.UserUnlocked => "An administrator unlocked a user.",
        AuditAction.UserUpdated => "A user's data changed.",
        AuditAction.UserDisabled => "A user was disabled.",
        AuditAction.UserDeleted => "A user was deleted from the tenant.",
        AuditAction.OtpSent => "A code was made and put on its way.",
        AuditAction.OtpFailed => "A login was refused.",
        AuditAction.MessageFailed => "No provider brought a message.",
        AuditAction.SessionEnded => "A session ended before its time.",
        _ => name,
    };

    /// <summary>How a delivery stands.</summary>
    public static string Status(string status) => status switch
    {
        "queued" => "Waiting",
        "sending" => "Being sent",
        "delivered" => "Delivered",
        "failed" => "Given up",
        _ => status,
    };

    /// <summary>How a webhook stands, in a few words.</summary>
    public static string State(Webhook webhook) =>
        !webhook.Enabled ? "Off" : webhook.FailingSince is not null ? "Failing" : "Working";

    /// <summary>Faults in an administrator's words.</summary>
    public static IReadOnlyList<string> Say(IReadOnlyList<string> faults) => [.. faults.Select(Say)];

    private static string Say(string fault)
    {
        if (fault.StartsWith("events is required", StringComparison.Ordinal))
            return "Choose at least one event.";
        if (fault.StartsWith("uri is required", StringComparison.Ordinal))
            return "Write the address; it is asked to prove itself when you save.";
        if (fault.StartsWith("api_key is required", StringComparison.Ordinal))
            return "Write an API key of 1 to 500 characters.";
        if (fault.StartsWith("api_key must be sent again", StringComparison.Ordinal))
            return "Write the API key again, because the address changes: a secret is not taken along to another address.";
        if (fault.StartsWith("overlap_seconds", StringComparison.Ordinal))
            return "The old secret can go on for 0 to 30 days.";
        var said = fault.Replace("api_key", "API key", StringComparison.Ordinal).Replace("Check uri", "Check the address", StringComparison.Ordinal)
            .Replace(" uri ", " address ", StringComparison.Ordinal).Replace(": PUT it with enabled true", "", StringComparison.Ordinal);
        return said.StartsWith("uri ", StringComparison.Ordinal) ? "The address " + said[4..] : said;
    }
}
