using Watchword.Client.Wire;

namespace Watchword.Client.Tokens;

/// <summary>What tokens are worth now, not when they were signed.</summary>
public sealed class TokensApi
{
    private readonly Connection _connection;

    internal TokensApi(Connection connection) => _connection = connection;

    /// <summary>
    /// Asks whether a token, access or refresh, is still good (RFC 7662): a token whose session has ended or whose user was disabled is not.
    /// An application's client sees only its application's tokens. Tried again.
    /// </summary>
    public async Task<Introspection> IntrospectAsync(string token, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(token);
        var call = Call.PostForm(Address.Of("/oidc/token/introspection"), new KeyValuePair<string, string>("token", token));
        return (await _connection.SendAsync(call, cancellation)).Read(WatchwordJson.Default.Introspection);
    }

    /// <summary>Ends the session that a token belongs to (RFC 7009). A token that nobody knows is fine. Tried again.</summary>
    public async Task RevokeAsync(string token, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(token);
        var call = Call.PostForm(Address.Of("/oidc/token/revocation"), new KeyValuePair<string, string>("token", token));
        (await _connection.SendAsync(call, cancellation)).Check();
    }

    /// <summary>
    /// What is known of the user whose access token this is, as of now. Null when the token is not good any more. Tried again.
    /// </summary>
    public async Task<UserInfo?> GetUserInfoAsync(string accessToken, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(accessToken);
        var call = Call.Get(Address.Of("/cis/oidc/me")) with { Caller = Caller.Anyone, UserToken = accessToken };
        var answer = await _connection.SendAsync(call, cancellation);
        return (int)answer.Status == 401 ? null : answer.Read(WatchwordJson.Default.UserInfo);
    }

    /// <summary>
    /// This client's own token, which all other calls use by themselves: cached, and renewed before it expires. For calling other APIs that
    /// trust the same server.
    /// </summary>
    public async Task<string> GetClientTokenAsync(CancellationToken cancellation = default) => await _connection.Tokens.GetAsync(cancellation);
}
