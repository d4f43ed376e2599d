using Watchword.Client.Wire;

namespace Watchword.Client.Otp;

/// <summary>Codes: sends them, and trades them for tokens. For clients of an application.</summary>
public sealed class OtpApi
{
    private readonly Connection _connection;

    internal OtpApi(Connection connection) => _connection = connection;

    /// <summary>Sends a user a code. Tried again only when no connection was made, so that nobody gets two.</summary>
    /// <param name="user">Whose code it is.</param>
    /// <param name="channel">How it travels.</param>
    /// <param name="cancellation">Stops waiting; the code may be on its way all the same.</param>
    /// <exception cref="WatchwordException">What is no matter of the user's: bad input, a closed channel, no provider.</exception>
    public Task<SendResult> SendAsync(Identifier user, OtpChannel channel = OtpChannel.Sms, CancellationToken cancellation = default) =>
        SendAsync(new SendRequest { User = user, Channel = channel }, cancellation);

    /// <summary>Sends a user a code, with a say in text, destination, life and approval. Tried again only when no connection was made.</summary>
    /// <exception cref="WatchwordException">What is no matter of the user's: bad input, a closed channel, no provider.</exception>
    public async Task<SendResult> SendAsync(SendRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = Call.Post(Address.Of("/cis/v1/auth/otp/send"), SendBody.Of(request), WatchwordJson.Default.SendBody, Repeat.IfNeverConnected);
        return SendResult.Of(await _connection.SendAsync(call, cancellation));
    }

    /// <summary>Trades a code for tokens. Never tried again: each try is a guess, and a code works once.</summary>
    /// <exception cref="WatchwordException">What is no matter of the user's, such as bad input. A wrong code is an outcome.</exception>
    public Task<AuthenticateResult> AuthenticateAsync(Identifier user, string passcode, CancellationToken cancellation = default) =>
        AuthenticateAsync(new AuthenticateRequest { User = user, Passcode = passcode }, cancellation);

    /// <summary>Trades a code for tokens, with a say in session, audience and claims. Never tried again.</summary>
    /// <exception cref="WatchwordException">What is no matter of the user's, such as bad input. A wrong code is an outcome.</exception>
    public async Task<AuthenticateResult> AuthenticateAsync(AuthenticateRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = Call.Post(Address.Of("/cis/v1/auth/otp/authenticate"), AuthenticateBody.Of(request), WatchwordJson.Default.AuthenticateBody, Repeat.Never);
        return AuthenticateResult.Of(await _connection.SendAsync(call, cancellation));
    }
}
