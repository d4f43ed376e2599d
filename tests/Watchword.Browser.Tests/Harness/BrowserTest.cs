using System.Collections.Concurrent;

namespace Watchword.Browser.Tests.Harness;

/// <summary>
/// A test in the browser. Whatever a page complains about fails it: an error in the console (a breach of the content security policy is one), a
/// script that throws, a request that fails or is refused. What a test means to provoke it says beforehand, by <see cref="Allow"/>.
/// </summary>
public abstract class BrowserTest(Chromium chromium) : IAsyncLifetime
{
    private readonly ConcurrentBag<IBrowserContext> _visitors = [];
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentBag<string> _allowed = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Opens an address in a new profile, as a visitor who was never there.</summary>
    protected async Task<IPage> VisitAsync(string url, BrowserNewContextOptions? options = null)
    {
        options ??= new();
        options.ViewportSize ??= new ViewportSize { Width = 1280, Height = 800 };
        var visitor = await chromium.ContextAsync(options);
        _visitors.Add(visitor);
        visitor.Page += (_, page) => Listen(page);
        var page = await visitor.NewPageAsync();
        await page.GotoAsync(url);
        return page;
    }

    /// <summary>Complaints that hold this text are meant to come, for example <c>" 403 "</c> or the path of a request.</summary>
    protected void Allow(string text) => _allowed.Add(text);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            await Task.WhenAll(_visitors.SelectMany(v => v.Pages).Select((page, n) => Shots.OfFailureAsync(page, $"{TestContext.Current.Test?.TestDisplayName}-{n}")));
        await Task.WhenAll(_visitors.Select(v => v.CloseAsync()));
        var left = _complaints.ToList().FindAll(c => !_allowed.Any(a => c.Contains(a, StringComparison.Ordinal)));
        Assert.True(left.Count == 0, string.Join('\n', left));
    }

    private void Listen(IPage page)
    {
        page.Console += (_, message) =>
        {
            // What the browser says of a refused request has no address in its text; the response below has.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _complaints.Enqueue($"console of {page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => _complaints.Enqueue($"script of {page.Url}: {error}");
        page.RequestFailed += (_, request) =>
        {
            // Leaving a page ends the requests that it still had.
            if (request.Failure != "net::ERR_ABORTED")
                _complaints.Enqueue($"{request.Method} {request.Url} failed: {request.Failure}");
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
                _complaints.Enqueue($"{response.Request.Method} {response.Url} answered {response.Status} ");
        };
    }
}
