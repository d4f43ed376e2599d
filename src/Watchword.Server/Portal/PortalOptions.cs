namespace Watchword.Server.Portal;

/// <summary>Section <c>Watchword:Portal</c>.</summary>
internal sealed class PortalOptions
{
    /// <summary>Whether there is an Admin Portal at <c>/admin</c>.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Minutes without a click after which an administrator is signed out, 5–120.</summary>
    public int IdleMinutes { get; set; } = 30;
}
