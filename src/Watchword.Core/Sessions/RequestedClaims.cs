namespace Watchword.Core.Sessions;

/// <summary>Claims a login asked for beyond the usual ones, by token.</summary>
public sealed record RequestedClaims(IReadOnlyList<string> IdToken, IReadOnlyList<string> AccessToken)
{
    public static RequestedClaims None { get; } = new([], []);

    /// <summary>Whether nothing was asked for.</summary>
    public bool IsEmpty => IdToken.Count == 0 && AccessToken.Count == 0;
}
