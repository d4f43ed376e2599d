using System.Globalization;

namespace Watchword.Server.Api;

/// <summary>How an endpoint spells a refusal; clients depend on each.</summary>
internal enum ErrorShape
{
    /// <summary><c>{"message":["…"],"error_code":400}</c>; other statuses have one message.</summary>
    Resource,

    /// <summary><c>{"error_code":"auth_locked","message":"…"}</c>.</summary>
    Login,

    /// <summary><c>{"error":"invalid_grant","error_description":"…"}</c> (RFC 6749 §5.2).</summary>
    OAuth,
}

/// <summary>A refusal: a code for programs and a sentence for people that says what to do.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">The endpoint's own code, where its shape has one.</param>
/// <param name="Messages">Sentences, one per fault.</param>
internal sealed record ApiError(int Status, string Code, IReadOnlyList<string> Messages) : IResult, IStatusCodeHttpResult
{
    public ApiError(int status, string code, string message)
        : this(status, code, [message])
    {
    }

    /// <summary>Seconds to wait, for the Retry-After header.</summary>
    public int? RetryAfter { get; init; }

    int? IStatusCodeHttpResult.StatusCode => Status;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (Status == StatusCodes.Status401Unauthorized)
        {
            // RFC 6750 §3: an error only where there was a token to find fault with.
            response.Headers.WWWAuthenticate = Code switch
            {
                "invalid_client" => "Basic realm=\"watchword\"",
                "invalid_token" => $"Bearer realm=\"watchword\", error=\"invalid_token\", error_description=\"{string.Join(' ', Messages)}\"",
                _ => "Bearer realm=\"watchword\"",
            };
        }
        object body = (httpContext.GetEndpoint()?.Metadata.GetMetadata<ErrorShapeAttribute>()?.Shape ?? ShapeOf(httpContext.Request.Path)) switch
        {
            ErrorShape.OAuth => new OAuthErrorBody(Code == ApiErrors.InvalidInputCode ? "invalid_request" : Code, string.Join(' ', Messages)),
            ErrorShape.Login => new LoginErrorBody(Code, string.Join(' ', Messages)),
            _ when Status == StatusCodes.Status400BadRequest => new InputErrorBody(Messages, Status),
            _ => new ResourceErrorBody(string.Join(' ', Messages), Status, Status == StatusCodes.Status409Conflict ? Code : null),
        };
        return response.WriteAsJsonAsync(body, body.GetType());
    }

    /// <summary>For what no endpoint answers.</summary>
    private static ErrorShape ShapeOf(PathString path) =>
        path.Value is { } value && value.Contains("/oidc/", StringComparison.Ordinal) ? ErrorShape.OAuth
        : path.StartsWithSegments("/cis/v1/auth", StringComparison.Ordinal) && !path.StartsWithSegments("/cis/v1/auth/users", StringComparison.Ordinal) ? ErrorShape.Login
        : ErrorShape.Resource;
}

/// <summary>Says which shape of refusals an endpoint has.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ErrorShapeAttribute(ErrorShape shape) : Attribute
{
    public ErrorShape Shape => shape;
}

/// <summary>Refusal of a login call.</summary>
internal sealed record LoginErrorBody(string ErrorCode, string Message);

/// <summary>Refusal of an OAuth call.</summary>
internal sealed record OAuthErrorBody(string Error, string ErrorDescription);

/// <summary>Refusal of input to any other call.</summary>
internal sealed record InputErrorBody(IReadOnlyList<string> Message, int ErrorCode);

/// <summary>Any other refusal of any other call.</summary>
internal sealed record ResourceErrorBody(string Message, int ErrorCode, string? TsErrorCode);

/// <summary>The refusals that more than one slice gives.</summary>
internal static class ApiErrors
{
    /// <summary>The code of malformed input; OAuth calls it <c>invalid_request</c>.</summary>
    public const string InvalidInputCode = "system_invalid_input";

    public static ApiError InvalidInput(params IReadOnlyList<string> messages) => new(400, InvalidInputCode, messages);

    public static ApiError Unauthorized(string message) => new(401, "unauthorized", message);

    public static ApiError Forbidden(string message) => new(403, "forbidden", message);

    public static ApiError UserNotFound { get; } = new(404, "user_not_found", "No such user in this application.");

    /// <summary>For calls of management clients, which belong to no application.</summary>
    public static ApiError UserNotInTenant { get; } = new(404, "user_not_found", "No such user in this tenant.");

    public static ApiError UserNotActive { get; } = new(403, "user_not_active", "The user has been disabled.");

    public static ApiError NotFound(string what) => new(404, "not_found", $"{what} not found.");

    public static ApiError Conflict(string code, string message) => new(409, code, message);

    /// <summary>While a lock holds; when it ends by itself, Retry-After says when.</summary>
    public static ApiError Locked(DateTimeOffset? until, DateTimeOffset now) => until is { } end
        ? new(403, "auth_locked", "Too many wrong codes. The user is locked out of this application for a while.") { RetryAfter = (int)Math.Ceiling((end - now).TotalSeconds) }
        : new(403, "auth_locked", "Too many wrong codes. Only an administrator can unlock this user.");
}
