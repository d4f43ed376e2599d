using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;
using Watchword.Server.Api;
using Watchword.Server.Api.Oidc;
using Watchword.Server.Api.Otp;
using Watchword.Server.Api.Sessions;
using Watchword.Server.Api.Users;

namespace Watchword.Server.Hosting;

/// <summary>The API's description, made from the code: <c>/openapi/v1.json</c> (OpenAPI 3.1), with a page to read it at <c>/docs</c>.</summary>
internal static class OpenApi
{
    public static void Add(IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.CreateSchemaReferenceId = type => OpenApiOptions.CreateDefaultSchemaReferenceId(type)?.Replace("IReadOnlyListOf", "ListOf", StringComparison.Ordinal);
        options.AddSchemaTransformer((schema, context, _) =>
        {
            Describe(schema, context.JsonTypeInfo);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer(DescribeAsync);
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
    });

    public static void Map(WebApplication app)
    {
        app.MapOpenApi();
        app.MapScalarApiReference("/docs", page => page.WithTitle("Watchword API").DisableAgent().DisableDefaultFonts().DisableTelemetry().HideClientButton().HideDeveloperTools());
    }

    private static void Describe(OpenApiDocument document)
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
            ["client"] = Bearer("A client access token from POST /oidc/token."),
            ["user"] = Bearer("The access token of a user who is logged in."),
            ["credentials"] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "basic",
                Description = "client_id and client_secret by HTTP Basic; or else as fields of the form.",
            },
        };
        // Members without a value are left out of answers, so null is a value in requests that clear a field, and nowhere else.
        foreach (var (name, schema) in document.Components.Schemas ?? new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal))
        {
            foreach (var (property, was) in schema.Properties?.ToList() ?? [])
                schema.Properties![property] = name == nameof(UserRequest) ? WithNull(was) : WithoutNull(was);
        }
    }

    private static OpenApiSecurityScheme Bearer(string description) =>
        new() { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT", Description = description };

    private static IOpenApiSchema WithNull(IOpenApiSchema schema)
    {
        if (schema is OpenApiSchema { Type: { } type } own)
            own.Type = type | JsonSchemaType.Null;
        return schema;
    }

    private static IOpenApiSchema WithoutNull(IOpenApiSchema schema)
    {
        if (schema.OneOf is [{ Type: JsonSchemaType.Null }, var other])
            return other;
        if (schema is OpenApiSchema { Type: { } type } own)
            own.Type = type & ~JsonSchemaType.Null;
        return schema;
    }

    private static void Describe(OpenApiSchema schema, JsonTypeInfo type)
    {
        // Texts are read by a converter of ours, behind which the generator cannot look.
        if (type.Type == typeof(string))
            schema.Type ??= JsonSchemaType.String;
        if (type.Type == typeof(JsonElement))
            (schema.Type, schema.Description) = (JsonSchemaType.Object, "Any object; it comes back as it was.");
        if (type is { Kind: JsonTypeInfoKind.Dictionary, ElementType: { } element } && element == typeof(string))
            schema.AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String };
        else if (type.ElementType == typeof(string))
            schema.Items = new OpenApiSchema { Type = JsonSchemaType.String };
        // Numbers in quotes are taken, but nobody should send them.
        if (schema.Type is { } kinds && (kinds.HasFlag(JsonSchemaType.Integer) || kinds.HasFlag(JsonSchemaType.Number)))
            (schema.Type, schema.Pattern) = (kinds & ~JsonSchemaType.String, null);
        if (type.Kind != JsonTypeInfoKind.Object)
            return;
        foreach (var property in type.Properties.Where(p => p.IsGetNullable || Nullable.GetUnderlyingType(p.PropertyType) is not null))
            schema.Required?.Remove(property.Name);
        foreach (var name in Required.GetValueOrDefault(type.Type, []))
            (schema.Required ??= new HashSet<string>(StringComparer.Ordinal)).Add(name);
    }

    private static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var address = $"{context.Description.HttpMethod} /{context.Description.RelativePath?.TrimEnd('/')}";
        var known = Operations.GetValueOrDefault(address, new Words("", []));
        operation.Summary = known.Summary;
        operation.Description = null;
        if (metadata.OfType<RequireClientAttribute>().LastOrDefault() is { } required)
        {
            Secure(operation, context, "client");
            operation.Description = required.Kind switch
            {
                CallerKind.Application => "For clients of an application.",
                CallerKind.Management => "For management clients.",
                _ => "For clients of an application, which see its users, and for management clients, which see the tenant's.",
            };
        }
        if (known.Form.Length > 0)
        {
            Secure(operation, context, "credentials");
            operation.RequestBody = Form(known.Form, required: !known.FormIsOptional);
        }
        foreach (var content in operation.RequestBody?.Content?.Values.ToList() ?? [])
            content.Schema = content.Schema is null ? null : WithoutNull(content.Schema);
        if (address.EndsWith(" /cis/oidc/me", StringComparison.Ordinal))
            Secure(operation, context, "user");
        if (address == "PUT /cis/v1/users/{id}")
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = Json(await SchemaAsync(context, typeof(UserRequest), cancellation)) };
        if (address.EndsWith("/oidc/token", StringComparison.Ordinal))
        {
            var answers = new OpenApiSchema { OneOf = [await SchemaAsync(context, typeof(ClientTokenResponse), cancellation), await SchemaAsync(context, typeof(RefreshedTokenResponse), cancellation)] };
            operation.Responses!["200"] = new OpenApiResponse { Description = "OK", Content = Json(answers) };
        }
        var shape = metadata.OfType<ErrorShapeAttribute>().LastOrDefault()?.Shape;
        foreach (var status in known.Refusals)
        {
            var body = (shape, status) switch
            {
                (ErrorShape.Login, _) => typeof(LoginErrorBody),
                (ErrorShape.OAuth, _) => typeof(OAuthErrorBody),
                (_, 503) => typeof(HealthResponse),
                (_, 400) => typeof(InputErrorBody),
                _ => typeof(ResourceErrorBody),
            };
            (operation.Responses ??= [])[status.ToString(CultureInfo.InvariantCulture)] =
                new OpenApiResponse { Description = Reasons[status], Content = Json(await SchemaAsync(context, body, cancellation)) };
        }
    }

    private static void Secure(OpenApiOperation operation, OpenApiOperationTransformerContext context, string scheme) =>
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] }];

    private static Dictionary<string, OpenApiMediaType> Json(IOpenApiSchema schema) =>
        new(StringComparer.Ordinal) { ["application/json"] = new OpenApiMediaType { Schema = schema } };

    private static async Task<IOpenApiSchema> SchemaAsync(OpenApiOperationTransformerContext context, Type type, CancellationToken cancellation)
    {
        context.Document!.AddComponent(type.Name, await context.GetOrCreateSchemaAsync(type, parameterDescription: null, cancellation));
        return new OpenApiSchemaReference(type.Name, context.Document);
    }

    private static OpenApiRequestBody Form(string[] fields, bool required) => new()
    {
        Required = required,
        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
        {
            ["application/x-www-form-urlencoded"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Required = new HashSet<string>(required ? [fields[0]] : [], StringComparer.Ordinal),
                    Properties = fields.ToDictionary(f => f, f => (IOpenApiSchema)new OpenApiSchema { Type = JsonSchemaType.String, Description = FormFields[f] }, StringComparer.Ordinal),
                },
            },
        },
    };

    /// <summary>What is said of one operation.</summary>
    /// <param name="Summary">One line.</param>
    /// <param name="Refusals">The statuses by which it refuses.</param>
    private sealed record Words(string Summary, int[] Refusals)
    {
        /// <summary>The fields of its form, the required one first.</summary>
        public string[] Form { get; init; } = [];

        /// <summary>Whether the form may be left out.</summary>
        public bool FormIsOptional { get; init; }
    }

    private static readonly Dictionary<Type, string[]> Required = new()
    {
        [typeof(SendOtpRequest)] = ["channel", "identifier_type", "identifier"],
        [typeof(AuthenticateOtpRequest)] = ["passcode", "identifier_type", "identifier"],
        [typeof(RefreshRequest)] = ["refresh_token"],
        [typeof(ResumeRequest)] = ["session_id"],
        [typeof(SessionRequest)] = ["session_id"],
    };

    private static readonly Dictionary<int, string> Reasons = new()
    {
        [400] = "Something in the request is missing or wrong; the message says what.",
        [401] = "The credentials or the token are missing, wrong or expired.",
        [403] = "It is known who asks, and may not.",
        [404] = "There is no such thing for this client.",
        [409] = "It clashes with what is there; ts_error_code says how.",
        [429] = "Too many messages; Retry-After says when to try again.",
        [503] = "The server cannot serve now.",
    };

    private static readonly Dictionary<string, string> FormFields = new(StringComparer.Ordinal)
    {
        ["grant_type"] = "client_credentials or refresh_token.",
        ["client_id"] = "Unless sent by HTTP Basic.",
        ["client_secret"] = "Unless sent by HTTP Basic.",
        ["client_assertion_type"] = "With client_assertion: urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
        ["client_assertion"] = "In place of a secret: a JWT signed with a key of the client's (RFC 7523).",
        ["max_age"] = "With a refresh token: how long ago, at most, the user's latest login may be, seconds.",
        ["acr_values"] = "With a refresh token: the classes of which the login must have reached one, with spaces between.",
        ["access_token"] = "Unless sent as Authorization: Bearer.",
        ["resource"] = "An absolute URI: the audience of the token, in place of userid-api.",
        ["refresh_token"] = "For grant_type refresh_token.",
        ["token"] = "An access token or a refresh token.",
        ["token_type_hint"] = "Taken and not needed.",
    };

    private static readonly string[] TokenForm = ["grant_type", "client_id", "client_secret", "client_assertion_type", "client_assertion", "resource", "refresh_token", "max_age", "acr_values"];
    private static readonly string[] StateForm = ["token", "token_type_hint", "client_id", "client_secret", "client_assertion_type", "client_assertion"];

    private static readonly Dictionary<string, Words> Operations = new(StringComparer.Ordinal)
    {
        ["POST /oidc/token"] = new("Get a client access token, or spend a refresh token", [400, 401]) { Form = TokenForm },
        ["POST /cis/oidc/token"] = new("Get a client access token, or spend a refresh token", [400, 401]) { Form = TokenForm },
        ["POST /oidc/token/introspection"] = new("Ask what a token is worth now (RFC 7662)", [400, 401]) { Form = StateForm },
        ["POST /cis/oidc/token/introspection"] = new("Ask what a token is worth now (RFC 7662)", [400, 401]) { Form = StateForm },
        ["POST /oidc/token/revocation"] = new("End the session that a token belongs to (RFC 7009)", [400, 401]) { Form = StateForm },
        ["POST /cis/oidc/token/revocation"] = new("End the session that a token belongs to (RFC 7009)", [400, 401]) { Form = StateForm },
        ["GET /cis/oidc/me"] = new("Read the claims of the user whose access token this is", [401]),
        ["POST /cis/oidc/me"] = new("Read the claims of the user whose access token this is", [400, 401]) { Form = ["access_token"], FormIsOptional = true },
        ["GET /cis/oidc/jwks"] = new("Read the public keys that tokens are signed with", []),
        ["GET /cis/oidc/.well-known/openid-configuration"] = new("Read what this issuer offers (OpenID Connect Discovery)", []),
        ["GET /.well-known/oauth-authorization-server/cis/oidc"] = new("Read what this issuer offers (RFC 8414)", []),
        ["POST /cis/v1/auth/otp/send"] = new("Send a code by SMS or email, or get it in the answer", [400, 401, 403, 404, 429]),
        ["POST /cis/v1/auth/otp/authenticate"] = new("Log a user in with a code", [400, 401, 403]),
        ["POST /cis/v1/auth/token/refresh"] = new("Spend a refresh token for new tokens", [400, 401, 403]),
        ["POST /cis/v1/auth/session/authenticate"] = new("Get new tokens for a session", [400, 401, 403]),
        ["POST /cis/v1/auth/session/logout"] = new("End a session", [400, 401, 403]),
        ["GET /cis/v1/auth/users/{id}/sessions"] = new("List a user's sessions", [401, 404]),
        ["DELETE /cis/v1/auth/users/{id}/sessions"] = new("End all sessions of a user", [401, 404]),
        ["POST /cis/v1/users"] = new("Create a user, or add one of the tenant to this application", [400, 401, 409]),
        ["GET /cis/v1/users"] = new("Search users", [400, 401]),
        ["GET /cis/v1/users/count"] = new("Count users", [401]),
        ["GET /cis/v1/users/{id}"] = new("Read a user by id", [401, 404]),
        ["GET /cis/v1/users/phone-number/{phone}"] = new("Read a user by phone number", [400, 401, 404]),
        ["GET /cis/v1/users/email/{email}"] = new("Read a user by email", [400, 401, 404]),
        ["GET /cis/v1/users/username/{name}"] = new("Read a user by username", [401, 404]),
        ["GET /cis/v1/users/external-user-id/{id}"] = new("Read a user by the application's own id", [401, 404]),
        ["PUT /cis/v1/users/{id}"] = new("Change a user: absent fields stay, null clears, objects and arrays are replaced", [400, 401, 403, 404, 409]),
        ["DELETE /cis/v1/users/{id}/apps"] = new("Remove a user from this application", [401, 403, 404]),
        ["DELETE /cis/v1/manage/users/{id}"] = new("Delete a user from the tenant, and all that is personal", [401, 403, 404]),
        ["GET /cis/v1/manage/users/{id}/export"] = new("Read all that is kept of a user, as one document", [401, 403, 404]),
        ["POST /cis/v1/users/{id}/unlock"] = new("End a user's lock, in one application or in all", [401, 403, 404]),
        ["POST /cis/v1/applications"] = new("Create an application with its first client", [400, 401, 403]),
        ["GET /cis/v1/applications"] = new("List applications", [401, 403]),
        ["GET /cis/v1/applications/{appId}"] = new("Read an application", [401, 403, 404]),
        ["PUT /cis/v1/applications/{appId}"] = new("Change an application: absent fields stay", [400, 401, 403, 404]),
        ["DELETE /cis/v1/applications/{appId}"] = new("Delete an application and all it has, except its users", [401, 403, 404]),
        ["POST /cis/v1/applications/{appId}/clients"] = new("Create a client", [400, 401, 403, 404]),
        ["GET /cis/v1/applications/{appId}/clients"] = new("List an application's clients", [401, 403, 404]),
        ["GET /cis/v1/applications/{appId}/clients/{clientId}"] = new("Read a client", [401, 403, 404]),
        ["PUT /cis/v1/applications/{appId}/clients/{clientId}"] = new("Change a client: absent fields stay", [400, 401, 403, 404]),
        ["DELETE /cis/v1/applications/{appId}/clients/{clientId}"] = new("Delete a client", [401, 403, 404]),
        ["POST /cis/v1/applications/{appId}/clients/{clientId}/rotate-secret"] = new("Give a client a new secret; the old one works on for a while", [400, 401, 403, 404]),
        ["GET /cis/loginPreferences/{appId}"] = new("Read an application's login methods", [401, 403, 404]),
        ["PUT /cis/loginPreferences/{appId}/authMethods"] = new("Replace an application's login methods", [400, 401, 403, 404]),
        ["GET /cis/v1/tenantsmsproviders"] = new("Read the tenant's providers, routes and prices, without secrets", [401, 403]),
        ["PUT /cis/v1/tenantsmsproviders"] = new("Replace the tenant's providers, routes and prices; absent secrets stay", [400, 401, 403]),
        ["GET /cis/v1/tenantsmsproviders/kinds"] = new("List the kinds of provider and the fields of each", [401, 403]),
        ["POST /cis/v1/tenantsmsproviders/test"] = new("Send a test message and see what the provider says", [400, 401, 403, 404, 429]),
        ["GET /cis/v1/tenantsmsproviders/health"] = new("Read how providers do: over time by region, and whether they rest now", [400, 401, 403]),
        ["POST /cis/v1/webhooks"] = new("Create a webhook; it has to prove that it expects our requests", [400, 401, 403]),
        ["GET /cis/v1/webhooks"] = new("List the tenant's webhooks", [401, 403]),
        ["GET /cis/v1/webhooks/{id}"] = new("Read a webhook", [401, 403, 404]),
        ["PUT /cis/v1/webhooks/{id}"] = new("Change a webhook: absent fields stay", [400, 401, 403, 404]),
        ["DELETE /cis/v1/webhooks/{id}"] = new("Delete a webhook and all that waits for it", [401, 403, 404]),
        ["POST /cis/v1/webhooks/{id}/rotate-secret"] = new("Give a webhook a new signing secret; the old one signs too for a while", [400, 401, 403, 404]),
        ["POST /cis/v1/webhooks/{id}/test"] = new("Post a test event now and see what the webhook answers", [401, 403, 404]),
        ["GET /cis/v1/webhooks/{id}/deliveries"] = new("Read what became of a webhook's events, newest first", [400, 401, 403, 404]),
        ["POST /cis/v1/webhooks/{id}/deliveries/{deliveryId}/retry"] = new("Deliver an event again", [401, 403, 404, 409]),
        ["GET /cis/v1/messages"] = new("Read the message log, newest first", [400, 401, 403]),
        ["GET /cis/v1/messages/{id}"] = new("Read what became of a message", [401, 403, 404]),
        ["GET /cis/v1/receipts/{tenant}/{providerId}/{messageId}"] = new("Where a provider reports what became of a message", [400, 403]),
        ["POST /cis/v1/receipts/{tenant}/{providerId}/{messageId}"] = new("Where a provider reports what became of a message", [400, 403]),
        ["GET /cis/v1/retention"] = new("Read how many days the tenant keeps what is over", [401, 403]),
        ["PUT /cis/v1/retention"] = new("Change how many days the tenant keeps what is over: absent fields stay", [400, 401, 403]),
        ["GET /cis/v1/signing-keys"] = new("List the signing keys, without their private halves", [401, 403]),
        ["POST /cis/v1/signing-keys/rotate"] = new("Make the waiting signing keys sign", [401, 403, 409]),
        ["GET /cis/v1/audit"] = new("Read the audit log, newest first", [400, 401, 403]),
        ["GET /cis/v1/audit/export"] = new("Export the audit log as JSON lines or CSV", [400, 401, 403]),
        ["GET /cis/v1/audit/{sequence}"] = new("Read an entry of the audit log", [401, 403, 404]),
        ["POST /cis/v1/audit/verify"] = new("Check whether the audit log is as it was written", [400, 401, 403]),
        ["GET /health/live"] = new("Whether the process runs", []),
        ["GET /health/ready"] = new("Whether it can serve", [503]),
    };
}
