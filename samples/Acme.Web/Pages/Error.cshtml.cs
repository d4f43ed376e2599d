using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Acme.Web.Pages;

/// <summary>Says what went wrong, and nothing about how.</summary>
[IgnoreAntiforgeryToken]
[ResponseCache(NoStore = true, Location = ResponseCacheLocation.None)]
internal sealed class ErrorModel : PageModel
{
    public string Title { get; private set; } = "";

    public string Advice { get; private set; } = "";

    public void OnGet(int? status) => Say(status);

    public void OnPost(int? status) => Say(status);

    private void Say(int? status) => (Title, Advice) = status switch
    {
        400 => ("That page was open for too long", "Go back, load it again and try once more."),
        404 => ("There is no such page", "The address may be mistyped, or the page is gone."),
        429 => ("That was a lot of tries", "Wait a minute, then go on."),
        _ => ("Something went wrong", "It is not your fault. Try again in a moment."),
    };
}
