using System.Globalization;
using Acme.Web.Login;
using Acme.Web.Payments;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace Acme.Web.Pages;

/// <summary>Enters a payment, or another in its place, and has a code sent that approves exactly it.</summary>
[Authorize]
[EnableRateLimiting(Limits.Forms)]
internal sealed class PayModel(PaymentBook book, PaymentCodes codes, TimeProvider time) : PageModel
{
    public string? Payee { get; private set; }

    public string? Amount { get; private set; }

    public bool PayeeWrong { get; private set; }

    public bool AmountWrong { get; private set; }

    public Problem? Problem { get; private set; }

    /// <summary>An empty form, or one with the payment that is to be changed.</summary>
    public void OnGet(string? change)
    {
        if (change is not null && book.Find(PaymentCodes.PayerOf(User), change) is { State: PaymentState.Waiting } payment)
            (Payee, Amount) = (payment.Payee, payment.Amount.ToString("0.00", CultureInfo.InvariantCulture));
    }

    public async Task<IActionResult> OnPostAsync(string? payee, string? amount)
    {
        (Payee, Amount) = (payee, amount);
        PayeeWrong = Payment.ReadPayee(payee) is null;
        AmountWrong = Payment.ReadAmount(amount) is null;
        if (PayeeWrong || AmountWrong)
            return Page();
        var now = time.GetUtcNow();
        var payment = new Payment(
            Guid.CreateVersion7(now).ToString("N"), PaymentCodes.PayerOf(User), Payment.ReadPayee(payee)!, Payment.ReadAmount(amount)!.Value, now) { ResendAt = now };
        book.Enter(payment);
        Problem = await codes.SendAsync(payment, HttpContext);
        // Too soon after another code: the payment is entered, and its page says when there can be one.
        return Problem is { Locked: true } ? Page() : LocalRedirect($"/pay/{payment.Id}");
    }
}
