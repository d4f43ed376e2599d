using Watchword.Core.Limits;
using Watchword.Core.Otp;

namespace Watchword.Core.Apps;

/// <summary>An application whose backend logs users in.</summary>
public sealed record Application(
    string TenantId,
    string AppId,
    string Name,
    IReadOnlyList<string> RedirectUris,
    LoginPreferences LoginPreferences,
    ApplicationSettings Settings,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt);

/// <summary>What an administrator may set for one application, besides its login methods.</summary>
public sealed record ApplicationSettings
{
    /// <summary>
    /// Answer a send to an unknown user like one to a known user. Off by default, because backends written for the documented API rely on
    /// the 404.
    /// </summary>
    public bool ConcealUnknownUsers { get; init; }

    /// <summary>Limits on messages to one number or address.</summary>
    public SendLimits SendLimits { get; init; } = new();

    /// <summary>How its users' tokens are signed.</summary>
    public SigningAlgorithm SigningAlgorithm { get; init; } = SigningAlgorithm.ES256;

    /// <summary>The <c>resource</c> values (RFC 8707) its tokens may be made out to. Empty: any absolute URI.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>
    /// Its own message texts, by language tag in lower case or <c>default</c> (<see cref="Messages.MessageTexts"/>).
    /// </summary>
    public IReadOnlyDictionary<string, string> Texts { get; init; } = new Dictionary<string, string>();

    /// <summary>The host whose pages may fill in its codes (<see cref="Messages.AutofillDomain"/>); null: no line for phones to read.</summary>
    public string? AutofillDomain { get; init; }

    /// <summary>Numbers to which nothing is sent and whose code is fixed, sealed. Those that have expired may be among them.</summary>
    public IReadOnlyList<SealedTestNumber> TestNumbers { get; init; } = [];
}

/// <summary>Signature algorithms of tokens (RFC 7518 §3.1).</summary>
public enum SigningAlgorithm
{
    /// <summary>ECDSA on P-256 with SHA-256.</summary>
    ES256,

    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits.</summary>
    RS256,
}
