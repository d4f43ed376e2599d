using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Watchword.Client.AspNetCore;

/// <summary>The session behind the token must still be on. For policies of your own; endpoints have <c>RequireLiveSession()</c>.</summary>
public sealed class LiveSessionRequirement : IAuthorizationRequirement;

/// <summary>Asks the server about the very token of the request. When it cannot be asked, the answer is no.</summary>
internal sealed class LiveSessionHandler(IHttpContextAccessor http) : AuthorizationHandler<LiveSessionRequirement>
{
    private static readonly object Ended = new();

    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, LiveSessionRequirement requirement)
    {
        if ((context.Resource as HttpContext ?? http.HttpContext) is not { } request || await request.GetTokenAsync("access_token") is not { } token)
            return;
        try
        {
            // Here and not in the constructor: endpoints that do not ask for this need no client.
            var watchword = request.RequestServices.GetRequiredService<WatchwordClient>();
            var state = await watchword.Tokens.IntrospectAsync(token, request.RequestAborted);
            if (state.Active && state.Subject is { } subject && context.User.HasClaim("sub", subject))
                context.Succeed(requirement);
            else
                request.Items[Ended] = true;
        }
        catch (WatchwordException)
        {
            // Not succeeded: forbidden.
        }
    }

    /// <summary>To who brings a token that is not good any more, 401 says what to do (RFC 6750 §3.1); 403 would not.</summary>
    public static Task ExplainAsync(ForbiddenContext context)
    {
        if (context.HttpContext.Items.ContainsKey(Ended))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\", error_description=\"The session has ended\"";
        }
        return Task.CompletedTask;
    }
}
