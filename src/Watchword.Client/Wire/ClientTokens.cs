namespace Watchword.Client.Wire;

/// <summary>A token of the client's own, as the server gives it out.</summary>
internal sealed record ClientToken(string AccessToken, int ExpiresIn)
{
    private DateTimeOffset _expires;
    private DateTimeOffset _renews;

    /// <summary>Counted from when it was asked for. It is renewed in the last tenth of its life, at most five minutes before its end.</summary>
    public ClientToken From(DateTimeOffset asked) => this with
    {
        _expires = asked.AddSeconds(ExpiresIn),
        _renews = asked.AddSeconds(ExpiresIn - Math.Min(300, ExpiresIn / 10.0)),
    };

    public bool IsFresh(DateTimeOffset now) => now < _renews;

    public bool IsAlive(DateTimeOffset now) => now < _expires;

    /// <summary>As good as new for a while: what could not be renewed is not asked for with every call.</summary>
    public ClientToken Spared(DateTimeOffset now) => this with { _renews = now.AddSeconds(5) };

    public override string ToString() => $"client token until {_expires:u}";
}

/// <summary>Keeps the client's token. However many ask at once, one fetches.</summary>
internal sealed class ClientTokens(Func<Task<ClientToken>> fetch, TimeProvider time)
{
    private readonly Lock _lock = new();
    private ClientToken? _token;
    private Task<ClientToken>? _fetching;

    public async ValueTask<string> GetAsync(CancellationToken cancellation)
    {
        Task<ClientToken> fetching;
        lock (_lock)
        {
            if (_token?.IsFresh(time.GetUtcNow()) == true)
                return _token.AccessToken;
            fetching = _fetching ??= RenewAsync();
        }
        return (await fetching.WaitAsync(cancellation)).AccessToken;
    }

    /// <summary>Forgets a token that was refused, unless somebody else has already replaced it.</summary>
    public void Drop(string refused)
    {
        lock (_lock)
        {
            if (_token?.AccessToken == refused)
                _token = null;
        }
    }

    private async Task<ClientToken> RenewAsync()
    {
        // Off the lock, under which this is called.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        ClientToken? token = null;
        try
        {
            token = await fetch();
        }
        catch (WatchwordException failure) when (failure.ErrorCode is ErrorCodes.Timeout or ErrorCodes.Unreachable or ErrorCodes.InternalError or ErrorCodes.UnreadableAnswer)
        {
            // It is renewed early, so that a server that is away for a moment stops nobody.
            var now = time.GetUtcNow();
            lock (_lock)
                token = _token?.IsAlive(now) == true ? _token.Spared(now) : null;
            if (token is null)
                throw;
        }
        finally
        {
            lock (_lock)
                (_token, _fetching) = (token ?? _token, null);
        }
        return token;
    }
}
