using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Watchword.Server.Delivery.Providers;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>A request as it came over the wire.</summary>
internal sealed record Asked(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public FormFields Form => FormFields.Of(Body);

    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Body);
}

/// <summary>What to answer; the last three are for servers that are not well.</summary>
internal sealed record Reply(int Status, string Body, params (string Name, string Value)[] Headers)
{
    /// <summary>Never answer.</summary>
    public static readonly Reply Hang = new(-1, "");

    /// <summary>Send half an answer and reset the connection.</summary>
    public static readonly Reply Reset = new(-2, "");

    /// <summary>Something, but not HTTP.</summary>
    public static readonly Reply Noise = new(-3, "");
}

/// <summary>An HTTP server made of sockets, so that it can also break off in the middle of an answer.</summary>
internal sealed class LoopbackGateway : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<Asked> _asked = new();
    private readonly ConcurrentBag<Task> _work = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LoopbackGateway()
    {
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _work.Add(AcceptAsync());
    }

    /// <summary>Where it is.</summary>
    public static ProviderNetworks Networks { get; } = new(ProviderNetworks.Loopback);

    public string Url { get; }

    public Func<Asked, Reply> Answer { get; set; } = _ => new Reply(404, "");

    public IReadOnlyList<Asked> Requests => [.. _asked];

    /// <summary>Done when something has been asked that gets no answer.</summary>
    public Task Hanging => _first.Task;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _work.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The end.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            await using var stream = client.GetStream();
            while (await ReadAsync(stream) is { } asked)
            {
                _asked.Enqueue(asked);
                var reply = Answer(asked);
                if (reply == Reply.Hang)
                {
                    _first.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _end.Token);
                }
                await stream.WriteAsync(Encoding.UTF8.GetBytes(Wire(reply)), _end.Token);
                if (reply == Reply.Reset)
                    client.Client.LingerState = new LingerOption(enable: true, 0);
                if (reply.Status < 0)
                    return;
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // The other side had enough.
        }
    }

    private static string Wire(Reply reply)
    {
        if (reply == Reply.Reset)
            return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"sid\":\"SM";
        if (reply == Reply.Noise)
            return "SMTP? 4711 I do not speak your language\r\n\r\n";
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {reply.Status} Whatever\r\nContent-Type: application/json\r\n");
        foreach (var (name, value) in reply.Headers)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        return head.Append(CultureInfo.InvariantCulture, $"Content-Length: {Encoding.UTF8.GetByteCount(reply.Body)}\r\n\r\n").Append(reply.Body).ToString();
    }

    private async Task<Asked?> ReadAsync(NetworkStream stream)
    {
        if (await LineAsync(stream) is not { Length: > 0 } first)
            return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(stream) is { Length: > 0 } line)
            headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        // Simple gateways need to be told the length, so it must be there.
        Assert.False(headers.ContainsKey("Transfer-Encoding"), "The body came in pieces.");
        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, _end.Token);
        var parts = first.Split(' ');
        return new Asked(parts[0], parts[1], headers, Encoding.UTF8.GetString(body));
    }

    private async Task<string?> LineAsync(NetworkStream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one, _end.Token) == 1)
        {
            if (one[0] == '\n')
                return Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
        }
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await Task.WhenAll(_work);
        _end.Dispose();
    }
}
