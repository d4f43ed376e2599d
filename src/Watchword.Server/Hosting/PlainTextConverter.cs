using System.Text.Json;
using System.Text.Json.Serialization;

namespace Watchword.Server.Hosting;

/// <summary>Reads strings, except those with a NUL character, which PostgreSQL cannot store and nobody means.</summary>
internal sealed class PlainTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException();
        var text = reader.GetString();
        return text?.Contains('\0', StringComparison.Ordinal) == true ? throw new JsonException() : text;
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

/// <summary>
/// Reads JSON that is kept as it comes, except what could not be given back: text with a NUL character, with half of a surrogate pair or
/// in broken UTF-8, and nesting that would pass the reader's own limit once an answer is wrapped around it.
/// </summary>
internal sealed class PlainJsonConverter : JsonConverter<JsonElement>
{
    private const int Deepest = 32;

    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var element = JsonElement.ParseValue(ref reader);
        try
        {
            return IsPlain(element, Deepest) ? element : throw new JsonException();
        }
        catch (InvalidOperationException)
        {
            // What JsonElement throws where it cannot make a string of a text.
            throw new JsonException();
        }
    }

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => value.WriteTo(writer);

    private static bool IsPlain(JsonElement element, int deepest)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                return IsPlain(element.GetString()!);
            case JsonValueKind.Array when deepest > 0:
                foreach (var item in element.EnumerateArray())
                {
                    if (!IsPlain(item, deepest - 1))
                        return false;
                }
                return true;
            case JsonValueKind.Object when deepest > 0:
                foreach (var property in element.EnumerateObject())
                {
                    if (!IsPlain(property.Name) || !IsPlain(property.Value, deepest - 1))
                        return false;
                }
                return true;
            default:
                return element.ValueKind is not (JsonValueKind.Array or JsonValueKind.Object);
        }
    }

    private static bool IsPlain(string text) => !text.Contains('\0', StringComparison.Ordinal);
}
