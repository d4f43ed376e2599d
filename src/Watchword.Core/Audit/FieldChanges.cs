using System.Text.Json;

namespace Watchword.Core.Audit;

/// <summary>
/// What a change changed, for the detail of its event: the names of the fields, and what they were and are where that is a number or a
/// switch. Texts and lists go by name only, since any of them may be secret or personal.
/// </summary>
public sealed class FieldChanges
{
    private readonly SortedSet<string> _changed = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, JsonElement> _old = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, JsonElement> _new = new(StringComparer.Ordinal);

    /// <summary>Looks at two objects, before and after.</summary>
    public FieldChanges(JsonElement before, JsonElement after) => Compare("", before, after);

    /// <summary>Whether anything changed.</summary>
    public bool Any => _changed.Count > 0;

    /// <summary>The names of the fields that changed, those inside of objects with a dot before them.</summary>
    public IReadOnlyCollection<string> Names => _changed;

    /// <summary>The detail of the event.</summary>
    public string Detail => JsonSerializer.Serialize(
        _old.Count + _new.Count == 0 ? new { changed = _changed } : (object)new { changed = _changed, old = _old, @new = _new });

    private void Compare(string path, JsonElement? before, JsonElement? after)
    {
        if (before is { ValueKind: JsonValueKind.Object } one && after is { ValueKind: JsonValueKind.Object } other)
        {
            foreach (var name in one.EnumerateObject().Concat(other.EnumerateObject()).Select(p => p.Name).Distinct(StringComparer.Ordinal))
                Compare(Path(path, name), Member(one, name), Member(other, name));
        }
        else if (before is null || after is null || !JsonElement.DeepEquals(before.Value, after.Value))
        {
            _changed.Add(path);
            Keep(_old, path, before);
            Keep(_new, path, after);
        }
    }

    /// <summary>What came or went as a whole is named once, with all the numbers and switches in it.</summary>
    private static void Keep(SortedDictionary<string, JsonElement> values, string path, JsonElement? value)
    {
        switch (value?.ValueKind)
        {
            case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                values[path] = value.Value;
                break;
            case JsonValueKind.Object:
                foreach (var member in value.Value.EnumerateObject())
                    Keep(values, Path(path, member.Name), member.Value);
                break;
        }
    }

    private static string Path(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static JsonElement? Member(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value : null;
}
