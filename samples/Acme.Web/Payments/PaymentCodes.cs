using System.Security.Claims;
using Acme.Web.Login;
using Watchword.Client;
using Watchword.Client.AspNetCore;
using Watchword.Client.Otp;
using Watchword.Client.Sessions;

namespace Acme.Web.Payments;

/// <summary>Codes that approve payments: each is bound to one amount and one payee, says so in its message, and proves it in an ID token.</summary>
internal sealed partial class PaymentCodes(PaymentBook book, CodeDesk desk, IdTokenValidator idTokens, ILogger<PaymentCodes> log)
{
    /// <summary>How old the proof of a payment may be.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(5);

    public static string PayerOf(ClaimsPrincipal user) => user.FindFirst("sub")!.Value;

    /// <summary>Has a code sent for a payment, in place of the one before. The problem, if there is one.</summary>
    public async Task<Problem?> SendAsync(Payment payment, HttpContext http)
    {
        var answer = await desk.SendAsync(
            new SendRequest { User = Identifier.UserId(payment.UserId), CustomMessage = payment.Message, ApprovalData = payment.ApprovalData }, http);
        book.Change(payment, answer.Problem is null
            ? payment with { RequestId = answer.RequestId, ExpiresAt = answer.ExpiresAt, ResendAt = answer.ResendAt }
            : payment with { ResendAt = answer.ResendAt });
        return answer.Problem;
    }

    /// <summary>
    /// Has a code checked and carries the payment out. The login joins the session that the browser has, and the ID token must say that this user
    /// approved this amount to this payee just now. The tokens of the login, or the problem.
    /// </summary>
    public async Task<(IdToken? Proof, UserTokens? Tokens, Problem? Problem)> PayAsync(Payment payment, string code, string sessionId, HttpContext http)
    {
        var result = await desk.CheckAsync(
            new AuthenticateRequest { User = Identifier.UserId(payment.UserId), Passcode = code, RequestId = payment.RequestId, SessionId = sessionId }, http);
        if (!result.Accepted)
            return (null, null, result.Outcome == AuthenticateOutcome.SessionNotFound ? LoggedOut : CodeDesk.ProblemOf(result));
        var proof = await idTokens.ValidateAsync(result.Tokens.IdToken, new IdTokenExpectation
        {
            UserId = payment.UserId,
            AccessToken = result.Tokens.AccessToken,
            ApprovalData = payment.ApprovalData,
            MaxAge = Freshness,
        });
        if (!proof.Valid || !book.Change(payment, payment with { State = PaymentState.Paid, RequestId = null }))
        {
            NotApproved(log, payment.Id, proof.Fault ?? "The payment was changed meanwhile.");
            return (null, null, new Problem("That code was for another payment. Nothing was paid. Ask for a new code."));
        }
        return (proof.Token, result.Tokens, null);
    }

    /// <summary>The session behind the browser's cookie is over.</summary>
    public static Problem LoggedOut { get; } = new("You were logged out. Nothing was paid.");

    [LoggerMessage(1, LogLevel.Warning, "Payment {Payment} was not approved: {Fault}")]
    private static partial void NotApproved(ILogger log, string payment, string fault);
}
