namespace Watchword.Client.Sessions;

/// <summary>What a login gives out.</summary>
/// <param name="AccessToken">For APIs: says that the user is logged in.</param>
/// <param name="IdToken">For you: says who logged in, how, when and what they approved.</param>
/// <param name="RefreshToken">Works once: trade it by <see cref="SessionsApi.RefreshAsync"/>. Keep it out of the browser.</param>
/// <param name="TokenType">Always <c>Bearer</c>.</param>
/// <param name="ExpiresIn">Life of the access token, seconds.</param>
/// <param name="SessionId">Opens the session again; a secret like a token. Absent after a refresh.</param>
public sealed record UserTokens(string AccessToken, string IdToken, string RefreshToken, string TokenType, int ExpiresIn, string? SessionId)
{
    /// <summary>No token.</summary>
    public override string ToString() => $"tokens for {ExpiresIn} s";
}
