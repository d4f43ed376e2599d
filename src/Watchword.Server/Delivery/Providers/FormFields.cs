using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Watchword.Server.Delivery.Providers;

/// <summary>The fields of a form or a query, in the order in which they came.</summary>
internal sealed class FormFields(IReadOnlyList<(string Name, string Value)> fields)
{
    /// <summary>Reads a body; whatever is not a form has fields that nobody asks for.</summary>
    public static FormFields Of(byte[] body) => Of(Encoding.UTF8.GetString(body));

    /// <summary>Reads a query, with or without its question mark.</summary>
    public static FormFields Of(string text)
    {
        var fields = new List<(string, string)>();
        foreach (var pair in new QueryStringEnumerable(text))
            fields.Add((pair.DecodeName().ToString(), pair.DecodeValue().ToString()));
        return new(fields);
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<(string Name, string Value)> All => fields;

    /// <summary>All but those of one name.</summary>
    public FormFields Without(string name) => new([.. fields.Where(f => f.Name != name)]);

    /// <summary>A field that came once, or null: of two, nobody knows which is meant.</summary>
    public string? Value(string name)
    {
        var found = fields.Where(f => f.Name == name).Take(2).ToList();
        return found.Count == 1 ? found[0].Value : null;
    }
}
