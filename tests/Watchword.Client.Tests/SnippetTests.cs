using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Watchword.Client.Tests;

/// <summary>What the documentation shows is what is compiled here, and run.</summary>
public sealed partial class SnippetTests
{
    [Fact]
    public void Every_piece_of_code_in_the_documentation_is_one_that_compiles()
    {
        var snippets = Region().Matches(File.ReadAllText(Path.Combine(Root(), "tests", "Watchword.Client.Tests", "Snippets.cs")))
            .ToDictionary(m => m.Groups[1].Value, m => Flush(m.Groups[2].Value));
        var shown = new[] { "docs/client.md", "src/Watchword.Client/README.md", "src/Watchword.Client.AspNetCore/README.md" }
            .SelectMany(page => Block().Matches(File.ReadAllText(Path.Combine(Root(), page))).Select(m => (Name: m.Groups[1].Value, Text: m.Groups[2].Value.Trim('\n')))).ToList();
        Assert.NotEmpty(shown);
        Assert.All(shown, s => Assert.Equal(snippets.GetValueOrDefault(s.Name, $"(no snippet '{s.Name}')"), s.Text));
        Assert.Equal(snippets.Keys.Order(), shown.Select(s => s.Name).Distinct().Order());
    }

    /// <summary>Without the indentation that all lines have in common.</summary>
    private static string Flush(string text)
    {
        var lines = text.Trim('\n').Split('\n');
        var margin = lines.Where(l => l.Trim().Length > 0).Min(l => l.Length - l.TrimStart().Length);
        return string.Join('\n', lines.Select(l => l.Length < margin ? "" : l[margin..]));
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex(@"^ *// snippet: ([a-z-]+)\n(.*?)^ *// end$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Region();

    // A block without a name has none that fits.
    [GeneratedRegex(@"(?:<!-- ([a-z-]+) -->\n)?```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
