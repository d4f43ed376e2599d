namespace Watchword.Server.Tokens;

/// <summary>Who signs: <c>&lt;public URL&gt;/cis/oidc</c>. From configuration only; a Host header never reaches a token.</summary>
/// <param name="PublicUrl">Without a slash at the end.</param>
internal sealed record Issuer(string PublicUrl)
{
    /// <summary>The audience of tokens that name no resource.</summary>
    public const string DefaultAudience = "userid-api";

    /// <summary>The <c>iss</c> claim.</summary>
    public string Name { get; } = PublicUrl + "/cis/oidc";
}
