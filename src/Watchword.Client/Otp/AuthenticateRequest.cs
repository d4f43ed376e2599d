namespace Watchword.Client.Otp;

/// <summary>A code that a user typed.</summary>
public sealed record AuthenticateRequest
{
    /// <summary>Who typed it: the same as when it was sent, or another identifier of the same user.</summary>
    public required Identifier User { get; init; }

    /// <summary>What they typed.</summary>
    public required string Passcode { get; init; }

    /// <summary>The <see cref="SendResult.RequestId"/>, where one was asked for.</summary>
    public string? RequestId { get; init; }

    /// <summary>
    /// Adds this login to a session of the same user, in place of opening one. Two different methods make <c>mfa</c> of it.
    /// </summary>
    public string? SessionId { get; init; }

    /// <summary>The API that the access token is for (RFC 8707), as an absolute address. <c>userid-api</c> unless set.</summary>
    public string? Resource { get; init; }

    /// <summary>Claims that the ID token is to hold beyond the usual ones, such as <c>phone_number</c>.</summary>
    public IReadOnlyList<string>? IdTokenClaims { get; init; }

    /// <summary>Claims that the access token is to hold beyond the usual ones.</summary>
    public IReadOnlyList<string>? AccessTokenClaims { get; init; }

    /// <summary>What you know of the end user.</summary>
    public ClientAttributes? ClientAttributes { get; init; }

    /// <summary>The kind of identifier; no number, no code.</summary>
    public override string ToString() => $"code of {User}";
}

/// <summary>The same, as it is written.</summary>
internal sealed record AuthenticateBody(
    string Passcode, string IdentifierType, string Identifier, string? RequestId, string? SessionId, string? Resource, ClaimsBody? Claims,
    ClientAttributes? ClientAttributes)
{
    public static AuthenticateBody Of(AuthenticateRequest request) => new(
        request.Passcode, request.User.Type, request.User.Value, request.RequestId, request.SessionId, request.Resource,
        request.IdTokenClaims is null && request.AccessTokenClaims is null ? null : new(request.IdTokenClaims, request.AccessTokenClaims),
        request.ClientAttributes);

    public override string ToString() => nameof(AuthenticateBody);
}

/// <summary>Claims asked for.</summary>
internal sealed record ClaimsBody(IReadOnlyList<string>? IdToken, IReadOnlyList<string>? AccessToken);
