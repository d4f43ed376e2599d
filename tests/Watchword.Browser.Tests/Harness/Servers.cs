using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Watchword.Server.Delivery;
using Watchword.Server.Tests.Harness;
using Watchword.Server.Tests.Interop;

namespace Watchword.Browser.Tests.Harness;

/// <summary>Servers for a browser: they are where they say they are. <see cref="Loopback.ServerAsync"/> is one in production mode.</summary>
internal static class Servers
{
    /// <summary>As <c>dotnet run</c> starts it: welcome page, inbox, demo application. On the real clock, unless it is given one.</summary>
    public static Task<TestServer> DevelopmentAsync(TimeProvider? clock = null)
    {
        var url = $"http://localhost:{Loopback.FreePort()}";
        return TestServer.StartAsync(
            Engine.Sqlite,
            builder =>
            {
                builder.Environment.EnvironmentName = "Development";
                builder.WebHost.UseUrls(url);
                builder.Services.AddSingleton(clock ?? TimeProvider.System);
                builder.Services.RemoveAll<IMessageSender>(); // The inbox takes the messages.
            },
            ("Watchword:PublicUrl", url));
    }
}
