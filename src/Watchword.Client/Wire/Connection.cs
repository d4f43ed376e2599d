using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Watchword.Client.Wire;

/// <summary>Makes calls: within the time allowed, with a token of the client's, again where that does no harm.</summary>
internal sealed class Connection
{
    private const int LongestBackoff = 2000;
    private readonly HttpClient _http;
    private readonly Uri _server;
    private readonly Uri _issuer;
    private readonly ClientCredential _credential;
    private readonly TimeSpan _timeout;
    private readonly int _maxRetries;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    public Connection(HttpClient http, WatchwordOptions options, TimeProvider time, ILogger log)
    {
        (_http, _time, _log) = (http, time, log);
        (_server, _issuer, _credential) = (options.ServerUrl!, options.IssuerOrDefault, options.CredentialOrDefault);
        (_timeout, _maxRetries) = (options.Timeout, options.MaxRetries);
        Tokens = new ClientTokens(FetchTokenAsync, time);
    }

    /// <summary>The client's own token.</summary>
    public ClientTokens Tokens { get; }

    /// <summary>The answer, whatever it says; throws only when there is none.</summary>
    public async Task<Answer> SendAsync(Call call, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, deadline.Token);
        try
        {
            return await RepeatAsync(call, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new WatchwordException(ErrorCodes.Timeout, $"No answer to {call} in time. Whether it was carried out is not known.") { Route = call.Address.Route };
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    private async Task<Answer> RepeatAsync(Call call, CancellationToken cancellation)
    {
        var (again, renewed) = (0, false);
        var mayHaveWorked = false;
        while (true)
        {
            var token = call.Caller == Caller.ClientToken ? await Tokens.GetAsync(cancellation) : call.UserToken;
            TimeSpan? wait;
            try
            {
                var began = _time.GetTimestamp();
                using var request = call.Request(_server, token, _credential, _issuer, _time.GetUtcNow());
                using var response = await _http.SendAsync(request, cancellation);
                var answer = new Answer(
                    call, response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation), Answer.Wait(response, _time.GetUtcNow()), mayHaveWorked);
                ClientTelemetry.Answered(_log, call.Method, call.Address.Route, (int)answer.Status, (int)_time.GetElapsedTime(began).TotalMilliseconds);
                // The server looks at the token before anything else, so this call has done nothing yet, whatever it is.
                if ((int)answer.Status == 401 && call.Caller == Caller.ClientToken && !renewed)
                {
                    Tokens.Drop(token!);
                    renewed = true;
                    continue;
                }
                if ((int)answer.Status is not (502 or 503 or 504) || call.Repeat != Repeat.Freely || again == _maxRetries
                    || answer.RetryAfter?.TotalMilliseconds > LongestBackoff)
                    return answer;
                wait = answer.RetryAfter;
                mayHaveWorked = true;
                ClientTelemetry.Repeating(_log, call.Method, call.Address.Route, $"status {(int)answer.Status}");
            }
            catch (HttpRequestException failure)
            {
                var unheard = failure.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;
                if (again == _maxRetries || call.Repeat == Repeat.Never || (call.Repeat == Repeat.IfNeverConnected && !unheard))
                    throw Unreachable(call, failure);
                wait = null;
                mayHaveWorked |= !unheard;
                ClientTelemetry.Repeating(_log, call.Method, call.Address.Route, failure.HttpRequestError.ToString());
            }
            await Task.Delay(wait ?? Backoff(again), _time, cancellation);
            again++;
        }
    }

    /// <summary>A fetch belongs to all who wait for it, so it has a deadline of its own and no caller's cancellation.</summary>
    private async Task<ClientToken> FetchTokenAsync()
    {
        var asked = _time.GetUtcNow();
        var answer = await SendAsync(Call.PostForm(Address.Of("/oidc/token"), new KeyValuePair<string, string>("grant_type", "client_credentials")), CancellationToken.None);
        return answer.Read(WatchwordJson.Default.ClientToken).From(asked);
    }

    /// <summary>200, 400, 800 ms and so on, less up to half, so that those who failed together do not come back together.</summary>
    private static TimeSpan Backoff(int again)
    {
        var longest = Math.Min(LongestBackoff, 200 << Math.Min(again, 8));
        return TimeSpan.FromMilliseconds((longest / 2) + RandomNumberGenerator.GetInt32(longest / 2));
    }

    private static WatchwordException Unreachable(Call call, HttpRequestException failure) =>
        new(ErrorCodes.Unreachable, $"{call} did not get through ({failure.HttpRequestError}).", innerException: failure) { Route = call.Address.Route };
}
