using Acme.Web.Login;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.RateLimiting;
using Watchword.Client;
using Watchword.Client.AspNetCore;
using Watchword.Client.Otp;
using Watchword.Client.Users;

namespace Acme.Web.Pages;

/// <summary>Takes the code and opens the session.</summary>
[EvenTime]
[EnableRateLimiting(Limits.Forms)]
internal sealed class CodeModel(CodeDesk desk, SessionCheck sessions, WatchwordClient watchword, IdTokenValidator idTokens, TimeProvider time) : PageModel
{
    private Problem? _problem;
    private string? _notice;

    public CodeStep Step { get; private set; } = null!;

    public CodeView View => CodeView.Of(
        "/code", Step.Name is null ? "Log in" : "Sign up", hasCode: true, Step.ExpiresAt, Step.ResendAt, time.GetUtcNow(), _problem, _notice);

    public IActionResult OnGet() => ReadStep() ? Page() : LocalRedirect("/login");

    public async Task<IActionResult> OnPostAsync(string? code)
    {
        if (!ReadStep())
            return LocalRedirect("/login");
        if (CodeDesk.Digits(code) is not { } digits)
        {
            _problem = CodeDesk.NoCode;
            return Page();
        }
        var result = await desk.CheckAsync(
            new AuthenticateRequest { User = Identifier.PhoneNumber(Step.Number), Passcode = digits, RequestId = Step.RequestId }, HttpContext);
        if (!result.Accepted)
        {
            _problem = CodeDesk.ProblemOf(result);
            return Page();
        }
        // It came straight from the server; but whoever copies this code may put something in between.
        var proof = await idTokens.ValidateAsync(result.Tokens.IdToken, new IdTokenExpectation { AccessToken = result.Tokens.AccessToken });
        if (!proof.Valid)
            throw new InvalidOperationException(proof.Fault);
        await sessions.SignInAsync(HttpContext, proof.Token, result.Tokens, await NameOfAsync(proof.Token.UserId));
        CodeStepCookie.Clear(HttpContext);
        return LocalRedirect(Step.From ?? "/account");
    }

    public async Task<IActionResult> OnPostResendAsync()
    {
        if (!ReadStep())
            return LocalRedirect("/login");
        var answer = await desk.SendAsync(Step.Number, HttpContext);
        if (answer.Problem is null)
        {
            Step = Step with { RequestId = answer.RequestId, ExpiresAt = answer.ExpiresAt, ResendAt = answer.ResendAt };
            _notice = "A new code is on its way. The one before does not work any more.";
        }
        else if (answer.Problem.Locked)
        {
            _problem = answer.Problem;
        }
        else
        {
            Step = Step with { ResendAt = answer.ResendAt };
            _problem = answer.Problem;
        }
        CodeStepCookie.Write(HttpContext, Step);
        return Page();
    }

    private bool ReadStep()
    {
        if (CodeStepCookie.Read(HttpContext) is not { } step)
            return false;
        Step = step;
        return true;
    }

    /// <summary>What the user is called. A name given at sign-up becomes theirs now, and only if they had none.</summary>
    private async Task<string?> NameOfAsync(string userId)
    {
        var user = await watchword.Users.GetAsync(userId);
        if (user?.Name is null && Step.Name is not null)
            user = await watchword.Users.UpdateAsync(userId, new UserUpdate { Name = new PersonName(FirstName: Step.Name) });
        return user?.Name?.FirstName;
    }
}
