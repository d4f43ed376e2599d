namespace Watchword.Core.Audit;

/// <summary>What a webhook can ask for, and which of all that happens is told under those names.</summary>
public static class WebhookEvents
{
    /// <summary>What a webhook gets when an administrator tries it out.</summary>
    public const string Test = "webhook.test";

    /// <summary>The names to choose from.</summary>
    public static IReadOnlyList<string> Offered { get; } =
    [
        AuditAction.UserCreated, AuditAction.UserLoggedIn, AuditAction.UserLocked, AuditAction.UserUnlocked, AuditAction.UserUpdated, AuditAction.UserDisabled,
        AuditAction.UserDeleted, AuditAction.OtpSent, AuditAction.OtpFailed, AuditAction.MessageFailed, AuditAction.SessionEnded,
    ];

    /// <summary>Whether webhooks that asked for it are told. What was tried and refused did not happen to a user, unless the refusal is what it is about.</summary>
    public static bool Tells(AuditEvent happened) =>
        Offered.Contains(happened.Action) && (happened.Outcome == AuditEvent.Ok || happened.Action is AuditAction.OtpFailed or AuditAction.MessageFailed);

    /// <summary>What the event's target is called in what a webhook gets.</summary>
    public static string TargetName(string action) => action switch
    {
        AuditAction.UserLoggedIn or AuditAction.SessionEnded => "session_id",
        AuditAction.OtpSent or AuditAction.MessageFailed => "message_id",
        _ => "target",
    };
}
