using System.Text.Json;

namespace Watchword.Server.Api;

/// <summary>
/// Turns whatever goes wrong before or inside an endpoint into an answer of its shape: unreadable input is the caller's fault and says
/// where; anything else is ours, is logged, and says nothing.
/// </summary>
internal sealed class BadRequests(RequestDelegate next, ILogger<BadRequests> log)
{
    /// <summary>Longest body that any JSON or form call needs, bytes.</summary>
    public const int LongestBody = 64 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.ContentLength > LongestBody)
        {
            // Answered without reading; Kestrel reads the rest away, so that the caller gets to see the answer.
            await ApiErrors.InvalidInput(TooLong).ExecuteAsync(context);
            return;
        }
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException fault) when (!context.Response.HasStarted)
        {
            await ApiErrors.InvalidInput(Explain(fault)).ExecuteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller has hung up.
        }
#pragma warning disable CA1031 // The last line: nothing may leave as a stack trace.
        catch (Exception failure) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            ApiTelemetry.Failed(log, failure, context.Request.Method, (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)");
            context.Response.Clear();
            await new ApiError(500, "internal_error", "Something went wrong here. It has been logged; try again.").ExecuteAsync(context);
        }
    }

    private const string TooLong = "The body is larger than 64 KiB.";

    /// <summary>Never the framework's own text: it names our types.</summary>
    private static string Explain(BadHttpRequestException fault) => fault switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLong,
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => "Send the body as JSON, with Content-Type: application/json.",
        { InnerException: JsonException { Path: { Length: > 2 } path } } => $"The field '{Shorten(path[2..])}' is missing, malformed or has the wrong type.",
        { InnerException: JsonException } => "The body is not the JSON object that this call takes.",
        _ => "The request is malformed or lacks a body or parameter.",
    };

    private static string Shorten(string path) => path.Length <= 80 && path.All(c => c is >= ' ' and <= '~') ? path : "(unprintable)";
}
