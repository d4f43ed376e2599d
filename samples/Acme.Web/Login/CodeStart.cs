namespace Acme.Web.Login;

/// <summary>How logging in and signing up begin.</summary>
internal static class CodeStart
{
    /// <summary>Sends a code to a number, after making its account where somebody signs up. The step that follows, or the problem to show.</summary>
    public static async Task<(CodeStep? Step, Problem? Problem)> SendAsync(
        CodeDesk desk, HttpContext http, string? number, string? name, string? from, DateTimeOffset now)
    {
        if (number is not { Length: > 0 and <= 40 })
            return (null, CodeDesk.NoNumber);
        if (name is not null && await desk.EnsureAccountAsync(number) is { } noAccount)
            return (null, noAccount);
        var answer = await desk.SendAsync(number, http);
        // Who asks again too soon, in the browser that waits for the code, goes on waiting for that.
        if (answer.Problem is { Locked: false, Wait: not null } && CodeStepCookie.Read(http) is { } waiting && waiting.Number == number && waiting.ExpiresAt > now)
            return (Keep(http, waiting with { ResendAt = answer.ResendAt, Name = name ?? waiting.Name, From = from ?? waiting.From }), null);
        return answer.Problem is null
            ? (Keep(http, new CodeStep(number, name, answer.RequestId, answer.ExpiresAt, answer.ResendAt, from)), null)
            : (null, answer.Problem);
    }

    private static CodeStep Keep(HttpContext http, CodeStep step)
    {
        CodeStepCookie.Write(http, step);
        return step;
    }
}
