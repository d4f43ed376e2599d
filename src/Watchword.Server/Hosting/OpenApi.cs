using Microsoft.OpenApi;
using Scalar.AspNetCore;
using Watchword.Server.Api;

namespace Watchword.Server.Hosting;

/// <summary>The API's description, made from the code: <c>/openapi/v1.json</c> (OpenAPI 3.1), with a page to read it at <c>/docs</c>.</summary>
internal static class OpenApi
{
    public static void Add(IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Watchword",
                Version = "v1",
                Description = "Log your users in with a code sent by SMS. Get a client access token from POST /oidc/token, then send, then authenticate.",
            };
            document.Servers?.Clear();
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
            {
                ["client"] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    BearerFormat = "JWT",
                    Description = "A client access token from POST /oidc/token.",
                },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var metadata = context.Description.ActionDescriptor.EndpointMetadata;
            if (metadata.OfType<RequireClientAttribute>().LastOrDefault() is { } required)
            {
                operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("client", context.Document)] = [] }];
                operation.Description = required.Kind switch
                {
                    CallerKind.Application => "For clients of an application.",
                    CallerKind.Management => "For management clients.",
                    _ => "For clients of an application, which see its users, and for management clients, which see the tenant's.",
                };
            }
            return Task.CompletedTask;
        });
    });

    public static void Map(WebApplication app)
    {
        app.MapOpenApi();
        app.MapScalarApiReference("/docs", page => page.WithTitle("Watchword API").DisableAgent());
    }
}
