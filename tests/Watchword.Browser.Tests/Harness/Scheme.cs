namespace Watchword.Browser.Tests.Harness;

/// <summary>Light or dark, as the visitor's system asks for it.</summary>
internal static class Scheme
{
    /// <summary>Changes it, and waits until the page has followed: the portal's colours come from the server, a moment later.</summary>
    public static async Task SetAsync(IPage page, ColorScheme scheme)
    {
        await page.EmulateMediaAsync(new() { ColorScheme = scheme, ReducedMotion = ReducedMotion.Reduce });
        await page.WaitForFunctionAsync(
            """
            dark => {
                const ground = getComputedStyle(document.documentElement).getPropertyValue("--mud-palette-background").trim();
                if (!ground || document.documentElement.dataset.theme !== "auto")
                    return true;
                const probe = document.createElement("i");
                probe.style.color = ground;
                document.body.append(probe);
                const [red] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
                probe.remove();
                return (red < 128) === dark;
            }
            """,
            scheme == ColorScheme.Dark);
    }
}
