using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Watchword.Client.Wire;

/// <summary>What came back.</summary>
/// <param name="Call">To what.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The body.</param>
/// <param name="RetryAfter">How long to wait, where the server says so.</param>
/// <param name="Repeated">An earlier try may have been carried out.</param>
internal sealed record Answer(Call Call, HttpStatusCode Status, byte[] Body, TimeSpan? RetryAfter, bool Repeated)
{
    public bool Succeeded => (int)Status is >= 200 and < 300;

    /// <summary>The server says that there is no such thing; anything else that says 404 stands at a wrong address.</summary>
    private bool IsAbsent => Status == HttpStatusCode.NotFound && Refusal().ErrorCode != ErrorCodes.UnreadableAnswer;

    /// <summary>Throws unless the call succeeded.</summary>
    public void Check()
    {
        if (!Succeeded)
            throw Refusal();
    }

    /// <summary>The body of a success; anything else is thrown.</summary>
    public T Read<T>(JsonTypeInfo<T> type)
    {
        Check();
        try
        {
            return JsonSerializer.Deserialize(Body, type) ?? throw Unreadable(null);
        }
        catch (JsonException fault)
        {
            throw Unreadable(fault);
        }
    }

    /// <summary>The body of a success, or null when there is no such thing; anything else is thrown.</summary>
    public T? Find<T>(JsonTypeInfo<T> type)
        where T : class => IsAbsent ? null : Read(type);

    /// <summary>
    /// Whether the call removed something; false when it was not there. When an earlier try may have removed it already, it did.
    /// </summary>
    public bool Removed(string? absentCode = null)
    {
        if (Succeeded)
            return true;
        var refusal = Refusal();
        return IsAbsent || refusal.ErrorCode == absentCode ? Repeated : throw refusal;
    }

    /// <summary>Whether the call changed something; false when it was not there.</summary>
    public bool Changed()
    {
        if (IsAbsent)
            return false;
        Check();
        return true;
    }

    /// <summary>The server's refusal, in any of its three spellings.</summary>
    public WatchwordException Refusal()
    {
        var (code, faults) = Spelled();
        return new WatchwordException(code ?? CodeOf(Status), faults.Count > 0 ? string.Join(' ', faults) : $"The server answered {(int)Status} to {Call}.", Status)
        {
            Faults = faults,
            RetryAfter = RetryAfter,
            Route = Call.Address.Route,
        };
    }

    /// <summary>Method, route and status; the body may hold a token.</summary>
    public override string ToString() => $"{Call} -> {(int)Status}";

    /// <summary>How long an answer asks to wait: seconds, or until an instant (RFC 9110 §10.2.3).</summary>
    public static TimeSpan? Wait(HttpResponseMessage response, DateTimeOffset now) => response.Headers.RetryAfter switch
    {
        { Delta: { } seconds } => seconds,
        { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
        _ => null,
    };

    private (string? Code, IReadOnlyList<string> Faults) Spelled()
    {
        try
        {
            var body = JsonElement.Parse(Body);
            if (body.ValueKind != JsonValueKind.Object)
                return (ErrorCodes.UnreadableAnswer, []);
            var code = Text(body, "ts_error_code") ?? Text(body, "error_code") ?? Text(body, "error");
            if (code is null && !body.TryGetProperty("error_code", out _))
                return (ErrorCodes.UnreadableAnswer, []);
            return (code, body.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.Array
                ? [.. message.EnumerateArray().Select(m => m.ToString())]
                : (Text(body, "message") ?? Text(body, "error_description")) is { } sentence ? [sentence] : []);
        }
        catch (JsonException)
        {
            return (ErrorCodes.UnreadableAnswer, []);
        }
    }

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>For refusals that repeat the status in place of a code.</summary>
    private static string CodeOf(HttpStatusCode status) => (int)status switch
    {
        400 => ErrorCodes.InvalidInput,
        401 => ErrorCodes.Unauthorized,
        403 => ErrorCodes.Forbidden,
        404 => ErrorCodes.NotFound,
        405 => ErrorCodes.MethodNotAllowed,
        429 => ErrorCodes.TooManyRequests,
        >= 500 => ErrorCodes.InternalError,
        var other => other.ToString(CultureInfo.InvariantCulture),
    };

    private WatchwordException Unreadable(Exception? fault) =>
        new(ErrorCodes.UnreadableAnswer, $"The answer to {Call} cannot be read. Check the address of the server.", Status, fault) { Route = Call.Address.Route };
}
