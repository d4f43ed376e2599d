using System.Text.Json;
using Watchword.Core.Apps;
using Watchword.Core.Sessions;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api;

/// <summary>Reads what a login may say about the tokens it wants.</summary>
internal static class TokenRequest
{
    /// <summary>
    /// The claims asked for. <c>claims</c> is <c>{"id_token":…,"access_token":…}</c>, each an object keyed by claim as in OpenID Connect
    /// Core §5.5 or a list of names; unknown names are ignored, as it says there.
    /// </summary>
    public static RequestedClaims? Read(JsonElement? claims, string? resource, Application app, List<string> faults)
    {
        if (resource is not null && ResourceFault(resource, app) is { } fault)
            faults.Add(fault);
        if (claims is not { } asked || asked.ValueKind == JsonValueKind.Null)
            return RequestedClaims.None;
        if (asked.ValueKind != JsonValueKind.Object)
        {
            faults.Add("claims must be an object with id_token or access_token.");
            return null;
        }
        return new RequestedClaims(NamesOf(asked, "id_token", faults), NamesOf(asked, "access_token", faults));
    }

    /// <summary>What is wrong with a resource (RFC 8707 §2), or null.</summary>
    public static string? ResourceFault(string resource, Application? app)
    {
        if (!Uri.TryCreate(resource, UriKind.Absolute, out _) || resource.Contains('#', StringComparison.Ordinal) || resource.Length > 500)
            return "resource must be an absolute URI without a fragment.";
        return app is { Settings.Resources: { Count: > 0 } known } && !known.Contains(resource)
            ? "resource is not registered for this application."
            : null;
    }

    private static List<string> NamesOf(JsonElement claims, string token, List<string> faults)
    {
        if (!claims.TryGetProperty(token, out var part) || part.ValueKind == JsonValueKind.Null)
            return [];
        switch (part.ValueKind)
        {
            case JsonValueKind.Object:
                return [.. part.EnumerateObject().Select(p => p.Name).Where(UserClaims.Supported.Contains).Distinct()];
            case JsonValueKind.Array when part.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String):
                return [.. part.EnumerateArray().Select(e => e.GetString()!).Where(UserClaims.Supported.Contains).Distinct()];
            default:
                faults.Add($"claims.{token} must be an object keyed by claim, or a list of names.");
                return [];
        }
    }
}
