namespace Watchword.Server.Portal.Accounts;

/// <summary>
/// When a refused password is answered: on a beat, whatever was done before. A known address costs writes that an unknown one does not, and nobody
/// is to hear that.
/// </summary>
/// <param name="Beat">Longer than a refusal takes on a machine that is not busy.</param>
internal sealed record RefusalPace(TimeSpan Beat)
{
    public static readonly TimeSpan Usual = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits for the next beat since the try began.</summary>
    public Task WaitAsync(TimeProvider time, long began, CancellationToken cancellation)
    {
        if (Beat == TimeSpan.Zero)
            return Task.CompletedTask;
        var passed = time.GetElapsedTime(began);
        return Task.Delay((Beat * Math.Max(1, Math.Ceiling(passed / Beat))) - passed, time, cancellation);
    }
}
