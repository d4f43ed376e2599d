using System.Reflection;

namespace Watchword.Core.Audit;

/// <summary>What can be done: the names in the audit log, and of the events that webhooks get.</summary>
public static class AuditAction
{
    public const string UserCreated = "user.created";

    /// <summary>A user whom the tenant had was added to an application.</summary>
    public const string UserLinked = "user.linked";
    public const string UserUpdated = "user.updated";
    public const string UserDisabled = "user.disabled";
    public const string UserEnabled = "user.enabled";

    /// <summary>Taken out of an application.</summary>
    public const string UserRemoved = "user.removed";

    /// <summary>Deleted from the tenant, and with it all that is personal.</summary>
    public const string UserDeleted = "user.deleted";
    public const string UserExported = "user.exported";

    /// <summary>An administrator set out to import a file of users; those in it have no entries of their own.</summary>
    public const string ImportStarted = "users.import_started";

    /// <summary>That came to its end, or was stopped: the detail says what came of it.</summary>
    public const string UsersImported = "users.imported";
    public const string UserLoggedIn = "user.logged_in";

    /// <summary>Locked out of an application after too many wrong guesses.</summary>
    public const string UserLocked = "user.locked";
    public const string UserUnlocked = "user.unlocked";

    /// <summary>A code was made and, unless on channel <c>direct</c>, put on its way. Not in the audit log: the message log has it.</summary>
    public const string OtpSent = "otp.sent";

    /// <summary>A login was refused.</summary>
    public const string OtpFailed = "otp.failed";

    /// <summary>No provider brought a message. Not in the audit log: the message log has it.</summary>
    public const string MessageFailed = "message.failed";

    /// <summary>Ended before its time: by logout, revocation, an administrator, or a refresh token that was used twice.</summary>
    public const string SessionEnded = "session.ended";

    public const string ApplicationCreated = "application.created";
    public const string ApplicationChanged = "application.changed";
    public const string ApplicationDeleted = "application.deleted";

    /// <summary>Login methods or their policies.</summary>
    public const string PolicyChanged = "application.policy_changed";
    public const string ClientCreated = "client.created";
    public const string ClientChanged = "client.changed";
    public const string ClientDeleted = "client.deleted";
    public const string ClientSecretRotated = "client.secret_rotated";

    /// <summary>Providers, routes or prices.</summary>
    public const string DeliveryChanged = "delivery.changed";
    public const string TestMessageSent = "delivery.test_message_sent";
    public const string SigningKeysRotated = "signing_keys.rotated";
    public const string WebhookCreated = "webhook.created";
    public const string WebhookChanged = "webhook.changed";
    public const string WebhookDeleted = "webhook.deleted";

    /// <summary>A test event is about to be posted.</summary>
    public const string WebhookTested = "webhook.test_sent";

    /// <summary>A delivery was put at the beginning of its way again.</summary>
    public const string WebhookRetried = "webhook.delivery_retried";

    /// <summary>The audit log, or what was looked for in it, was taken along as a file.</summary>
    public const string AuditExported = "audit.exported";
    public const string RetentionChanged = "retention.changed";
    public const string TenantCreated = "tenant.created";

    public const string AdministratorInvited = "administrator.invited";
    public const string InvitationWithdrawn = "administrator.invitation_withdrawn";

    /// <summary>An invitation was taken up: there is an administrator more.</summary>
    public const string AdministratorJoined = "administrator.joined";
    public const string AdministratorRoleChanged = "administrator.role_changed";
    public const string AdministratorRemoved = "administrator.removed";
    public const string AdministratorSignedIn = "administrator.signed_in";

    /// <summary>A wrong password or second factor of somebody who exists; strangers' tries are logged and counted only.</summary>
    public const string AdministratorSignInFailed = "administrator.sign_in_failed";
    public const string AdministratorLocked = "administrator.locked";
    public const string AdministratorUnlocked = "administrator.unlocked";
    public const string AdministratorSignedOut = "administrator.signed_out";

    /// <summary>Out of every browser.</summary>
    public const string AdministratorSignedOutEverywhere = "administrator.signed_out_everywhere";
    public const string AdministratorPasswordChanged = "administrator.password_changed";

    /// <summary>An authenticator app, a passkey or recovery codes came or went; the detail says which.</summary>
    public const string AdministratorFactorsChanged = "administrator.factors_changed";

    /// <summary>All of the above.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. typeof(AuditAction).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!)];

    /// <summary>Whether it is kept in the audit log; the others go to webhooks only.</summary>
    public static bool IsAudited(string action) => action is not (OtpSent or MessageFailed);
}
