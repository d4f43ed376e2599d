using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using Watchword.Core.Apps;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api.Oidc;

/// <summary>
/// How a client proves at the OAuth endpoints who it is, in one way at a time (RFC 6749 §2.3): by its secret in the body or by HTTP Basic, or
/// by an assertion that it signed.
/// </summary>
internal static class ClientCredentials
{
    /// <summary>The form, or null when the body is none.</summary>
    public static async Task<IFormCollection?> ReadFormAsync(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            return null;
        try
        {
            return await request.ReadFormAsync();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>The client that the request is of. It says nothing of what was wrong: whoever holds the credentials knows.</summary>
    public static async Task<(ClientContext? Context, ApiError? Refusal)> CheckAsync(
        HttpContext http, IFormCollection form, ClientDirectory directory, ClientAssertions assertions, DateTimeOffset now, ILogger log)
    {
        string? id = form["client_id"], secret = form["client_secret"], assertion = form["client_assertion"];
        var header = http.Request.Headers.Authorization.ToString();
        var basic = header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase);
        if ((basic ? 1 : 0) + (secret is null ? 0 : 1) + (assertion is null ? 0 : 1) != 1
            || (assertion is null ? form.ContainsKey("client_assertion_type") : form["client_assertion_type"] != ClientAssertions.Type))
            return Refused();
        if (basic)
        {
            if (!TryReadBasic(header[6..], out var basicId, out secret) || (id is not null && id != basicId))
                return Refused();
            id = basicId;
        }
        // RFC 7521 §4.2: client_id may be left out, for the assertion names it.
        id ??= assertion is null ? null : ClientAssertions.SubjectOf(assertion);
        if (string.IsNullOrEmpty(id) || id.Length > 200 || id.Any(char.IsControl) || secret is { Length: 0 or > 500 }
            || await directory.FindAsync(id) is not { } context)
            return Refused();
        var accepted = assertion is null ? Accepts(context.Client, secret!, now) : await assertions.AcceptAsync(context.Client, assertion);
        return accepted ? (context, null) : Refused();

        // Logged and counted, but not in the audit log: a stranger could fill it.
        (ClientContext?, ApiError?) Refused()
        {
            ApiTelemetry.ClientRefused(log, id, http.Connection.RemoteIpAddress);
            return (null, OAuthErrors.InvalidClient);
        }
    }

    private static bool Accepts(Client client, string secret, DateTimeOffset now)
    {
        if (client.Settings.AuthenticationMethod != ClientAuthenticationMethod.ClientSecret)
            return false;
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret));
        var accepted = false;
        foreach (var known in client.Secrets)
            accepted |= CryptographicOperations.FixedTimeEquals(hash, known.Hash) && (known.ExpiresAt is null || now < known.ExpiresAt);
        return accepted;
    }

    /// <summary>RFC 6749 §2.3.1: both halves are form-encoded before they are joined.</summary>
    private static bool TryReadBasic(string text, out string id, out string secret)
    {
        (id, secret) = ("", "");
        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text.Trim(), bytes, out var count))
            return false;
        var pair = Encoding.UTF8.GetString(bytes, 0, count);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return false;
        (id, secret) = (Uri.UnescapeDataString(pair[..colon].Replace('+', ' ')), Uri.UnescapeDataString(pair[(colon + 1)..].Replace('+', ' ')));
        return true;
    }
}
