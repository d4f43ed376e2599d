namespace Acme.Web;

/// <summary>Section <c>Acme</c> of the configuration.</summary>
internal sealed class AcmeOptions
{
    /// <summary>Where browsers find this site. With https its cookies are bound to the host and sent over https only.</summary>
    public Uri PublicUrl { get; set; } = new("http://localhost:5090");

    /// <summary>Where the keys that seal cookies are kept. Left out, ASP.NET chooses.</summary>
    public string? KeyFolder { get; set; }

    /// <summary>How long codes are to live: what is asked for with each, and what pages count down from. The policy may say less, so keep them alike.</summary>
    public TimeSpan CodeLife { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long to wait before another code: the application's <c>cooldown_seconds</c>. The server decides; this is what pages count down from.</summary>
    public TimeSpan CoolDown { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Answers about numbers leave at a multiple of this after the question, so that their time tells nothing.</summary>
    public TimeSpan Pace { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a browser's session is checked with the server: how long, at most, "log out everywhere" takes to be true everywhere.</summary>
    public TimeSpan CheckSessionEvery { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Forms about numbers and codes that one address may send in a minute.</summary>
    public int FormsPerMinute { get; set; } = 30;

    /// <summary>In development: where the messages can be read. Shown on every page.</summary>
    public Uri? InboxUrl { get; set; }
}
