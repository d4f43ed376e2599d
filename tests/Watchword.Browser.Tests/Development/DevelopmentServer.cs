using Watchword.Browser.Tests.Harness;
using Watchword.Server.Tests.Harness;

namespace Watchword.Browser.Tests.Development;

/// <summary>One development server for the tests of a class; each takes numbers of its own.</summary>
public sealed class DevelopmentServer : IAsyncLifetime
{
    private TestServer _server = null!;

    public string Url => _server.Url;

    public async ValueTask InitializeAsync() => _server = await Servers.DevelopmentAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
