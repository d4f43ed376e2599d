using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Watchword.Client.AspNetCore;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Guards endpoints with the access tokens of users.</summary>
public static class WatchwordJwtBearerExtensions
{
    /// <summary>
    /// Lets in users with an access token of this server for this audience, and nobody else: not with an ID token, not with a client's own
    /// token, not with a token for another API. Issuer, audience, type, algorithm and life are checked; keys come by discovery.
    /// </summary>
    /// <param name="builder">From <c>services.AddAuthentication()</c>.</param>
    /// <param name="serverUrl">The server's public address, such as <c>https://login.example.com</c>; http only on this machine.</param>
    /// <param name="audience">What logins name as <c>resource</c>: the address of your API. Never share one among APIs that do not trust each other.</param>
    /// <param name="configure">Changes to ASP.NET's own settings.</param>
    public static AuthenticationBuilder AddWatchwordJwtBearer(
        this AuthenticationBuilder builder, string serverUrl, string audience, Action<JwtBearerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(serverUrl);
        ArgumentException.ThrowIfNullOrWhiteSpace(audience);
        var address = new Uri(serverUrl, UriKind.Absolute);
        builder.Services.AddHttpContextAccessor();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Scoped<IAuthorizationHandler, LiveSessionHandler>());
        builder.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<IServiceProvider>((options, services) =>
        {
            var issuer = TokenRules.IssuerOf(serverUrl);
            options.Authority = issuer;
            options.RequireHttpsMetadata = !address.IsLoopback;
            options.MapInboundClaims = false;
            // For the live-session check, which asks the server about this very token.
            options.SaveToken = true;
            options.TokenValidationParameters = TokenRules.For(issuer, audience, "at+jwt", services.GetService<TimeProvider>() ?? TimeProvider.System);
            options.TokenValidationParameters.TypeValidator = TypeOfUsersToken;
            options.Events = new JwtBearerEvents { OnForbidden = LiveSessionHandler.ExplainAsync };
        });
        return builder.AddJwtBearer(options => configure?.Invoke(options));
    }

    /// <summary>
    /// For sensitive endpoints: the token's session must still be on, the user not disabled and not locked, which the server is asked each
    /// time. Without it, a token is good until it expires. Needs <c>services.AddWatchword(…)</c>.
    /// </summary>
    public static TBuilder RequireLiveSession<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(policy => policy.RequireAuthenticatedUser().AddRequirements(new LiveSessionRequirement()));

    /// <summary>
    /// A client's own token may have the same audience and has the same type; only a user's has a session. Not in an event, which an
    /// application's own events would replace.
    /// </summary>
    private static string TypeOfUsersToken(string type, SecurityToken token, TokenValidationParameters rules) =>
        rules.ValidTypes.Contains(type) && token is JsonWebToken jwt && jwt.TryGetClaim("sid", out _)
            ? type
            : throw new SecurityTokenInvalidTypeException("This is no user's access token.") { InvalidType = type };
}
