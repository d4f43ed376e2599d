using Microsoft.AspNetCore.Components.Authorization;
using Watchword.Core.Administrators;
using Watchword.Core.Audit;
using Watchword.Server.Portal.Accounts;
using Watchword.Server.Storage;

namespace Watchword.Server.Portal;

/// <summary>
/// Where an administrator sits: the only source of an <see cref="Author"/> in the portal. Pages ask it before everything they read or do,
/// so that a role that was taken away, or a sign-in that was ended, counts at the next click, however long the page has been open.
/// </summary>
internal sealed class Desk(AuthenticationStateProvider authentication, PortalSessions sessions)
{
    /// <summary>Who may do this, once the database has confirmed it.</summary>
    /// <exception cref="SignedOutException">Nobody is signed in here any more.</exception>
    /// <exception cref="NotAllowedException">The role does not allow it.</exception>
    /// <exception cref="NotFreshException">It wants a sign-in of a moment ago, and theirs is older.</exception>
    public async Task<Author> AsAsync(Permission permission) => PortalSessions.AuthorOf(await FindAsync(permission, isActivity: true));

    /// <summary>The same for a page that refreshes itself: it does not keep anybody signed in.</summary>
    public async Task<Author> WatchAsync(Permission permission) => PortalSessions.AuthorOf(await FindAsync(permission, isActivity: false));

    /// <summary>Whose own account this is, when they signed in a moment ago.</summary>
    /// <exception cref="SignedOutException">Nobody is signed in here any more.</exception>
    /// <exception cref="NotFreshException">They signed in too long ago.</exception>
    public async Task<Author> FreshAsync()
    {
        var session = await SessionAsync(isActivity: true) ?? throw new SignedOutException();
        return sessions.IsFresh(session) ? PortalSessions.AuthorOf(session) : throw new NotFreshException();
    }

    /// <summary>The sign-in itself, or null when it has ended.</summary>
    public async Task<AdministratorSession?> SessionAsync(bool isActivity = false) =>
        PortalIdentity.SessionOf((await authentication.GetAuthenticationStateAsync()).User) is { } named
            ? await sessions.FindAsync(named.Tenant, named.Session, isActivity)
            : null;

    private async Task<AdministratorSession> FindAsync(Permission permission, bool isActivity)
    {
        var session = await SessionAsync(isActivity) ?? throw new SignedOutException();
        if (!session.CurrentRole.May(permission))
            throw new NotAllowedException(permission);
        // Here, so that no page can forget it.
        return !permission.WantsFreshSignIn() || sessions.IsFresh(session) ? session : throw new NotFreshException();
    }
}

/// <summary>Nobody is signed in at this desk any more.</summary>
internal sealed class SignedOutException() : Exception("The sign-in to the portal has ended.");

/// <summary>Whoever does this must have signed in a moment ago.</summary>
internal sealed class NotFreshException() : Exception("The sign-in to the portal is too old for this.");

/// <summary>The role does not allow it.</summary>
internal sealed class NotAllowedException(Permission permission) : Exception($"The role does not allow {permission}.")
{
    public Permission Permission => permission;
}
