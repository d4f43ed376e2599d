using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Watchword.Client.AspNetCore;

/// <summary>What an ID token has to say beyond being genuine, yours and in time.</summary>
public sealed record IdTokenExpectation
{
    /// <summary>The user who is to have logged in; anybody when null.</summary>
    public string? UserId { get; init; }

    /// <summary>The access token it came with: <c>at_hash</c> has to fit.</summary>
    public string? AccessToken { get; init; }

    /// <summary>How long ago the login may be at most.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>How well the user was to be known: the <c>acr</c>.</summary>
    public string? Acr { get; init; }

    /// <summary>Methods that were to be used, such as <c>mfa</c>: each has to be in <c>amr</c>.</summary>
    public IReadOnlyList<string> Amr { get => field ?? []; init; }

    /// <summary>
    /// What the user was to approve: the very object you sent with the code, from your own records, never from the browser. Nothing less and
    /// nothing more passes.
    /// </summary>
    public JsonObject? ApprovalData { get; init; }

    /// <summary>No value.</summary>
    public override string ToString() => nameof(IdTokenExpectation);
}

/// <summary>What a genuine ID token says.</summary>
public sealed record IdToken
{
    /// <summary>Who logged in.</summary>
    public required string UserId { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset AuthTime { get; init; }

    /// <summary>The session's public name.</summary>
    public string? SessionId { get; init; }

    /// <summary>The methods used.</summary>
    public IReadOnlyList<string> Amr { get => field ?? []; init; }

    /// <summary>How well the user is known.</summary>
    public string? Acr { get; init; }

    /// <summary>What they approved.</summary>
    public JsonObject? ApprovalData { get; init; }

    /// <summary>All that it says, by claim.</summary>
    public required JsonObject Claims { get; init; }

    /// <summary>The user's id; nothing of the person.</summary>
    public override string ToString() => $"ID token of {UserId}";
}

/// <summary>Whether an ID token is what was expected.</summary>
public sealed record IdTokenResult
{
    /// <summary>Makes one, for tests of your own.</summary>
    public IdTokenResult(IdToken? token, string? fault = null) => (Token, Fault) = (token, fault);

    /// <summary>It is, and <see cref="Token"/> is there.</summary>
    [MemberNotNullWhen(true, nameof(Token))]
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool Valid => Fault is null && Token is not null;

    /// <summary>What it says. Null unless it is valid.</summary>
    public IdToken? Token { get; }

    /// <summary>Why it is not, for your log: it holds nothing of the token's.</summary>
    public string? Fault { get; }
}
