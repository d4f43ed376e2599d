using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Watchword.Browser.Tests.Harness;

/// <summary>
/// Pictures of pages, for people to look at: <c>artifacts/screenshots/NAME-1440-light.png</c>. At each width and in each scheme the page must
/// also fit, without scrolling sideways.
/// </summary>
public static partial class Shots
{
    private static readonly (int Width, int Height)[] Sizes = [(1440, 900), (390, 844)];
    // Where only the verdict counts, pictures would be a quarter of the work.
    private static readonly bool NobodyLooks = Environment.GetEnvironmentVariable("CI") is "true" or "1";
    private static readonly string Folder = Directory.CreateDirectory(Path.Combine(Root(), "artifacts", "screenshots")).FullName;

    /// <summary>The whole page at desktop and phone width, light and dark.</summary>
    public static async Task TakeAsync(IPage page, string name)
    {
        var before = page.ViewportSize;
        foreach (var (width, height) in Sizes)
        {
            await page.SetViewportSizeAsync(width, height);
            foreach (var scheme in NobodyLooks ? [] : new[] { ColorScheme.Light, ColorScheme.Dark })
            {
                await Scheme.SetAsync(page, scheme);
                await SaveAsync(page, $"{name}-{width}-{scheme.ToString().ToLowerInvariant()}");
            }
            var content = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth");
            Assert.True(content <= width, $"{page.Url} is {content} px wide in a window of {width}.");
        }
        await Scheme.SetAsync(page, ColorScheme.Light);
        if (before is not null)
            await page.SetViewportSizeAsync(before.Width, before.Height);
    }

    /// <summary>What was on the page when a test failed.</summary>
    internal static async Task OfFailureAsync(IPage page, string test)
    {
        try
        {
            await SaveAsync(page, "failed-" + Unsafe().Replace(test, "-"));
        }
        catch (PlaywrightException)
        {
            // The test's own failure is the one to show.
        }
    }

    private static Task<byte[]> SaveAsync(IPage page, string name) => page.ScreenshotAsync(new()
    {
        Path = Path.Combine(Folder, name + ".png"),
        FullPage = true,
        Animations = ScreenshotAnimations.Disabled,
        Caret = ScreenshotCaret.Hide,
    });

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));

    [GeneratedRegex("[^A-Za-z0-9_-]+")]
    private static partial Regex Unsafe();
}
