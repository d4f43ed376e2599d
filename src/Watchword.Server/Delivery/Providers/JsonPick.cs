using System.Text.Json;

namespace Watchword.Server.Delivery.Providers;

/// <summary>Reading of JSON that strangers wrote: what is not there, or is something else, is undefined or null and never thrown.</summary>
internal static class JsonPick
{
    /// <summary>Undefined when it is not JSON.</summary>
    public static JsonElement Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(utf8);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>A member of an object.</summary>
    public static JsonElement At(this JsonElement json, string name)
    {
        try
        {
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair in a name.
            return default;
        }
    }

    /// <summary>The elements of an array; nothing else has any.</summary>
    public static IEnumerable<JsonElement> Each(this JsonElement json) =>
        json.ValueKind == JsonValueKind.Array ? json.EnumerateArray() : [];

    /// <summary>The first element of an array.</summary>
    public static JsonElement First(this JsonElement json) => json.Each().FirstOrDefault();

    /// <summary>A text, or a number as it is written.</summary>
    public static string? Text(this JsonElement json)
    {
        try
        {
            return json.ValueKind switch
            {
                JsonValueKind.String => json.GetString(),
                JsonValueKind.Number => json.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return null;
        }
    }

    /// <summary>A whole number, or one in quotes.</summary>
    public static int? Whole(this JsonElement json) =>
        int.TryParse(json.Text(), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
}
