using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Time.Testing;
using Watchword.Client.Management;
using Watchword.Client.Users;
using Watchword.Server.Tests.Harness;

namespace Watchword.Client.Tests;

/// <summary>What is tried again, what never is, and when to stop waiting.</summary>
public sealed class RetryTests(SharedServers servers)
{
    private static readonly Identifier Someone = Identifier.UserId("someone");

    [Theory]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(0)]
    public async Task What_does_no_harm_is_tried_again(int status)
    {
        var tap = new Tap { Instead = (request, n) => IsToken(request) || n > 2 ? null : Fails(status, HttpRequestError.ResponseEnded) };
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client(tap);
        Assert.Equal(0, await watchword.Users.CountAsync());
        Assert.Equal(3, tap.Count("/users/count"));
        Assert.Null(await watchword.Users.UpdateAsync("nobody", new UserUpdate { Language = "en" }));
        Assert.Equal(3, tap.Count("/users/nobody"));
    }

    [Fact]
    public async Task After_the_last_retry_the_failure_is_told()
    {
        var tap = new Tap { Instead = (request, _) => IsToken(request) ? null : Fails(503, default) };
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client(tap, more: o => o.MaxRetries = 1);
        Assert.Equal(503, (int)(await Assert.ThrowsAsync<WatchwordException>(() => watchword.Users.CountAsync())).StatusCode!);
        Assert.Equal(2, tap.Count("/users/count"));

        var away = Backend.Client("http://127.0.0.1:1", "id", "secret", more: o => o.MaxRetries = 0);
        Assert.Equal(ErrorCodes.Unreachable, (await Assert.ThrowsAsync<WatchwordException>(() => away.Users.CountAsync())).ErrorCode);
        Assert.False(await away.Discovery.IsReadyAsync());
    }

    [Theory]
    [InlineData(503, HttpRequestError.Unknown, 1)]
    [InlineData(0, HttpRequestError.ResponseEnded, 1)]
    [InlineData(0, HttpRequestError.ConnectionError, 3)]
    [InlineData(0, HttpRequestError.NameResolutionError, 3)]
    public async Task A_send_is_tried_again_only_when_no_connection_was_made(int status, HttpRequestError error, int tries)
    {
        var tap = new Tap { Instead = (request, _) => IsToken(request) ? null : Fails(status, error) };
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client(tap);
        await Assert.ThrowsAsync<WatchwordException>(() => watchword.Otp.SendAsync(Someone));
        Assert.Equal(tries, tap.Count("/otp/send"));
        await Assert.ThrowsAsync<WatchwordException>(() => watchword.Users.CreateAsync(new NewUser { Email = "a@example.com" }));
        Assert.Equal(tries, tap.Count("/v1/users"));
        await Assert.ThrowsAsync<WatchwordException>(() => watchword.Management.Clients.CreateAsync("app", new ClientChange("name")));
        Assert.Equal(tries, tap.Count("/clients"));
    }

    [Theory]
    [InlineData(503, HttpRequestError.Unknown)]
    [InlineData(0, HttpRequestError.ResponseEnded)]
    [InlineData(0, HttpRequestError.ConnectionError)]
    public async Task A_guess_and_a_refresh_are_never_tried_again(int status, HttpRequestError error)
    {
        var tap = new Tap { Instead = (request, _) => IsToken(request) ? null : Fails(status, error) };
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client(tap);
        await Assert.ThrowsAsync<WatchwordException>(() => watchword.Otp.AuthenticateAsync(Someone, "123456"));
        await Assert.ThrowsAsync<WatchwordException>(() => watchword.Sessions.RefreshAsync("token"));
        Assert.Equal((1, 1), (tap.Count("/otp/authenticate"), tap.Count("/token/refresh")));
    }

    [Fact]
    public async Task What_a_lost_answer_had_removed_counts_as_removed()
    {
        var tap = new Tap { Instead = (request, n) => IsToken(request) || n > 1 ? null : Fails(502, default) };
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client(tap);
        Assert.True(await watchword.Users.RemoveFromApplicationAsync("gone-already"));
        Assert.False(await watchword.Users.RemoveFromApplicationAsync("gone-already"));
    }

    [Fact]
    public async Task A_server_that_asks_to_wait_is_waited_for_or_told()
    {
        var app = await servers.ApplicationAsync(Engine.Sqlite);
        var tap = new Tap { Instead = (request, n) => IsToken(request) || n > 1 ? null : Busy(TimeSpan.FromSeconds(1)) };
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await app.Client(tap).Users.CountAsync());
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 0.9, 10);

        tap = new Tap { Instead = (request, _) => IsToken(request) ? null : Busy(TimeSpan.FromMinutes(5)) };
        var watchword = app.Client(tap);
        var busy = await Assert.ThrowsAsync<WatchwordException>(() => watchword.Users.CountAsync());
        Assert.Equal((TimeSpan.FromMinutes(5), 1), (busy.RetryAfter!.Value, tap.Count("/users/count")));
    }

    [Fact]
    public async Task A_call_ends_by_itself_or_when_its_caller_says_so()
    {
        var clock = new FakeTimeProvider();
        var silent = new Silent();
        var watchword = Backend.Client("http://127.0.0.1:1", "id", "secret", silent, clock);
        var call = watchword.Otp.AuthenticateAsync(Someone, "123456");
        await silent.Asked;
        clock.Advance(TimeSpan.FromMilliseconds(14_999));
        Assert.False(call.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(ErrorCodes.Timeout, (await Assert.ThrowsAsync<WatchwordException>(() => call)).ErrorCode);

        using var cancel = new CancellationTokenSource();
        var other = Backend.Client("http://127.0.0.1:1", "id", "secret", new Silent()).Users.CountAsync(cancel.Token);
        await cancel.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
    }

    [Theory]
    [InlineData(200, "<html>welcome</html>", ErrorCodes.UnreadableAnswer)]
    [InlineData(302, "", ErrorCodes.UnreadableAnswer)]
    [InlineData(404, "<html>nothing here</html>", ErrorCodes.UnreadableAnswer)]
    [InlineData(500, """{"error_code":500,"message":"Something went wrong here."}""", ErrorCodes.InternalError)]
    [InlineData(429, """{"error_code":429,"message":"Slower."}""", ErrorCodes.TooManyRequests)]
    [InlineData(409, """{"error_code":409,"ts_error_code":"keys_too_fresh","message":"Later."}""", ErrorCodes.KeysTooFresh)]
    [InlineData(400, """{"error":"invalid_target","error_description":"Not that."}""", ErrorCodes.InvalidTarget)]
    public async Task Every_refusal_has_a_code(int status, string body, string code)
    {
        var tap = new Tap { Instead = (request, _) => IsToken(request) ? null : new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) } };
        var watchword = (await servers.ApplicationAsync(Engine.Sqlite)).Client(tap);
        var refusal = await Assert.ThrowsAsync<WatchwordException>(() => watchword.Users.GetAsync("id"));
        Assert.Equal((code, status), (refusal.ErrorCode, (int)refusal.StatusCode!));
        Assert.DoesNotContain("<html>", refusal.ToString(), StringComparison.Ordinal);
    }

    private static bool IsToken(HttpRequestMessage request) => request.RequestUri!.AbsolutePath == "/oidc/token";

    private static HttpResponseMessage Fails(int status, HttpRequestError error) =>
        status == 0 ? throw new HttpRequestException(error) : new HttpResponseMessage((HttpStatusCode)status);

    private static HttpResponseMessage Busy(TimeSpan wait) =>
        new(HttpStatusCode.ServiceUnavailable) { Headers = { RetryAfter = new RetryConditionHeaderValue(wait) } };

    /// <summary>Gives out a token and then never answers.</summary>
    private sealed class Silent : HttpMessageHandler
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (IsToken(request))
                return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("""{"access_token":"t","expires_in":3600}""") };
            _asked.TrySetResult();
            await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            throw new InvalidOperationException("never");
        }
    }
}
