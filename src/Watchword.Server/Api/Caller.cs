using System.Net;
using Watchword.Core.Apps;
using Watchword.Core.Audit;
using Watchword.Server.Storage;
using Watchword.Server.Tokens;

namespace Watchword.Server.Api;

/// <summary>Which clients an endpoint is for.</summary>
internal enum CallerKind
{
    /// <summary>Clients of an application.</summary>
    Application,

    /// <summary>Clients that manage the tenant.</summary>
    Management,

    /// <summary>Both.</summary>
    Either,
}

/// <summary>Says which clients an endpoint is for. Without it, an endpoint is public.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RequireClientAttribute(CallerKind kind) : Attribute
{
    public CallerKind Kind => kind;
}

/// <summary>The client behind a request, as its token says and the directory confirms.</summary>
/// <param name="Client">The client.</param>
/// <param name="Application">Its application; null for a management client.</param>
/// <param name="Address">From where it calls.</param>
internal sealed record Caller(Client Client, Application? Application, IPAddress? Address)
{
    public string TenantId => Client.TenantId;

    /// <summary>The application, on endpoints for application clients.</summary>
    public Application App => Application ?? throw new InvalidOperationException("This endpoint lets management clients in.");

    /// <summary>Who answers for what this request changes.</summary>
    public Author Author => Author.Client(TenantId, Client.ClientId, Address is null ? null : Origins.Text(Address));

    /// <summary>A client that has proved who it is, and from where.</summary>
    public static Caller Of(ClientContext client, HttpContext http) => new(client.Client, client.Application, http.Connection.RemoteIpAddress);

    /// <summary>For minimal APIs: what <see cref="ClientAuthentication"/> found.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context) => new(context.Features.Get<Caller>());
}

/// <summary>Checks the bearer token of every request to an endpoint marked <see cref="RequireClientAttribute"/>.</summary>
internal sealed class ClientAuthentication(RequestDelegate next, TokenCheck tokens, ClientDirectory directory)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RequireClientAttribute>() is { } required
            && await AuthenticateAsync(context, required.Kind) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }
        await next(context);
    }

    private async ValueTask<ApiError?> AuthenticateAsync(HttpContext context, CallerKind kind)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return ApiErrors.Unauthorized("Send a client access token: Authorization: Bearer <token from POST /oidc/token>.");
        if (await tokens.ClientAsync(header[7..].Trim()) is not { } grant || await directory.FindAsync(grant.ClientId) is not { } found)
            return ApiErrors.Unauthorized("The client access token is not valid or has expired. Get a new one from POST /oidc/token.");
        var caller = Caller.Of(found, context);
        if (kind == CallerKind.Application && caller.Application is null)
            return ApiErrors.Forbidden("This call needs the token of an application's client, not of a management client.");
        if (kind == CallerKind.Management && caller.Application is not null)
            return ApiErrors.Forbidden("This call needs the token of a management client, not of an application's client.");
        context.Features.Set(caller);
        return null;
    }
}
