using Acme.Web.Login;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace Acme.Web.Pages;

/// <summary>Asks for a number and sends it a code, if somebody has it; the page does not say.</summary>
[EvenTime]
[EnableRateLimiting(Limits.Forms)]
internal sealed class LoginModel(CodeDesk desk, TimeProvider time) : PageModel
{
    public string? Number { get; private set; }

    public string? From { get; private set; }

    public Problem? Problem { get; private set; }

    public IActionResult OnGet(string? from)
    {
        From = Url.IsLocalUrl(from) ? from : null;
        return User.Identity!.IsAuthenticated ? LocalRedirect("/account") : Page();
    }

    public async Task<IActionResult> OnPostAsync(string? number, string? from)
    {
        Number = number?.Trim();
        From = Url.IsLocalUrl(from) ? from : null;
        var (step, problem) = await CodeStart.SendAsync(desk, HttpContext, Number, name: null, From, time.GetUtcNow());
        Problem = problem;
        return step is null ? Page() : LocalRedirect("/code");
    }
}
