using System.Text.Json;
using Watchword.Core.Audit;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal.Pages.Audit;

/// <summary>Entries of the audit log as sentences.</summary>
internal static class AuditWords
{
    public const string ClientActor = "client:";
    public const string AdministratorActor = "administrator:";

    /// <summary>What can be looked for: groups first, then each action, with what it is called.</summary>
    public static IReadOnlyList<(string Action, string Title)> Choices { get; } =
    [
        ("user.", "Users and logins: all"), ("session.", "Sessions: all"), ("application.", "Applications: all"), ("client.", "Clients: all"),
        ("delivery.", "Delivery: all"), ("webhook.", "Webhooks: all"), ("administrator.", "Administrators: all"),
        .. AuditAction.All.Where(AuditAction.IsAudited).Select(a => (a, Title(a))),
    ];

    /// <summary>Who did it.</summary>
    public static string Who(string actor, AuditNames names) => actor switch
    {
        "console" => "Somebody at the server's console",
        "system" => "The server",
        _ when actor.StartsWith(ClientActor, StringComparison.Ordinal) => $"Client {names.Of(actor[ClientActor.Length..]) ?? actor[ClientActor.Length..]}",
        _ when actor.StartsWith(AdministratorActor, StringComparison.Ordinal) => names.Of(actor[AdministratorActor.Length..]) ?? (names.Administrators.Count > 0 ? "An administrator who is gone" : "An administrator"),
        _ => actor,
    };

    /// <summary>What happened, in a sentence.</summary>
    public static string Sentence(AuditEvent e, AuditNames names)
    {
        var who = Who(e.Actor, names);
        var app = e.AppId.Length == 0 ? "an application" : names.Of(e.AppId) ?? "an application that is gone";
        var target = names.Of(e.Target);
        return e.Action switch
        {
            AuditAction.UserCreated => $"{who} created a user in {app}",
            AuditAction.UserLinked => $"{who} added a user whom the tenant had to {app}",
            AuditAction.UserUpdated => $"{who} changed a user",
            AuditAction.UserDisabled => $"{who} disabled a user",
            AuditAction.UserEnabled => $"{who} enabled a user",
            AuditAction.UserRemoved => $"{who} took a user out of {app}",
            AuditAction.UserDeleted => $"{who} deleted a user and all that is personal about them",
            AuditAction.UserExported => $"{who} exported all that is kept about a user",
            AuditAction.ImportStarted => $"{who} began to import a file of users",
            AuditAction.UsersImported => Detail(e, "state") is nameof(ImportState.Done) or null ? $"{who} imported a file of users" : $"{who} began to import a file of users, and it did not come to its end",
            AuditAction.UserLoggedIn => $"A user logged in to {app}",
            AuditAction.UserLocked => $"A user was locked out of {app} after too many wrong codes",
            AuditAction.UserUnlocked => $"{who} unlocked a user",
            AuditAction.OtpFailed => $"A login to {app} was refused",
            AuditAction.SessionEnded => $"A session was ended{SessionReason(e)}",
            AuditAction.ApplicationCreated => $"{who} created the application {app}",
            AuditAction.ApplicationChanged => $"{who} changed {app}",
            AuditAction.ApplicationDeleted => $"{who} deleted an application",
            AuditAction.PolicyChanged => $"{who} changed the code policy of {app}",
            AuditAction.ClientCreated => $"{who} created the client {target ?? e.Target}",
            AuditAction.ClientChanged => $"{who} changed the client {target ?? e.Target}",
            AuditAction.ClientDeleted => $"{who} deleted the client {target ?? e.Target}",
            AuditAction.ClientSecretRotated => $"{who} gave the client {target ?? e.Target} a new secret",
            AuditAction.DeliveryChanged => $"{who} changed providers, routes or prices",
            AuditAction.TestMessageSent => $"{who} sent a test message by {target ?? (e.Target == "inbox" ? "the development inbox" : "a provider that is gone")}",
            AuditAction.SigningKeysRotated => $"{who} turned the signing keys",
            AuditAction.WebhookCreated => $"{who} created the webhook {target ?? "that is gone by now"}",
            AuditAction.WebhookChanged => $"{who} changed the webhook {target ?? "that is gone by now"}",
            AuditAction.WebhookDeleted => $"{who} deleted a webhook",
            AuditAction.WebhookTested => $"{who} posted a test event to a webhook",
            AuditAction.WebhookRetried => $"{who} had an event delivered to a webhook again",
            AuditAction.AuditExported => $"{who} exported the audit log, or a part of it",
            AuditAction.RetentionChanged => $"{who} changed how long things are kept",
            AuditAction.TenantCreated => $"{who} created this tenant",
            AuditAction.AdministratorInvited => Detail(e, "resets") == "true" ? $"{who} made a way back in for {target ?? "an administrator"}" : $"{who} invited an administrator",
            AuditAction.InvitationWithdrawn => $"{who} withdrew an invitation",
            AuditAction.AdministratorJoined => $"{target ?? who} became an administrator",
            AuditAction.AdministratorRoleChanged => $"{who} made {target ?? "an administrator who is gone"} {Detail(e, "to") ?? "something else"}",
            AuditAction.AdministratorRemoved => $"{who} removed {target ?? "an administrator"}",
            AuditAction.AdministratorSignedIn => $"{who} signed in",
            AuditAction.AdministratorSignInFailed => $"Somebody failed to sign in as {target ?? "an administrator"}",
            AuditAction.AdministratorLocked => $"Signing in as {target ?? "an administrator"} was locked after too many failures",
            AuditAction.AdministratorUnlocked => $"{who} unlocked {target ?? "an administrator"}",
            AuditAction.AdministratorSignedOut => $"{who} signed out",
            AuditAction.AdministratorSignedOutEverywhere => $"{who} signed {(target is null || target == who ? "out" : target + " out")} everywhere",
            AuditAction.AdministratorPasswordChanged => $"{target ?? who} got a new password",
            AuditAction.AdministratorFactorsChanged => $"The second factors of {target ?? who} changed",
            _ => $"{who}: {e.Action}",
        };
    }

