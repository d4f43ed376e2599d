using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Watchword.Server.Tests.Delivery.Providers;

/// <summary>An SMTP server with one answer per command, so that a test can change any of them.</summary>
internal sealed class LoopbackMailServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentBag<Task> _work = [];
    private readonly TaskCompletionSource _hanging = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LoopbackMailServer()
    {
        _listener.Start();
        _work.Add(AcceptAsync());
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Answers by the first word of a command; "." is the end of the mail. An empty answer hangs up, null never answers.</summary>
    public Dictionary<string, string?> Answers { get; } = new()
    {
        ["connect"] = "220 mail.test ESMTP",
        ["EHLO"] = "250-mail.test\r\n250-AUTH PLAIN\r\n250 ENHANCEDSTATUSCODES",
        ["AUTH"] = "235 2.7.0 Authentication successful",
        ["MAIL"] = "250 2.1.0 Ok",
        ["RCPT"] = "250 2.1.5 Ok",
        ["DATA"] = "354 End data with <CR><LF>.<CR><LF>",
        ["."] = "250 2.0.0 Ok: queued as 12345",
        ["QUIT"] = "221 2.0.0 Bye",
    };

    /// <summary>Everything that came in.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    public Task Hanging => _hanging.Task;

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
            using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
            var command = "connect";
            var inMail = false;
            while (true)
            {
                if (!inMail || command == ".")
                {
                    if (!Answers.TryGetValue(command, out var answer))
                        answer = "500 5.5.2 What?";
                    if (answer is null)
                    {
                        _hanging.TrySetResult();
                        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _end.Token);
                    }
                    if (answer!.Length == 0)
                        return;
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(answer + "\r\n"), _end.Token);
                    inMail = command == "DATA" && answer.StartsWith("354", StringComparison.Ordinal);
                }
                if (await reader.ReadLineAsync(_end.Token) is not { } line)
                    return;
                _lines.Enqueue(line);
                command = inMail && line != "." ? "" : line.Split(' ')[0];
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // The other side had enough.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await Task.WhenAll(_work);
        _end.Dispose();
    }
}
