using System.Net;
using Watchword.Client.Users;
using Watchword.Server.Tests.Harness;

namespace Watchword.Client.Tests;

/// <summary>The client's own token: fetched once, renewed in time, replaced when refused.</summary>
public sealed class TokenTests
{
    [Fact]
    public async Task A_hundred_calls_at_once_fetch_one_token()
    {
        await using var server = await TestServer.StartAsync();
        var tap = new Tap();
        var watchword = (await server.ApplicationAsync()).Client(tap, server.Clock);
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => watchword.Users.CountAsync()));
        Assert.Equal((1, 100), (tap.Count("/oidc/token"), tap.Count("/users/count")));
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_expires()
    {
        await using var server = await TestServer.StartAsync();
        var tap = new Tap();
        var watchword = (await server.ApplicationAsync()).Client(tap, server.Clock);
        var first = await watchword.Tokens.GetClientTokenAsync();
        server.Clock.Advance(TimeSpan.FromSeconds(3299));
        Assert.Equal(first, await watchword.Tokens.GetClientTokenAsync());
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => watchword.Users.CountAsync()));
        Assert.NotEqual(first, await watchword.Tokens.GetClientTokenAsync());
        Assert.Equal(2, tap.Count("/oidc/token"));
    }

    [Fact]
    public async Task A_token_that_cannot_be_renewed_is_used_to_its_end()
    {
        await using var server = await TestServer.StartAsync();
        var tap = new Tap();
        var watchword = (await server.ApplicationAsync()).Client(tap, server.Clock, o => o.MaxRetries = 0);
        var first = await watchword.Tokens.GetClientTokenAsync();
        tap.Instead = (request, _) => request.RequestUri!.AbsolutePath == "/oidc/token" ? new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) : null;
        server.Clock.Advance(TimeSpan.FromSeconds(3400));
        Assert.Equal(0, await watchword.Users.CountAsync());
        Assert.Equal(first, await watchword.Tokens.GetClientTokenAsync());
        Assert.Equal(2, tap.Count("/oidc/token"));
        server.Clock.Advance(TimeSpan.FromSeconds(200));
        var gone = await Assert.ThrowsAsync<WatchwordException>(() => watchword.Users.CountAsync());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, gone.StatusCode);
        tap.Instead = (_, _) => null;
        Assert.Equal(0, await watchword.Users.CountAsync());
    }

    [Fact]
    public async Task A_refused_token_is_replaced_once_and_the_call_made_again()
    {
        await using var server = await TestServer.StartAsync();
        var tap = new Tap();
        // A clock that lags behind the server's: the library takes for fresh what has expired.
        var lagging = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(server.Clock.GetUtcNow());
        var watchword = (await server.ApplicationAsync()).Client(tap, lagging);
        await watchword.Users.CreateAsync(new NewUser { PhoneNumber = "+447400000001" });
        server.Clock.Advance(TimeSpan.FromHours(2));
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => watchword.Users.CountAsync())), count => Assert.Equal(1, count));
        Assert.InRange(tap.Count("/oidc/token"), 2, 2);

        tap.Instead = (request, _) => request.RequestUri!.AbsolutePath == "/oidc/token" ? null : new HttpResponseMessage(HttpStatusCode.Unauthorized);
        var before = tap.Requests.Count;
        await Assert.ThrowsAsync<WatchwordException>(() => watchword.Users.CountAsync());
        Assert.Equal(["GET /cis/v1/users/count", "POST /oidc/token", "GET /cis/v1/users/count"], tap.Requests.Skip(before));
    }

    [Fact]
    public async Task Wrong_credentials_are_told_and_a_new_secret_is_taken_up()
    {
        await using var server = await TestServer.StartAsync();
        var app = await server.ApplicationAsync();
        var wrong = Backend.Client(server.Url, app.ClientId, "not the secret");
        var refused = await Assert.ThrowsAsync<WatchwordException>(() => wrong.Users.CountAsync());
        Assert.Equal((ErrorCodes.InvalidClient, HttpStatusCode.Unauthorized), (refused.ErrorCode, refused.StatusCode));

        var management = Backend.Client(server.Url, TestServer.ManagementClientId, TestServer.ManagementClientSecret);
        var rotated = await management.Management.Clients.RotateSecretAsync(app.AppId, app.ClientId, overlap: TimeSpan.Zero);
        Assert.Equal(0, await Backend.Client(server.Url, app.ClientId, rotated.ClientSecret).Users.CountAsync());
    }

    [Fact]
    public async Task One_caller_who_gives_up_stops_nobody_else()
    {
        await using var server = await TestServer.StartAsync();
        var gate = new SemaphoreSlim(0);
        var watchword = (await server.ApplicationAsync()).Client(new Gate(gate));
        using var impatient = new CancellationTokenSource();
        var one = watchword.Tokens.GetClientTokenAsync(impatient.Token);
        var other = watchword.Tokens.GetClientTokenAsync();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        gate.Release();
        Assert.NotEmpty(await other);
    }

    private sealed class Gate(SemaphoreSlim gate) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await gate.WaitAsync(cancellationToken);
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
