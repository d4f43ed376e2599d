using Watchword.Server.Api;
using Watchword.Server.Api.Audit;
using Watchword.Server.Api.Management;
using Watchword.Server.Api.Messages;
using Watchword.Server.Api.Oidc;
using Watchword.Server.Api.Otp;
using Watchword.Server.Api.Sessions;
using Watchword.Server.Api.Users;

namespace Watchword.Server.Hosting;

/// <summary>Every address of the API, with who may call it and how it refuses.</summary>
internal static class Endpoints
{
    public static void Map(WebApplication app)
    {
        MapOidc(app);
        var api = app.MapGroup("/cis");
        MapLogin(api.MapGroup("/v1/auth").WithMetadata(new ErrorShapeAttribute(ErrorShape.Login)).WithTags("Login"));
        MapUsers(api.MapGroup("/v1").WithMetadata(new ErrorShapeAttribute(ErrorShape.Resource)).WithTags("Users"));
        // Providers have no client token; the address itself holds a key.
        api.MapGroup("/v1").WithMetadata(new ErrorShapeAttribute(ErrorShape.Resource)).WithTags("Receipts")
            .MapMethods("/receipts/{tenant}/{providerId}/{messageId}", ["GET", "POST"], ReceiveReceipt.HandleAsync);
        MapManagement(api.MapGroup("").WithMetadata(new ErrorShapeAttribute(ErrorShape.Resource), new RequireClientAttribute(CallerKind.Management)).WithTags("Management"));
    }

    private static void MapOidc(WebApplication app)
    {
        var oidc = app.MapGroup("").WithMetadata(new ErrorShapeAttribute(ErrorShape.OAuth)).WithTags("OpenID Connect");
        foreach (var prefix in (ReadOnlySpan<string>)["/oidc", "/cis/oidc"])
        {
            oidc.MapPost(prefix + "/token", TokenEndpoint.HandleAsync);
            oidc.MapPost(prefix + "/token/introspection", TokenState.IntrospectAsync);
            oidc.MapPost(prefix + "/token/revocation", TokenState.RevokeAsync);
        }
        oidc.MapGet("/cis/oidc/me", TokenState.UserInfoAsync);
        oidc.MapPost("/cis/oidc/me", TokenState.UserInfoAsync);
        oidc.MapGet("/cis/oidc/jwks", Discovery.KeySet);
        oidc.MapGet("/cis/oidc/.well-known/openid-configuration", Discovery.Describe);
        oidc.MapGet("/.well-known/oauth-authorization-server/cis/oidc", Discovery.Describe);
    }

    private static void MapLogin(RouteGroupBuilder auth)
    {
        var application = auth.MapGroup("").WithMetadata(new RequireClientAttribute(CallerKind.Application));
        application.MapPost("/otp/send", SendOtp.HandleAsync);
        application.MapPost("/otp/authenticate", AuthenticateOtp.HandleAsync);
        application.MapPost("/token/refresh", Sessions.RefreshAsync);
        application.MapPost("/session/authenticate", Sessions.AuthenticateAsync);
        application.MapPost("/session/logout", Sessions.LogoutAsync);
        var either = auth.MapGroup("/users/{id}/sessions").WithMetadata(new RequireClientAttribute(CallerKind.Either), new ErrorShapeAttribute(ErrorShape.Resource));
        either.MapGet("", Sessions.ListAsync);
        either.MapDelete("", Sessions.EndAllAsync);
    }

