using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Contract;

/// <summary>Short words for what a client of the API says and reads.</summary>
internal static class Wire
{
    /// <summary>The member at a path of names.</summary>
    public static JsonElement At(this JsonElement json, params string[] path) => path.Aggregate(json, (at, name) => at.GetProperty(name));

    /// <summary>The string at a path of names.</summary>
    public static string? Str(this JsonElement json, params string[] path) => json.At(path).GetString();

    public static bool Has(this JsonElement json, string name) => json.TryGetProperty(name, out _);

    /// <summary>The names of an object's members.</summary>
    public static string[] Names(this JsonElement json) => [.. json.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)];

    /// <summary>The strings of an array.</summary>
    public static string?[] Strings(this JsonElement json) => [.. json.EnumerateArray().Select(e => e.GetString())];

    public static async Task<JsonElement> GetAsync(this HttpClient http, string path, int status) => await (await http.GetAsync(path)).JsonAsync(status);

    public static async Task<JsonElement> PostAsync(this HttpClient http, string path, object body, int status) => await (await http.PostAsJsonAsync(path, body)).JsonAsync(status);

    public static async Task<JsonElement> PutAsync(this HttpClient http, string path, object body, int status) => await (await http.PutAsJsonAsync(path, body)).JsonAsync(status);

    public static async Task<JsonElement> DeleteAsync(this HttpClient http, string path, int status) => await (await http.DeleteAsync(path)).JsonAsync(status);

    /// <summary>Posts a form, with HTTP Basic where credentials are given.</summary>
    public static async Task<HttpResponseMessage> FormAsync(this HttpClient http, string path, (string Id, string Secret)? basic, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new FormUrlEncodedContent(fields.Select(f => new KeyValuePair<string, string>(f.Name, f.Value))),
        };
        if (basic is { } pair)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(pair.Id)}:{Uri.EscapeDataString(pair.Secret)}")));
        return await http.SendAsync(request);
    }

    /// <summary>The claims inside a token.</summary>
    public static JsonElement Claims(string? token) => Part(token, 1);

    /// <summary>The header of a token.</summary>
    public static JsonElement Header(string? token) => Part(token, 0);

    private static int _phones = 410_000_000;

    /// <summary>A number that no other test uses.</summary>
    public static string NewPhone() => $"+447{Interlocked.Increment(ref _phones)}";

    /// <summary>Sends one SMS to a number that has had none, and reads its text.</summary>
    public static async Task<string> OnlySmsAsync(this TestApplication app, string phone, object? more = null)
    {
        var body = System.Text.Json.Nodes.JsonNode.Parse(JsonSerializer.Serialize(more ?? new { }))!.AsObject();
        (body["channel"], body["identifier_type"], body["identifier"]) = ("sms", "phone_number", phone);
        await app.Http.PostAsync("/cis/v1/auth/otp/send", body, 200);
        return (await app.Server.Sender.WaitForAsync(phone)).Text;
    }

    /// <summary>The code in a message of the usual wording.</summary>
    public static string Code(string text) => text.Split(' ')[6];

    private static JsonElement Part(string? token, int part) => JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token!.Split('.')[part]));
}
