using System.Net;

namespace Watchword.Client;

/// <summary>
/// A call that did not do what it was for. What normally happens to users (a wrong code, a limit, a lock) is no exception but an outcome of
/// the call.
/// </summary>
public sealed class WatchwordException : Exception
{
    /// <summary>Makes one, for tests of your own.</summary>
    public WatchwordException(string errorCode, string message, HttpStatusCode? statusCode = null, Exception? innerException = null)
        : base(message, innerException)
    {
        (ErrorCode, StatusCode, Faults) = (errorCode, statusCode, [message]);
    }

    /// <summary>For programs: one of <see cref="ErrorCodes"/>.</summary>
    public string ErrorCode { get; }

    /// <summary>What the server answered; null when there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>Every fault of the input, one sentence each.</summary>
    public IReadOnlyList<string> Faults { get; init; }

    /// <summary>How long to wait before trying again, where the server said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The address that was called, with names in place of values.</summary>
    public string? Route { get; init; }
}
