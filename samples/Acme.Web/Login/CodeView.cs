namespace Acme.Web.Login;

/// <summary>What the form for a code shows.</summary>
/// <param name="Address">Where it goes.</param>
/// <param name="Button">What happens when the code is right.</param>
/// <param name="HasCode">A code was sent.</param>
/// <param name="ExpiresIn">Seconds that it still works.</param>
/// <param name="ResendIn">Seconds until there can be another.</param>
/// <param name="Problem">What went wrong.</param>
/// <param name="Notice">What went well.</param>
internal sealed record CodeView(string Address, string Button, bool HasCode, int ExpiresIn, int ResendIn, Problem? Problem, string? Notice)
{
    public static CodeView Of(
        string address, string button, bool hasCode, DateTimeOffset expires, DateTimeOffset resend, DateTimeOffset now, Problem? problem, string? notice) =>
        new(address, button, hasCode, SecondsTo(expires, now), SecondsTo(resend, now), problem, notice);

    private static int SecondsTo(DateTimeOffset then, DateTimeOffset now) => Math.Max(0, (int)Math.Ceiling((then - now).TotalSeconds));
}
