using System.Text.Json;
using System.Text.Json.Serialization;
using Watchword.Core.Otp;
using Watchword.Core.Users;

namespace Watchword.Server.Storage;

/// <summary>How lists and settings are written into their columns.</summary>
internal static class StoredJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly UserProfile EmptyProfile = new();

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>As <see cref="Write"/>, to be compared.</summary>
    public static JsonElement Element<T>(T value) => JsonSerializer.SerializeToElement(value, Options);

    public static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, Options)!;

    /// <summary>Most users have no profile; they share one.</summary>
    public static UserProfile ReadProfile(string text) => text == "{}" ? EmptyProfile : Read<UserProfile>(text);

    /// <summary>Channels as their wire names, with spaces between.</summary>
    public static string WriteChannels(IEnumerable<OtpChannel> channels) => string.Join(' ', channels.Select(c => c.Wire()));

    public static IReadOnlyList<OtpChannel> ReadChannels(string text) => text switch
    {
        "" => [],
        "sms" => [OtpChannel.Sms],
        "direct" => [OtpChannel.Direct],
        _ => [.. text.Split(' ').Select(OtpChannelNames.FromWire).OfType<OtpChannel>()],
    };
}

/// <summary>Instants as the columns keep them.</summary>
internal static class Instants
{
    public static long Ms(this DateTimeOffset instant) => instant.ToUnixTimeMilliseconds();

    public static long? Ms(this DateTimeOffset? instant) => instant?.ToUnixTimeMilliseconds();

    public static DateTimeOffset At(this long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    public static DateTimeOffset? At(this long? ms) => ms is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;
}
