using System.Text;
using Microsoft.Net.Http.Headers;

namespace Watchword.Server.Portal;

/// <summary>What a person sees when there is no page for them: refused, not found, failed.</summary>
internal static class ProblemPage
{
    public static async Task WriteAsync(HttpContext context, int status)
    {
        var (title, text) = status switch
        {
            StatusCodes.Status403Forbidden => ("Not for your role", "Your role does not allow this page. An owner can change your role."),
            StatusCodes.Status404NotFound => ("There is no such page", "The address leads nowhere. Perhaps it was mistyped, or what it showed is gone."),
            StatusCodes.Status429TooManyRequests => ("Too many tries", "Wait a minute, then try again."),
            StatusCodes.Status400BadRequest => ("This form is too old", "Go back, reload the page and send it again."),
            _ => ("Something went wrong here", "It has been logged. Try again; if it happens again, tell whoever runs this server."),
        };
        var root = context.Request.PathBase.Value;
        context.Response.StatusCode = status;
        PortalHeaders.Set(context.Response.Headers);
        context.Response.Headers[HeaderNames.ContentType] = "text/html; charset=utf-8";
        await context.Response.WriteAsync(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{title} - Watchword</title>
            <link rel="stylesheet" href="{root}/portal/portal.css"><link rel="icon" href="{root}/portal/icon.svg"></head>
            <body class="account"><main class="card"><p class="wordmark">Watchword</p><h1>{title}</h1><p>{text}</p><p><a class="button" href="{root}/">To the start</a></p></main></body>
            </html>
            """,
            Encoding.UTF8);
    }
}
