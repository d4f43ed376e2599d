using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Watchword.Server.Tests.Harness;

namespace Watchword.Server.Tests.Interop;

/// <summary>Servers that can be reached at the address they say they are at.</summary>
internal static class Loopback
{
    // Below the ports that systems hand out by themselves, and no number twice in this process.
    private static int _last = 10_000 + RandomNumberGenerator.GetInt32(8_000);

    /// <summary>A port that is free.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Interlocked.Increment(ref _last);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Someone else's.
            }
        }
    }

    /// <summary>A server whose issuer is its own address, on the real clock: other programs check its tokens.</summary>
    public static Task<TestServer> ServerAsync()
    {
        var url = $"http://127.0.0.1:{FreePort()}";
        return TestServer.StartAsync(
            Engine.Sqlite,
            builder =>
            {
                builder.WebHost.UseUrls(url);
                builder.Services.AddSingleton(TimeProvider.System);
            },
            ("Watchword:PublicUrl", url));
    }
}
