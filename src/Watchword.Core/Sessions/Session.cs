using Watchword.Core.Apps;
using Watchword.Core.Otp;

namespace Watchword.Core.Sessions;

/// <summary>What one login opened: the family of its refresh tokens lives and dies with it.</summary>
/// <param name="TenantId">Its tenant.</param>
/// <param name="SessionId">Its public name, the <c>sid</c> claim. It opens nothing; the secret part does.</param>
/// <param name="AppId">The application.</param>
/// <param name="ClientId">The client that logged the user in.</param>
/// <param name="UserId">The user.</param>
/// <param name="StartedAt">The first login in it.</param>
/// <param name="AuthTime">The latest login in it.</param>
/// <param name="ExpiresAt">First instant at which it no longer counts.</param>
/// <param name="Methods">The methods used in it, in order.</param>
/// <param name="Resource">The audience its access tokens are made out to, or null for the default.</param>
public sealed record Session(
    string TenantId,
    string SessionId,
    string AppId,
    string ClientId,
    string UserId,
    DateTimeOffset StartedAt,
    DateTimeOffset AuthTime,
    DateTimeOffset ExpiresAt,
    IReadOnlyList<OtpChannel> Methods,
    string? Resource)
{
    /// <summary>The end that no use puts off. Without an idle limit it is when the session expires.</summary>
    public DateTimeOffset EndsAt { get; init; } = ExpiresAt;

    /// <summary>Claims that the latest login in it asked for.</summary>
    public RequestedClaims Claims { get; init; } = RequestedClaims.None;

    /// <summary>
    /// This session when a client has used it: under that client's idle limit it expires so long after, at its end at the latest. A client
    /// without a limit leaves another client's session as it is; on its own it lets a limit go that has been lifted since.
    /// </summary>
    public Session UsedBy(Client client, DateTimeOffset now)
    {
        if (client.Settings.SessionIdleLifetime is not { } seconds)
            return client.ClientId == ClientId && ExpiresAt != EndsAt ? this with { ExpiresAt = EndsAt } : this;
        var idle = now.AddSeconds(seconds);
        return this with { ExpiresAt = idle < EndsAt ? idle : EndsAt };
    }

    /// <summary>This session after another login in it.</summary>
    public Session With(OtpChannel method, DateTimeOffset now) =>
        this with { AuthTime = now, Methods = Methods.Contains(method) ? Methods : [.. Methods, method] };
}

/// <summary>What a token says about how its user logged in. It says exactly what was done, no more.</summary>
public static class AuthenticationContext
{
    /// <summary>Class of a login by one method.</summary>
    public const string SingleMethod = "urn:watchword:acr:otp";

    /// <summary>Class of a login by two different methods.</summary>
    public const string TwoMethods = "urn:watchword:acr:mfa";

    /// <summary>
    /// The <c>amr</c> claim (RFC 8176): each method, then <c>mfa</c> when there are two different ones. A fixed code proves nothing and so is
    /// not one of two.
    /// </summary>
    public static string[] Amr(IReadOnlyList<OtpChannel> methods)
    {
        var names = methods.Distinct().Select(m => m.Amr());
        return AreTwo(methods) ? [.. names, "mfa"] : [.. names];
    }

    /// <summary>The <c>acr</c> claim.</summary>
    public static string Acr(IReadOnlyList<OtpChannel> methods) => AreTwo(methods) ? TwoMethods : SingleMethod;

    private static bool AreTwo(IReadOnlyList<OtpChannel> methods) => methods.Where(m => m != OtpChannel.Test).Distinct().Count() > 1;
}
