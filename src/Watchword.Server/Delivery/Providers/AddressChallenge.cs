using System.Security.Cryptography;

namespace Watchword.Server.Delivery.Providers;

/// <summary>
/// Asks an address to prove that it expects our requests, by giving back a value that it cannot know. Otherwise an administrator could
/// have this server's requests sent to whomever.
/// </summary>
internal static class AddressChallenge
{
    /// <summary>The header that carries the key by which the other side knows us.</summary>
    public const string KeyHeader = "X-API-Key";

    private const string ChallengeHeader = "X-Verification-Key";

    /// <summary>Null when the proof came; otherwise a sentence that says what to do.</summary>
    /// <param name="http">The way out.</param>
    /// <param name="what">What is asked, as a sentence calls it.</param>
    /// <param name="uri">Its address, already looked at.</param>
    /// <param name="apiKey">What it knows us by.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<string?> AskAsync(ProviderHttp http, string what, string uri, string apiKey, CancellationToken cancellation)
    {
        var challenge = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Add(KeyHeader, apiKey);
        request.Headers.Add(ChallengeHeader, challenge);
        var answer = await http.AskAsync(request, cancellation);
        if (answer.Fault is { } fault)
            return $"{fault.Reason} Check uri, and that the {what} can be reached from this server.";
        if (answer.Status != 200)
            return $"The {what} must answer the verification with 200; it answered {answer.Status}. Check uri and api_key.";
        return answer.Json.At("key").Text() == challenge
            ? null
            : $"The {what} must answer the verification with {{\"key\":\"<the value of {ChallengeHeader}>\"}}; it answered something else.";
    }
}
