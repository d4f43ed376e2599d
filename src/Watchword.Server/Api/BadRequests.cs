using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

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
        if (context.Request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) == true)
        {
            await ApiErrors.InvalidInput("The query must not hold a NUL character (%00).").ExecuteAsync(context);
            return;
        }
        if (!HasKnownCharset(context.Request.ContentType))
        {
            await ApiErrors.InvalidInput("Send the body in UTF-8.").ExecuteAsync(context);
            return;
        }
        if (context.Request.ContentLength is null && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
            context.Request.Body = new BoundedBody(context.Request.Body, LongestBody);
        try
        {
            await next(context);
            if (!context.Response.HasStarted && Unanswered(context.Response.StatusCode) is { } refusal)
                await refusal.ExecuteAsync(context);
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
    private const string NotJson = "Send the body as JSON, with Content-Type: application/json.";

    /// <summary>What routing and body reading refuse by themselves, they refuse without a word.</summary>
    private static ApiError? Unanswered(int status) => status switch
    {
        StatusCodes.Status404NotFound => new(404, "not_found", "There is nothing at this address."),
        StatusCodes.Status405MethodNotAllowed => new(405, "method_not_allowed", "This address does not take this method; the Allow header says which it takes."),
        StatusCodes.Status413PayloadTooLarge => ApiErrors.InvalidInput(TooLong),
        StatusCodes.Status415UnsupportedMediaType => ApiErrors.InvalidInput(NotJson),
        _ => null,
    };

    /// <summary>ASP.NET takes a charset that nobody has heard of for a fault of ours.</summary>
    private static bool HasKnownCharset(string? contentType)
    {
        if (contentType is null || !contentType.Contains("charset", StringComparison.OrdinalIgnoreCase)
            || !MediaTypeHeaderValue.TryParse(contentType, out var type) || type.Charset.Length == 0)
            return true;
        try
        {
            Encoding.GetEncoding(HeaderUtilities.RemoveQuotes(type.Charset).ToString());
            return true;
        }
        catch (Exception unknown) when (unknown is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    /// <summary>Never the framework's own text: it names our types.</summary>
    private static string Explain(BadHttpRequestException fault) => fault switch
    {
        { StatusCode: StatusCodes.Status413PayloadTooLarge } => TooLong,
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => NotJson,
        { InnerException: JsonException { Path: { Length: > 2 } path } } => $"The field '{Shorten(path[2..])}' is missing, malformed or has the wrong type.",
        { InnerException: JsonException } => "The body is not the JSON object that this call takes.",
        _ => "The request is malformed or lacks a body or parameter.",
    };

    private static string Shorten(string path) => path.Length <= 80 && path.All(c => c is >= ' ' and <= '~') ? path : "(unprintable)";
}

/// <summary>
/// A body of unannounced length, which ends in a refusal where it grows too long. Kestrel's own limit would break the connection instead.
/// </summary>
internal sealed class BoundedBody(Stream body, int longest) : Stream
{
    private int _left = longest;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        _left -= read;
        return _left >= 0 ? read : throw new BadHttpRequestException("", StatusCodes.Status413PayloadTooLarge);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
