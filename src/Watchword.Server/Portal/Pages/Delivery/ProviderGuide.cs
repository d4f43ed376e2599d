using System.Text.RegularExpressions;
using Markdig;

namespace Watchword.Server.Portal.Pages.Delivery;

/// <summary>The pages of docs/providers, which are part of this program, so that an administrator has them where they are needed.</summary>
internal static partial class ProviderGuide
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().DisableHtml().Build();

    /// <summary>The page of a kind without its title, or null.</summary>
    public static string? HtmlOf(string kind)
    {
        var name = Word().Replace(kind, "-$0").ToLowerInvariant();
        using var stream = typeof(ProviderGuide).Assembly.GetManifestResourceStream($"guides/{name}.md");
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        var text = reader.ReadToEnd();
        var html = Markdown.ToHtml(text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..], Pipeline);
        // Tables are wide and phones are not; and a link out opens a tab of its own.
        return html.Replace("<table>", "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table>", StringComparison.Ordinal)
            .Replace("</table>", "</table></div>", StringComparison.Ordinal)
            .Replace("<pre>", "<pre tabindex=\"0\">", StringComparison.Ordinal)
            .Replace("<a href=\"http", "<a target=\"_blank\" rel=\"noopener noreferrer\" href=\"http", StringComparison.Ordinal);
    }

    /// <summary>A capital inside of a name begins a word.</summary>
    [GeneratedRegex("(?<=[a-z])[A-Z]")]
    private static partial Regex Word();
}
