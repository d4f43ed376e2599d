using Microsoft.AspNetCore.Mvc.Filters;

namespace Acme.Web.Login;

/// <summary>
/// Lets the answer to a form go at a multiple of <see cref="AcmeOptions.Pace"/> after it came. Watchword itself takes as long for a number that
/// nobody has as for one that somebody has; but an account is made on the one way and not on the other, a message goes out for the one and not
/// for the other, and how long that takes a patient stranger can measure.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class EvenTimeAttribute : Attribute, IAsyncPageFilter
{
    public Task OnPageHandlerSelectionAsync(PageHandlerSelectedContext context) => Task.CompletedTask;

    public async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        if (!HttpMethods.IsPost(context.HttpContext.Request.Method))
        {
            await next();
            return;
        }
        var pace = context.HttpContext.RequestServices.GetRequiredService<AcmeOptions>().Pace;
        var began = TimeProvider.System.GetTimestamp();
        await next();
        var taken = TimeProvider.System.GetElapsedTime(began);
        await WaitUntilAsync(began, taken + Rest(taken, pace), context.HttpContext.RequestAborted);
    }

    /// <summary>
    /// Timers go by a coarse clock and are early by up to some milliseconds, by how many depends on when the work was done. So they are asked again
    /// until it is time: then when the answer leaves depends on when the question came, and on nothing else.
    /// </summary>
    private static async Task WaitUntilAsync(long began, TimeSpan end, CancellationToken stop)
    {
        for (var rest = end - TimeProvider.System.GetElapsedTime(began); rest > TimeSpan.Zero; rest = end - TimeProvider.System.GetElapsedTime(began))
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)), TimeProvider.System, stop);
    }

    /// <summary>What is left until the next multiple of the pace; nothing when there is no pace.</summary>
    internal static TimeSpan Rest(TimeSpan taken, TimeSpan pace) =>
        pace <= TimeSpan.Zero ? TimeSpan.Zero : pace - TimeSpan.FromTicks(taken.Ticks % pace.Ticks);
}
