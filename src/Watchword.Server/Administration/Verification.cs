namespace Watchword.Server.Administration;

/// <summary>Asks the other side whether new settings are right, and waits for it as long as an administrator may wait for an answer.</summary>
internal static class Verification
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Null when they are; otherwise a sentence that begins with <paramref name="at"/> and says what to do.</summary>
    /// <param name="what">What is asked, as a sentence calls it.</param>
    /// <param name="at">The place in the input.</param>
    /// <param name="ask">Asks; null when all is well.</param>
    /// <param name="time">For the time limit.</param>
    /// <param name="cancellation">The administrator has gone.</param>
    public static async Task<string?> RunAsync(string what, string at, Func<CancellationToken, Task<string?>> ask, TimeProvider time, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            return await ask(both.Token) is { } fault ? at + fault : null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"{at}The {what} did not answer within {Timeout.TotalSeconds} seconds. See that it can be reached from here, then try again.";
        }
    }
}
