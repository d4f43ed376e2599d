using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Watchword.Server.Tests.Harness;

namespace Watchword.Client.Tests;

/// <summary>Makes clients of a test server.</summary>
internal static class Backend
{
    public const string Issuer = "http://127.0.0.1:5080/cis/oidc";

    public static WatchwordClient Client(
        this TestApplication app, HttpMessageHandler? handler = null, TimeProvider? time = null, Action<WatchwordOptions>? more = null, ILogger<WatchwordClient>? log = null) =>
        Client(app.Server.Url, app.ClientId, app.ClientSecret, handler, time, more, log);

    public static WatchwordClient Client(this TestTenant tenant) => Client(tenant.Server.Url, tenant.ClientId, tenant.ClientSecret);

    public static WatchwordClient Client(
        string url, string id, string secret, HttpMessageHandler? handler = null, TimeProvider? time = null, Action<WatchwordOptions>? more = null,
        ILogger<WatchwordClient>? log = null)
    {
        var options = new WatchwordOptions { ServerUrl = new Uri(url), Issuer = new Uri(Issuer), ClientId = id, ClientSecret = secret };
        more?.Invoke(options);
        return new WatchwordClient(new HttpClient(handler ?? new SocketsHttpHandler()), options, time, log);
    }

    private static int _phones = 420_000_000;

    /// <summary>A number that no other test uses.</summary>
    public static string NewPhone() => $"+447{Interlocked.Increment(ref _phones)}";
}

/// <summary>Counts requests on their way to the server, and answers some itself.</summary>
internal sealed class Tap() : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly ConcurrentQueue<string> _requests = new();

    /// <summary>Method and path of every request, in order.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>Those of a path.</summary>
    public int Count(string path) => _requests.Count(r => r.EndsWith(path, StringComparison.Ordinal));

    /// <summary>What to answer in the server's place: takes the request and how often its path was asked for. Null lets it through.</summary>
    public Func<HttpRequestMessage, int, HttpResponseMessage?> Instead { get; set; } = (_, _) => null;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        _requests.Enqueue($"{request.Method} {path}");
        return Instead(request, Count(path)) ?? await base.SendAsync(request, cancellationToken);
    }
}
