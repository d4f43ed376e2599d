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
