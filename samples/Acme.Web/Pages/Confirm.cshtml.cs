using Acme.Web.Login;
using Acme.Web.Payments;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace Acme.Web.Pages;

/// <summary>Shows what is to be approved, takes the code, and pays.</summary>
[Authorize]
[EnableRateLimiting(Limits.Forms)]
internal sealed class ConfirmModel(PaymentBook book, PaymentCodes codes, SessionCheck sessions, TimeProvider time) : PageModel
{
    private Problem? _problem;
    private string? _notice;

    public Payment Payment { get; private set; } = null!;

    public CodeView View => CodeView.Of(
        $"/pay/{Payment.Id}", $"Pay {Payment.AmountText}", Payment.RequestId is not null, Payment.ExpiresAt, Payment.ResendAt, time.GetUtcNow(), _problem, _notice);

    public IActionResult OnGet(string id) => Find(id) ?? Page();

    public async Task<IActionResult> OnPostAsync(string id, string? code)
    {
        if (Find(id) is { } elsewhere)
            return elsewhere;
        if (CodeDesk.Digits(code) is not { } digits || Payment.RequestId is null)
        {
            _problem = CodeDesk.NoCode;
            return Page();
        }
        if (await SessionCheck.SessionIdAsync(HttpContext) is not { } session)
            return Challenge();
        var (proof, tokens, problem) = await codes.PayAsync(Payment, digits, session, HttpContext);
        if (problem == PaymentCodes.LoggedOut)
        {
            await HttpContext.SignOutAsync();
            return LocalRedirect("/login");
        }
        _problem = problem;
        if (proof is null)
            return Page();
        await sessions.SignInAsync(HttpContext, proof, tokens! with { SessionId = session }, User.Identity!.Name);
        return LocalRedirect($"/account?paid={Payment.Id}");
    }

    public async Task<IActionResult> OnPostResendAsync(string id)
    {
        if (Find(id) is { } elsewhere)
            return elsewhere;
        _problem = await codes.SendAsync(Payment, HttpContext);
        Payment = book.Find(Payment.UserId, id) ?? Payment;
        if (_problem is null)
            _notice = "A new code is on its way. The one before does not work any more.";
        return Page();
    }

    /// <summary>Finds the payment; where there is nothing to approve, the page to go to.</summary>
    private IActionResult? Find(string id)
    {
        if (book.Find(PaymentCodes.PayerOf(User), id) is not { } payment)
            return NotFound();
        Payment = payment;
        return payment.State switch
        {
            PaymentState.Paid => LocalRedirect($"/account?paid={payment.Id}"),
            PaymentState.Dropped => LocalRedirect("/pay"),
            _ => null,
        };
    }
}
