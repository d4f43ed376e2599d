using Acme.Web.Login;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;

namespace Acme.Web.Pages;

/// <summary>Makes an account and sends its number a code. Whoever has an account already gets just the code; the page does not say.</summary>
[EvenTime]
[EnableRateLimiting(Limits.Forms)]
internal sealed class SignUpModel(CodeDesk desk, TimeProvider time) : PageModel
{
    public string? Name { get; private set; }

    public string? Number { get; private set; }

    public bool NameMissing { get; private set; }

    public Problem? Problem { get; private set; }

    public IActionResult OnGet() => User.Identity!.IsAuthenticated ? LocalRedirect("/account") : Page();

    public async Task<IActionResult> OnPostAsync(string? name, string? number)
    {
        (Name, Number) = (name?.Trim(), number?.Trim());
        NameMissing = Name is not { Length: > 0 and <= 40 } || Name.Any(char.IsControl);
        if (NameMissing)
            return Page();
        // The name waits in the browser until the number has been shown to be theirs: nobody names another's account.
        var (step, problem) = await CodeStart.SendAsync(desk, HttpContext, Number, Name, from: null, time.GetUtcNow());
        Problem = problem;
        return step is null ? Page() : LocalRedirect("/code");
    }
}
