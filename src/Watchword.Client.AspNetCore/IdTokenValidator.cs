using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Watchword.Client.AspNetCore;

/// <summary>
/// Proves what a login was: that the server signed it for you, who it was, when, by which methods, and what was approved (OpenID Connect
/// Core §3.1.3.7). Make one and keep it: it caches the server's keys.
/// </summary>
public sealed class IdTokenValidator
{
    private readonly ConfigurationManager<OpenIdConnectConfiguration> _keys;
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly TokenValidationParameters _rules;
    private readonly TimeProvider _time;

    /// <summary>Makes one by hand; <c>services.AddWatchwordIdTokens(…)</c> does it with dependency injection.</summary>
    /// <param name="http">Fetches the keys; stays yours.</param>
    /// <param name="serverUrl">The server's public address; http only on this machine.</param>
    /// <param name="clientId">Your client: the audience of its ID tokens.</param>
    /// <param name="time">The clock; the system's when left out.</param>
    public IdTokenValidator(HttpClient http, string serverUrl, string clientId, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(serverUrl);
        ArgumentException.ThrowIfNullOrWhiteSpace(clientId);
        var issuer = TokenRules.IssuerOf(serverUrl);
        _time = time ?? TimeProvider.System;
        _rules = TokenRules.For(issuer, clientId, "JWT", _time);
        _keys = new ConfigurationManager<OpenIdConnectConfiguration>(
            issuer + "/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(http) { RequireHttps = !new Uri(serverUrl).IsLoopback });
        _rules.ConfigurationManager = _keys;
    }

    /// <summary>Whether an ID token is genuine, yours, in time, and says what is expected. A token that is not is an outcome, not an exception.</summary>
    public async Task<IdTokenResult> ValidateAsync(string idToken, IdTokenExpectation? expectation = null)
    {
        var result = await _handler.ValidateTokenAsync(idToken, _rules);
        if (!result.IsValid)
            return Refused($"The token is not a valid ID token for this client ({result.Exception?.GetType().Name}).");
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(((JsonWebToken)result.SecurityToken).EncodedPayload))!.AsObject();
        if ((string?)claims["sub"] is not { } user || (long?)claims["auth_time"] is not { } authTime)
            return Refused("The token lacks sub or auth_time.");
        var token = new IdToken
        {
            UserId = user,
            AuthTime = DateTimeOffset.FromUnixTimeSeconds(authTime),
            SessionId = (string?)claims["sid"],
            Amr = [.. (claims["amr"] as JsonArray ?? []).Select(m => (string?)m).OfType<string>()],
            Acr = (string?)claims["acr"],
            ApprovalData = claims["approval_data"] as JsonObject,
            Claims = claims,
        };
        return Unexpected(token, expectation ?? new IdTokenExpectation()) is { } fault ? Refused(fault) : new IdTokenResult(token);
    }

    private string? Unexpected(IdToken token, IdTokenExpectation expected)
    {
        if (expected.UserId is not null && token.UserId != expected.UserId)
            return "The token is another user's.";
        if (expected.AccessToken is not null && !FitsHash(expected.AccessToken, (string?)token.Claims["at_hash"]))
            return "The token did not come with this access token.";
        // To the second, as auth_time is.
        if (expected.MaxAge is { } maxAge && _time.GetUtcNow() - token.AuthTime > maxAge + TimeSpan.FromSeconds(1))
            return "The login is too long ago.";
        if (expected.Acr is not null && token.Acr != expected.Acr)
            return "The login is of another acr.";
        if (!expected.Amr.All(token.Amr.Contains))
            return "The login was by other methods.";
        if (expected.ApprovalData is not null && !JsonNode.DeepEquals(expected.ApprovalData, token.ApprovalData))
            return "The user approved something else.";
        return null;
    }

    /// <summary>OpenID Connect Core §3.1.3.6: the left half of the access token's hash.</summary>
    private static bool FitsHash(string accessToken, string? hash) =>
        hash is not null && CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)).AsSpan(0, 16))), Encoding.ASCII.GetBytes(hash));

    private static IdTokenResult Refused(string fault) => new(null, fault);
}