    /// <summary>What an action is called in a list to choose from.</summary>
    public static string Title(string action)
    {
        var (group, deed) = (action[..action.IndexOf('.', StringComparison.Ordinal)], action[(action.IndexOf('.', StringComparison.Ordinal) + 1)..]);
        return action switch
        {
            AuditAction.OtpFailed => "Login refused",
            AuditAction.PolicyChanged => "Code policy changed",
            AuditAction.DeliveryChanged => "Providers, routes or prices changed",
            AuditAction.TestMessageSent => "Test message sent",
            _ => Capital($"{group} {deed}".Replace('_', ' ')),
        };
    }

    /// <summary>What changed, a line each: a number or a switch from what to what, the rest by name.</summary>
    public static IReadOnlyList<string> Changes(AuditEvent e)
    {
        if (Read(e) is not { } detail || !detail.TryGetProperty("changed", out var changed) || changed.ValueKind != JsonValueKind.Array)
            return [];
        return [.. changed.EnumerateArray().Where(c => c.ValueKind == JsonValueKind.String).Select(c => c.GetString()!).Select(name =>
            (Value(detail, "old", name), Value(detail, "new", name)) switch
            {
                (null, null) => Capital(Readable(name)),
                ({ } old, null) => $"{Capital(Readable(name))}: was {old}",
                (null, { } now) => $"{Capital(Readable(name))}: now {now}",
                ({ } old, { } now) => $"{Capital(Readable(name))}: {old} → {now}",
            })];
    }

    /// <summary>The detail as it is kept, where it says more than <see cref="Changes"/>.</summary>
    public static string? Raw(AuditEvent e) =>
        Read(e) is { } detail && detail.EnumerateObject().Any(p => p.Name is not ("changed" or "old" or "new") || !detail.TryGetProperty("changed", out _)) ? JsonSerializer.Serialize(detail, Indented) : null;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string SessionReason(AuditEvent e) => Detail(e, "reason") switch
    {
        "logout" => " by logging out",
        "revoked" => " by revoking its token",
        "all_ended" => ", with all others of its user",
        "refresh_token_reused" => ": its refresh token was used twice, so it was copied",
        _ => "",
    };

    private static string? Detail(AuditEvent e, string name) =>
        Read(e) is { ValueKind: JsonValueKind.Object } detail && detail.TryGetProperty(name, out var value) ? value.ToString().ToLowerInvariant() is "true" or "false" ? value.ToString().ToLowerInvariant() : value.ToString() : null;

    private static string? Value(JsonElement detail, string side, string name) =>
        detail.TryGetProperty(side, out var values) && values.ValueKind == JsonValueKind.Object && values.TryGetProperty(name, out var value)
            ? value.ValueKind switch { JsonValueKind.True => "on", JsonValueKind.False => "off", _ => value.ToString() }
            : null;

    /// <summary>Null where somebody tampered with it: the chain check tells of that.</summary>
    private static JsonElement? Read(AuditEvent e)
    {
        try
        {
            return StoredJson.Read<JsonElement>(e.Detail) is { ValueKind: JsonValueKind.Object } detail ? detail : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Readable(string name) => name.Replace('_', ' ').Replace(".", ", ", StringComparison.Ordinal);

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
