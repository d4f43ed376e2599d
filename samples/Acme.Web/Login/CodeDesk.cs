using System.Text.RegularExpressions;
using Watchword.Client;
using Watchword.Client.Otp;
using Watchword.Client.Users;

namespace Acme.Web.Login;

/// <summary>What became of asking for a code.</summary>
/// <param name="RequestId">Comes back with the code.</param>
/// <param name="ExpiresAt">When the code is too old.</param>
/// <param name="ResendAt">When there can be another.</param>
/// <param name="Problem">Why there is none; null when it is on its way.</param>
internal sealed record CodeAnswer(string? RequestId, DateTimeOffset ExpiresAt, DateTimeOffset ResendAt, Problem? Problem);

/// <summary>What hinders a user, in words.</summary>
/// <param name="Text">A sentence.</param>
/// <param name="Wait">How long it lasts, where that is known.</param>
/// <param name="Locked">Nothing can be typed meanwhile.</param>
internal sealed record Problem(string Text, TimeSpan? Wait = null, bool Locked = false)
{
    /// <summary>Whole seconds to count down from, never too few.</summary>
    public int? Seconds => Wait is { } wait ? (int)Math.Ceiling(wait.TotalSeconds) : null;
}

/// <summary>Asks Watchword for codes and has them checked. All that it says is the same whether somebody has the number or not.</summary>
internal sealed partial class CodeDesk(WatchwordClient watchword, AcmeOptions acme, TimeProvider time, ILogger<CodeDesk> log)
{
    /// <summary>
    /// Makes an account for a number that has none. One that is there already is left as it is, and its owner is simply logged in by the code: who
    /// does not hold the number learns nothing. Null when the number cannot be one.
    /// </summary>
    public async Task<Problem?> EnsureAccountAsync(string number)
    {
        try
        {
            await watchword.Users.CreateAsync(new NewUser { PhoneNumber = number });
            return null;
        }
        catch (WatchwordException known) when (known.ErrorCode == ErrorCodes.UserAlreadyExists)
        {
            return null;
        }
        catch (WatchwordException fault) when (fault.ErrorCode == ErrorCodes.InvalidInput)
        {
            return NoNumber;
        }
    }

    /// <summary>Asks for a code that logs in.</summary>
    public Task<CodeAnswer> SendAsync(string number, HttpContext http) =>
        SendAsync(new SendRequest { User = Identifier.PhoneNumber(number) }, http);

    /// <summary>Asks for a code. It works with its request id only, and so in this browser only.</summary>
    public async Task<CodeAnswer> SendAsync(SendRequest request, HttpContext http)
    {
        var now = time.GetUtcNow();
        SendResult sent;
        try
        {
            sent = await watchword.Otp.SendAsync(request with
            {
                GenerateRequestId = true,
                ExpiresInMinutes = (int)acme.CodeLife.TotalMinutes,
                ClientAttributes = AttributesOf(http),
            });
        }
        catch (WatchwordException fault) when (fault.ErrorCode == ErrorCodes.InvalidInput)
        {
            return new CodeAnswer(null, now, now, NoNumber);
        }
        switch (sent.Outcome)
        {
            case SendOutcome.Limited:
                var wait = sent.RetryAfter ?? acme.CoolDown;
                return new CodeAnswer(null, now, now + wait, new Problem("This number was sent a code a moment ago. It can have another in", wait));
            case SendOutcome.Locked:
                return new CodeAnswer(null, now, now, LockedFor(sent.RetryAfter));
            case SendOutcome.Sent:
                return new CodeAnswer(sent.RequestId, now + acme.CodeLife, now + acme.CoolDown, null);
            default:
                // With conceal_unknown_users the server does not say this. It is not passed on, but its time can still be measured.
                NotConcealed(log, sent.Outcome);
                return new CodeAnswer(null, now + acme.CodeLife, now + acme.CoolDown, null);
        }
    }

    /// <summary>Has a code checked.</summary>
    public Task<AuthenticateResult> CheckAsync(AuthenticateRequest request, HttpContext http) =>
        watchword.Otp.AuthenticateAsync(request with { ClientAttributes = AttributesOf(http) });

    /// <summary>What to tell somebody whose code was not accepted.</summary>
    public static Problem ProblemOf(AuthenticateResult result) => result.Outcome switch
    {
        AuthenticateOutcome.Expired => new Problem("That code is too old. Ask for a new one."),
        AuthenticateOutcome.Locked => LockedFor(result.RetryAfter),
        _ => new Problem("That is not the code. Look at the newest message and try again."),
    };

    /// <summary>Nothing that can be a code: no guess is spent on it.</summary>
    public static Problem NoCode { get; } = new("Type the digits from the message.");

    /// <summary>What was typed is no number.</summary>
    public static Problem NoNumber { get; } = new("Type a phone number with its country code, such as +44 7700 900123.");

    /// <summary>The code in what was typed or pasted, in groups or with the whole message around it: its last 4 to 8 digits. Null when there is none.</summary>
    public static string? Digits(string? typed) =>
        LastDigits().Match(BetweenDigits().Replace(typed ?? "", "")) is { Success: true } found ? found.Value : null;

    private static Problem LockedFor(TimeSpan? wait) => wait is null
        ? new Problem("Too many wrong codes. Please call us, and we will open this number again.", Locked: true)
        : new Problem("Too many wrong codes. To keep others out, this number has to wait", wait, Locked: true);

    private static ClientAttributes AttributesOf(HttpContext http) =>
        new(http.Request.Headers.UserAgent.ToString() is { Length: > 0 and <= 256 } agent ? agent : null, http.Connection.RemoteIpAddress?.ToString());

    [GeneratedRegex("(?<=[0-9])[ -](?=[0-9])")]
    private static partial Regex BetweenDigits();

    [GeneratedRegex("(?<![0-9])[0-9]{4,8}(?![0-9])", RegexOptions.RightToLeft)]
    private static partial Regex LastDigits();

    [LoggerMessage(1, LogLevel.Warning, "Watchword answered {Outcome}. Switch on conceal_unknown_users for this application.")]
    private static partial void NotConcealed(ILogger log, SendOutcome outcome);
}
