using Watchword.Client.Wire;

namespace Watchword.Client.Sessions;

/// <summary>A user's session, by its public name, which opens nothing.</summary>
/// <param name="SessionId">Its name.</param>
/// <param name="StartTime">When the user logged in.</param>
/// <param name="ExpirationTime">When it ends.</param>
public sealed record Session(string SessionId, DateTimeOffset StartTime, DateTimeOffset ExpirationTime);

/// <summary>
/// What the user's login has to have been like for the session to go on. Ask before what cannot be undone; a refusal spends nothing.
/// </summary>
public sealed record LoginDemand
{
    /// <summary>How long ago, at most, the latest login in the session may be. Zero: it has to be this very moment's.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Whether two different methods must have been used in the session.</summary>
    public bool TwoMethods { get; init; }

    internal long? Seconds => (long?)MaxAge?.TotalSeconds;

    internal string? AcrValues => TwoMethods ? "urn:watchword:acr:mfa" : null;
}

/// <summary>A refresh token to spend.</summary>
internal sealed record RefreshBody(string RefreshToken, long? MaxAge, string? AcrValues)
{
    public override string ToString() => nameof(RefreshBody);
}

/// <summary>A session to go on with.</summary>
internal sealed record ResumeBody(string SessionId, long? MaxAge, string? AcrValues)
{
    public override string ToString() => nameof(ResumeBody);
}

/// <summary>A session to end.</summary>
internal sealed record SessionBody(string SessionId)
{
    public override string ToString() => nameof(SessionBody);
}

/// <summary>Sessions: goes on with them, lists them, ends them.</summary>
public sealed class SessionsApi
{
    private readonly Connection _connection;

    internal SessionsApi(Connection connection) => _connection = connection;

    /// <summary>
    /// Trades a refresh token for fresh tokens. Store the new refresh token: using the old one again ends the session, and that is also why
    /// this is never tried again. For clients of an application.
    /// </summary>
    /// <param name="refreshToken">The latest one.</param>
    /// <param name="demand">What the login has to have been like; anything when left out.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<SessionResult> RefreshAsync(string refreshToken, LoginDemand? demand = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(refreshToken);
        var call = Call.Post(Address.Of("/cis/v1/auth/token/refresh"), new RefreshBody(refreshToken, demand?.Seconds, demand?.AcrValues), WatchwordJson.Default.RefreshBody, Repeat.Never);
        return SessionResult.Of(await _connection.SendAsync(call, cancellation));
    }

    /// <summary>
    /// Fresh tokens for a session that is still on, by <see cref="UserTokens.SessionId"/>. Tried again only when no connection was made. For
    /// clients of an application.
    /// </summary>
    /// <param name="sessionId">The session's id.</param>
    /// <param name="demand">What the login has to have been like; anything when left out.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<SessionResult> AuthenticateAsync(string sessionId, LoginDemand? demand = null, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sessionId);
        var call = Call.Post(
            Address.Of("/cis/v1/auth/session/authenticate"), new ResumeBody(sessionId, demand?.Seconds, demand?.AcrValues), WatchwordJson.Default.ResumeBody,
            Repeat.IfNeverConnected);
        return SessionResult.Of(await _connection.SendAsync(call, cancellation));
    }

    /// <summary>
    /// Ends a session, by <see cref="UserTokens.SessionId"/> or its public name; its refresh tokens die. False when it was over already.
    /// Tried again when it is not known to have worked. For clients of an application.
    /// </summary>
    public async Task<bool> LogoutAsync(string sessionId, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sessionId);
        var call = Call.Post(Address.Of("/cis/v1/auth/session/logout"), new SessionBody(sessionId), WatchwordJson.Default.SessionBody, Repeat.Freely);
        return (await _connection.SendAsync(call, cancellation)).Removed(ErrorCodes.SessionNotFound);
    }

    /// <summary>A user's sessions. Empty when there is no such user. Tried again.</summary>
    public async Task<IReadOnlyList<Session>> ListAsync(string userId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Get(OfUser(userId)), cancellation)).Find(WatchwordJson.Default.IReadOnlyListSession) ?? [];

    /// <summary>Ends all sessions of a user. False when there is no such user. Tried again.</summary>
    public async Task<bool> EndAllAsync(string userId, CancellationToken cancellation = default) =>
        (await _connection.SendAsync(Call.Delete(OfUser(userId)), cancellation)).Changed();

    private static Address OfUser(string userId) => Address.Of("/cis/v1/auth/users/{id}/sessions", userId);
}
