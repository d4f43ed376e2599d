namespace Watchword.Server.Portal.Pages.Applications;

/// <summary>What a backend proves itself with, for the moment in which it is shown.</summary>
public sealed record Credentials(string ClientId, string ClientSecret)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => ClientId;
}
