using Acme.Web.Login;
using Acme.Web.Payments;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Watchword.Client;
using Watchword.Client.Sessions;

namespace Acme.Web.Pages;

/// <summary>What the user has here, and the ways out.</summary>
[Authorize]
internal sealed class AccountModel(WatchwordClient watchword, PaymentBook book) : PageModel
{
    public string? Number { get; private set; }

    public bool Verified { get; private set; }

    public Payment? JustPaid { get; private set; }

    public IReadOnlyList<Payment> Payments { get; private set; } = [];

    public IReadOnlyList<Session> Sessions { get; private set; } = [];

    private string UserId => User.FindFirst("sub")!.Value;

    public async Task OnGetAsync(string? paid)
    {
        var user = await watchword.Users.GetAsync(UserId);
        Number = user?.PhoneNumber?.Value;
        Verified = user?.PhoneNumber?.PhoneNumberVerified == true;
        Sessions = await watchword.Sessions.ListAsync(UserId);
        Payments = book.PaidBy(UserId);
        JustPaid = Payments.FirstOrDefault(p => p.Id == paid);
    }

    public async Task<IActionResult> OnPostLogOutAsync()
    {
        if (await SessionCheck.SessionIdAsync(HttpContext) is { } session)
            await watchword.Sessions.LogoutAsync(session);
        return await LeaveAsync();
    }

    /// <summary>Ends all sessions at the server. This browser is out at once, the others when they are checked next.</summary>
    public async Task<IActionResult> OnPostLogOutEverywhereAsync()
    {
        await watchword.Sessions.EndAllAsync(UserId);
        return await LeaveAsync();
    }

    private async Task<IActionResult> LeaveAsync()
    {
        await HttpContext.SignOutAsync();
        return LocalRedirect("/");
    }
}
