namespace Watchword.Core.Administrators;

/// <summary>What an administrator is in their tenant.</summary>
public enum AdministratorRole
{
    /// <summary>May do everything, and decides who else is an administrator.</summary>
    Owner,

    /// <summary>Sets up applications, policies, providers and webhooks, and looks after users.</summary>
    Administrator,

    /// <summary>Helps users: sees them and their messages, unlocks and disables. Sees no settings and no secrets.</summary>
    Support,

    /// <summary>Reads everything that may be read, changes nothing.</summary>
    Auditor,
}

/// <summary>One thing that an administrator may be allowed to do.</summary>
public enum Permission
{
    /// <summary>See figures: logins, messages, what needs attention.</summary>
    ReadDashboard,

    /// <summary>See users and what belongs to them.</summary>
    ReadUsers,

    /// <summary>Create, change, disable and unlock users, and end their sessions.</summary>
    ChangeUsers,

    /// <summary>What touches all of a user or many users at once: erase, export, import.</summary>
    HandleUserData,

    /// <summary>See what became of messages.</summary>
    ReadMessages,

    /// <summary>See applications, policies, providers, routes, webhooks, keys and limits; never a secret.</summary>
    ReadSettings,

    /// <summary>Change those.</summary>
    ChangeSettings,

    /// <summary>Read, export and check the audit log.</summary>
    ReadAudit,

    /// <summary>Turn the keys that sign everybody's tokens.</summary>
    RotateSigningKeys,

    /// <summary>See who the administrators are.</summary>
    ReadAdministrators,

    /// <summary>Invite, change and remove them.</summary>
    ChangeAdministrators,
}

/// <summary>Which role may do what: the whole table, so that it can be read at a glance and argued about.</summary>
public static class Roles
{
    private static readonly Permission[] Everything = Enum.GetValues<Permission>();

    private static readonly Permission[] OfAdministrator =
        [.. Everything.Except([Permission.ChangeAdministrators, Permission.RotateSigningKeys])];

    private static readonly Permission[] OfSupport =
        [Permission.ReadDashboard, Permission.ReadUsers, Permission.ChangeUsers, Permission.ReadMessages];

    private static readonly Permission[] OfAuditor =
        [Permission.ReadDashboard, Permission.ReadUsers, Permission.ReadMessages, Permission.ReadSettings, Permission.ReadAudit, Permission.ReadAdministrators];

    /// <summary>Whether the role has the permission.</summary>
    public static bool May(this AdministratorRole role, Permission permission) => PermissionsOf(role).Contains(permission);

    /// <summary>Whether it takes a sign-in of a moment ago: what could make the portal, or everybody's tokens, a finder's own who sits down at an open browser.</summary>
    public static bool WantsFreshSignIn(this Permission permission) => permission is Permission.ChangeAdministrators or Permission.RotateSigningKeys;

    /// <summary>All that a role may do.</summary>
    public static IReadOnlyList<Permission> PermissionsOf(AdministratorRole role) => role switch
    {
        AdministratorRole.Owner => Everything,
        AdministratorRole.Administrator => OfAdministrator,
        AdministratorRole.Support => OfSupport,
        AdministratorRole.Auditor => OfAuditor,
        _ => [],
    };

    /// <summary>What a role is for, in a sentence for whoever chooses one.</summary>
    public static string Describe(AdministratorRole role) => role switch
    {
        AdministratorRole.Owner => "Everything, and decides who else is an administrator.",
        AdministratorRole.Administrator => "Applications, policies, providers, webhooks and users.",
        AdministratorRole.Support => "Users and their messages: find, unlock, disable. No settings, no secrets.",
        _ => "Reads everything except secrets, changes nothing.",
    };
}
