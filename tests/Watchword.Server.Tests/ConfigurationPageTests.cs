using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Watchword.Server.Hosting;

namespace Watchword.Server.Tests;

/// <summary>
/// The table of settings in docs/configuration.md is made from the options: each property's summary is its meaning, its value tag its
/// default. WATCHWORD_UPDATE_GOLDEN=1 writes it.
/// </summary>
public sealed partial class ConfigurationPageTests
{
    private const string Begin = "<!-- settings -->\n", End = "<!-- /settings -->";

    [Fact]
    public void The_page_lists_every_setting_as_the_code_documents_it()
    {
        var page = Page();
        var text = File.ReadAllText(page);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var table = Table();
        if (Environment.GetEnvironmentVariable("WATCHWORD_UPDATE_GOLDEN") == "1")
            File.WriteAllText(page, text[..from] + table + text[to..]);
        else
            Assert.Equal(table, text[from..to]);
    }

    private static string Table()
    {
        var docs = XDocument.Load(Path.ChangeExtension(typeof(WatchwordOptions).Assembly.Location, ".xml"))
            .Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);
        var rows = Rows(typeof(WatchwordOptions), WatchwordOptions.Section, docs).ToList();
        Assert.True(rows.Count > 8);
        return "\n| setting | default | meaning |\n|---|---|---|\n" + string.Concat(rows.Select(r => r + "\n")) + "\n";
    }

    private static IEnumerable<string> Rows(Type options, string prefix, Dictionary<string, XElement> docs)
    {
        foreach (var property in options.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = $"{prefix}__{property.Name}";
            if (property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal))
            {
                foreach (var row in Rows(property.PropertyType, name, docs))
                    yield return row;
                continue;
            }
            var doc = docs.TryGetValue($"P:{options.FullName}.{property.Name}", out var found) ? found : null;
            var meaning = Markdown(doc?.Element("summary"));
            Assert.True(meaning.Length > 10, $"{name} has no summary to make a row of.");
            var value = doc!.Element("value") is { } said ? Markdown(said)
                : property.GetValue(Activator.CreateInstance(options)) is { } usual ? Convert.ToString(usual, CultureInfo.InvariantCulture)! : "";
            yield return $"| `{name}` | {(value.Length == 0 || value.StartsWith("required", StringComparison.Ordinal) ? value : $"`{value}`")} | {meaning} |";
        }
    }

    private static string Markdown(XElement? element) => element is null ? "" : Spaces().Replace(
        string.Concat(element.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
            _ => node.ToString(),
        })),
        " ").Trim();

    private static string Page([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "configuration.md"));

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
