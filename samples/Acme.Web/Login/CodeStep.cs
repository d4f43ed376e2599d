using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;

namespace Acme.Web.Login;

/// <summary>
/// A code that a browser is waiting for. It is kept in that browser, in a sealed cookie: the site remembers nobody who has not logged in. What
/// may be used once is not in it; Watchword counts guesses and uses codes up, so an old copy of the cookie is worth nothing more.
/// </summary>
/// <param name="Number">The number, as it was typed.</param>
/// <param name="Name">What somebody who signs up wants to be called; null for a login.</param>
/// <param name="RequestId">Without it the code is worth nothing: it works in this browser only.</param>
/// <param name="ExpiresAt">When the code is too old.</param>
/// <param name="ResendAt">When there can be another.</param>
/// <param name="From">The page to go back to.</param>
internal sealed record CodeStep(string Number, string? Name, string? RequestId, DateTimeOffset ExpiresAt, DateTimeOffset ResendAt, string? From);

/// <summary>Reads and writes the cookie with a <see cref="CodeStep"/>.</summary>
internal static class CodeStepCookie
{
    private const string Name = "acme.code";
    private static readonly JsonSerializerOptions Json = new() { Converters = { new WholeSeconds() } };

    public static CodeStep? Read(HttpContext http)
    {
        if (!http.Request.Cookies.TryGetValue(Rules(http).Name(Name), out var text))
            return null;
        try
        {
            return JsonSerializer.Deserialize<CodeStep>(Seal(http).Unprotect(text), Json);
        }
        catch (Exception fault) when (fault is CryptographicException or JsonException)
        {
            return null; // Not ours, or of keys that are gone.
        }
    }

    public static void Write(HttpContext http, CodeStep step)
    {
        var cookie = new CookieBuilder();
        Rules(http).Apply(cookie, Name);
        cookie.MaxAge = TimeSpan.FromHours(1);
        http.Response.Cookies.Append(cookie.Name!, Seal(http).Protect(JsonSerializer.Serialize(step, Json)), cookie.Build(http));
    }

    public static void Clear(HttpContext http)
    {
        var cookie = new CookieBuilder();
        Rules(http).Apply(cookie, Name);
        http.Response.Cookies.Delete(cookie.Name!, cookie.Build(http));
    }

    private static CookieRules Rules(HttpContext http) => http.RequestServices.GetRequiredService<CookieRules>();

    private static IDataProtector Seal(HttpContext http) => http.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector("Acme.CodeStep");

    /// <summary>Times as numbers of ten digits, so that the cookie is as long for one number as for another of its length.</summary>
    private sealed class WholeSeconds : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => DateTimeOffset.FromUnixTimeSeconds(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteNumberValue(value.ToUnixTimeSeconds());
    }
}
