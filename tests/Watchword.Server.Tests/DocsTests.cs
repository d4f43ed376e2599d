using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Watchword.Server.Tests;

/// <summary>The documentation says what is so.</summary>
public sealed partial class DocsTests
{
    [Fact]
    public void Every_test_that_the_security_page_names_exists()
    {
        var named = TestName().Matches(File.ReadAllText(Path.Combine(Root(), "docs", "security.md"))).Select(m => m.Groups[1].Value).ToList();
        var code = string.Join('\n', Directory.EnumerateFiles(Path.Combine(Root(), "tests"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains($" {name}(", code, StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_of_errors_has_every_code_that_the_server_answers_and_no_other()
    {
        var code = string.Join('\n', Directory.EnumerateFiles(Path.Combine(Root(), "src", "Watchword.Server", "Api"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var answered = ErrorCode().Matches(code).Select(m => m.Groups[1].Value).Append(Api.ApiErrors.InvalidInputCode).Distinct().Order();
        var explained = ErrorRow().Matches(File.ReadAllText(Path.Combine(Root(), "docs", "errors.md"))).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(answered, explained.Order());
    }

    [Fact]
    public void Every_link_in_the_documentation_leads_somewhere()
    {
        var pages = Directory.EnumerateFiles(Path.Combine(Root(), "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Root(), "*.md")).Append(Path.Combine(Root(), "bench", "README.md"));
        Assert.Empty(pages.SelectMany(page => Link().Matches(File.ReadAllText(page))
            .Select(m => m.Groups[1].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, target)))
            .Select(target => $"{page}: {target}")));
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex("`([A-Z][a-z]*(?:_[A-Za-z0-9]+){2,})`")]
    private static partial Regex TestName();

    /// <summary>The code in the making of an <see cref="Api.ApiError"/>.</summary>
    [GeneratedRegex(@"(?:ApiError\(\d+, |new\(\d{3}, |Conflict\()""([a-z_]+)""")]
    private static partial Regex ErrorCode();

    [GeneratedRegex(@"^\| `([a-z_]+)` \| \d{3} \|", RegexOptions.Multiline)]
    private static partial Regex ErrorRow();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