    private static void MapUsers(RouteGroupBuilder v1)
    {
        var either = v1.MapGroup("/users").WithMetadata(new RequireClientAttribute(CallerKind.Either));
        either.MapPost("", CreateUser.HandleAsync);
        either.MapGet("", ReadUsers.ListAsync);
        either.MapGet("/count", ReadUsers.CountAsync);
        either.MapGet("/{id}", ReadUsers.ByIdAsync);
        either.MapGet("/phone-number/{phone}", ReadUsers.ByPhoneNumberAsync);
        either.MapGet("/email/{email}", ReadUsers.ByEmailAsync);
        either.MapGet("/username/{name}", ReadUsers.ByUsernameAsync);
        either.MapGet("/external-user-id/{id}", ReadUsers.ByExternalUserIdAsync);
        either.MapPut("/{id}", UpdateUser.HandleAsync).Accepts<UserRequest>("application/json");
        v1.MapDelete("/users/{id}/apps", RemoveUser.FromApplicationAsync).WithMetadata(new RequireClientAttribute(CallerKind.Application));
        v1.MapDelete("/manage/users/{id}", RemoveUser.FromTenantAsync).WithMetadata(new RequireClientAttribute(CallerKind.Management));
        v1.MapGet("/manage/users/{id}/export", ExportUser.HandleAsync).WithMetadata(new RequireClientAttribute(CallerKind.Management));
        v1.MapPost("/users/{id}/unlock", RemoveUser.UnlockAsync).WithMetadata(new RequireClientAttribute(CallerKind.Management));
    }

    private static void MapManagement(RouteGroupBuilder cis)
    {
        var applications = cis.MapGroup("/v1/applications");
        applications.MapPost("", Applications.CreateAsync);
        applications.MapGet("", Applications.ListAsync);
        applications.MapGet("/{appId}", Applications.ReadAsync);
        applications.MapPut("/{appId}", Applications.ChangeAsync);
        applications.MapDelete("/{appId}", Applications.DeleteAsync);
        applications.MapPost("/{appId}/clients", Clients.CreateAsync);
        applications.MapGet("/{appId}/clients", Clients.ListAsync);
        applications.MapGet("/{appId}/clients/{clientId}", Clients.ReadAsync);
        applications.MapPut("/{appId}/clients/{clientId}", Clients.ChangeAsync);
        applications.MapDelete("/{appId}/clients/{clientId}", Clients.DeleteAsync);
        applications.MapPost("/{appId}/clients/{clientId}/rotate-secret", Clients.RotateSecretAsync);
        cis.MapGet("/loginPreferences/{appId}", Preferences.ReadAsync);
        cis.MapPut("/loginPreferences/{appId}/authMethods", Preferences.ReplaceAsync);
        var delivery = cis.MapGroup("/v1/tenantsmsproviders");
        delivery.MapGet("", DeliverySettings.ReadAsync);
        delivery.MapPut("", DeliverySettings.ReplaceAsync);
        delivery.MapGet("/kinds", DeliverySettings.Kinds);
        delivery.MapPost("/test", DeliveryTrial.SendAsync);
        delivery.MapGet("/health", DeliveryTrial.HealthAsync);
        var webhooks = cis.MapGroup("/v1/webhooks");
        webhooks.MapPost("", Webhooks.CreateAsync);
        webhooks.MapGet("", Webhooks.ListAsync);
        webhooks.MapGet("/{id}", Webhooks.ReadAsync);
        webhooks.MapPut("/{id}", Webhooks.ChangeAsync);
        webhooks.MapDelete("/{id}", Webhooks.DeleteAsync);
        webhooks.MapPost("/{id}/rotate-secret", Webhooks.RotateSecretAsync);
        webhooks.MapPost("/{id}/test", Webhooks.TestAsync);
        webhooks.MapGet("/{id}/deliveries", WebhookDeliveries.ListAsync);
        webhooks.MapPost("/{id}/deliveries/{deliveryId}/retry", WebhookDeliveries.RetryAsync);
        cis.MapGet("/v1/messages", ReadMessages.ListAsync);
        cis.MapGet("/v1/messages/{id}", ReadMessages.ByIdAsync);
        cis.MapGet("/v1/retention", RetentionSettings.ReadAsync);
        cis.MapPut("/v1/retention", RetentionSettings.ChangeAsync);
        cis.MapGet("/v1/signing-keys", KeyRotation.ListAsync);
        cis.MapPost("/v1/signing-keys/rotate", KeyRotation.RotateAsync);
        var audit = cis.MapGroup("/v1/audit");
        audit.MapGet("", ReadAudit.ListAsync);
        audit.MapGet("/export", ExportAudit.HandleAsync);
        audit.MapGet("/{sequence}", ReadAudit.BySequenceAsync);
        audit.MapPost("/verify", VerifyAudit.HandleAsync);
    }
}
