using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Watchword.Server.Delivery.Providers;

/// <summary>
/// How every provider with an HTTP API, and every webhook, is spoken to: no redirect is followed (it would carry the number and the code elsewhere), no
/// cookie is kept, no more than 64 KB of an answer are read, nothing is logged or traced, certificates are checked, and internal networks
/// are not called. Time is the caller's: its token ends the wait.
/// </summary>
internal sealed class ProviderHttp(TimeProvider time, ProviderNetworks networks) : IDisposable
{
    private const int LongestAnswer = 64 * 1024;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    // It is read by programs; a plus or an é as it is suits the simplest of them.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        // Shorter than any sensible time for a whole try: a provider that cannot be reached is then known not to have the message.
        ConnectTimeout = TimeSpan.FromSeconds(4),
        // Names may come to mean other addresses.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        // Before the other side hangs up, for then it is unknown whether it read what was just sent.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        // No trace headers for third parties, no spans with their addresses.
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, cancellation) => ConnectAsync(networks, context, cancellation),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>
    /// Asks and reads the answer. Throws only when cancelled. Without an answer it says whether the request can have arrived: not when
    /// no connection came about, perhaps when one broke.
    /// </summary>
    /// <param name="request">What to ask.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="longestPause">The longest that the other side may ask to be left alone; what is longer is taken for this. Usually ten minutes.</param>
    public async Task<ProviderAnswer> AskAsync(HttpRequestMessage request, CancellationToken cancellation, TimeSpan? longestPause = null)
    {
        request.Headers.UserAgent.TryParseAdd("Watchword");
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var pause = Pause(response, longestPause ?? LongestPause);
            try
            {
                return new ProviderAnswer((int)response.StatusCode, await ReadAsync(response, cancellation), pause);
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException && !response.IsSuccessStatusCode)
            {
                // A no is a no, even without its reasons.
                return new ProviderAnswer((int)response.StatusCode, [], pause);
            }
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException)
        {
            cancellation.ThrowIfCancellationRequested();
            if (failure.InnerException is InternalAddressException)
                return ProviderAnswer.None(ProviderNetworks.Refusal);
            return ProviderAnswer.None(Lost((failure as HttpRequestException)?.HttpRequestError));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Only connecting has a time limit of its own.
            return ProviderAnswer.None(Lost(HttpRequestError.ConnectionError));
        }
    }

    /// <summary>A body of JSON, of known length: not every gateway understands one that comes in pieces.</summary>
    public static HttpContent Json(JsonObject json) =>
        new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(json, Plain)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    public void Dispose() => _client.Dispose();

    private static async ValueTask<Stream> ConnectAsync(ProviderNetworks networks, SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        // The operator's proxy (HTTPS_PROXY) may well be internal; what lies behind it, it has to guard itself.
        var toProxy = HttpClient.DefaultProxy.GetProxy(context.InitialRequestMessage.RequestUri!) is { } proxy && proxy.IdnHost == host && proxy.Port == port;
        return new NetworkStream(
            toProxy ? await ProviderNetworks.ConnectToProxyAsync(host, port, cancellation) : await networks.ConnectAsync(host, port, cancellation), ownsSocket: true);
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var body = new byte[LongestAnswer + 1];
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellation);
        return length > LongestAnswer ? [] : body[..length];
    }

    private TimeSpan? Pause(HttpResponseMessage response, TimeSpan longest)
    {
        var asked = response.Headers.RetryAfter;
        var pause = asked?.Delta ?? asked?.Date - time.GetUtcNow();
        return pause is null ? null : TimeSpan.FromTicks(Math.Clamp(pause.Value.Ticks, 0, longest.Ticks));
    }

    private static SendResult Lost(HttpRequestError? error) => error switch
    {
        HttpRequestError.NameResolutionError => new(SendOutcome.TryLater, "The host name could not be resolved."),
        HttpRequestError.SecureConnectionError =>
            new(SendOutcome.TryLater, "No secure connection came about; the certificate may be wrong or expired."),
        HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError => new(SendOutcome.TryLater, "The address could not be reached."),
        _ => new(SendOutcome.Unknown, "The connection to the provider broke before its answer came, so it may have taken the message."),
    };
}
