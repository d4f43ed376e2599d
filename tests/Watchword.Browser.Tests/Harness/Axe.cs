using Deque.AxeCore.Playwright;

namespace Watchword.Browser.Tests.Harness;

/// <summary>Whether a page can be used by everybody, as far as axe can tell.</summary>
public static class Axe
{
    /// <summary>Nothing serious or critical, light and dark.</summary>
    public static async Task CheckAsync(IPage page)
    {
        foreach (var scheme in new[] { ColorScheme.Dark, ColorScheme.Light })
        {
            await Scheme.SetAsync(page, scheme);
            var found = await page.RunAxe();
            Assert.True(found.Passes.Length > 5, "axe looked at too little to prove anything.");
            var bad = found.Violations.Where(v => v.Impact is "serious" or "critical").SelectMany(v => v.Nodes.Select(n => $"{v.Help} ({v.Id}): {n.Html}")).ToList();
            Assert.True(bad.Count == 0, $"{page.Url}, {scheme}: {string.Join('\n', bad)}");
        }
    }
}
