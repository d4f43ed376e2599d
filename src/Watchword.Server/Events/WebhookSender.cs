using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Watchword.Server.Delivery;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Events;

/// <summary>What became of posting to a webhook.</summary>
/// <param name="Status">HTTP status; null when no answer came.</param>
/// <param name="Fault">Why it failed, in our words; null when it did not. The webhook's own words are not kept: nobody knows what is in them.</param>
/// <param name="RetryAfter">How long it asked to be left alone.</param>
/// <param name="Took">How long it took.</param>
internal sealed record WebhookAnswer(int? Status, string? Fault, TimeSpan? RetryAfter, TimeSpan Took)
{
    public bool Arrived => Fault is null;

    /// <summary>The address says that it will not want anything any more.</summary>
    public bool Gone => Status == 410;
}

/// <summary>Posts one event to one webhook, once.</summary>
internal sealed class WebhookSender(ProviderHttp http, Seal seal, TimeProvider time)
{
    /// <summary>How long a webhook may take to answer.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>Never throws for what the other side does.</summary>
    public async Task<WebhookAnswer> SendAsync(Webhook webhook, string eventId, string payload)
    {
        var began = time.GetTimestamp();
        if (WebhookSecrets.Open(webhook, seal) is not { } secrets)
            return new(null, "The webhook's secrets cannot be opened with this master key. Delete the webhook and create it again.", null, TimeSpan.Zero);
        using var activity = EventsTelemetry.Source.StartActivity("webhook", ActivityKind.Client);
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook.Uri);
        var now = time.GetUtcNow();
        request.Headers.Add(AddressChallenge.KeyHeader, secrets.ApiKey);
        request.Headers.Add("webhook-id", eventId);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", secrets.Sign(eventId, now, payload));
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(payload)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var timeout = new CancellationTokenSource(Timeout, time);
        WebhookAnswer answer;
        try
        {
            answer = Read(await http.AskAsync(request, timeout.Token, WebhookRetries.LongestPause));
        }
        catch (OperationCanceledException)
        {
            answer = new(null, $"No answer came within {Timeout.TotalSeconds} seconds.", null, default);
        }
        answer = answer with { Took = time.GetElapsedTime(began) };
        EventsTelemetry.Tried(answer);
        return answer;
    }

    private static WebhookAnswer Read(ProviderAnswer answer)
    {
        if (answer.Fault is { } fault)
            return new(null, fault.Outcome == SendOutcome.Unknown ? "The connection broke before an answer came." : fault.Reason, null, default);
        return new(answer.Status, answer.Good ? null : Words(answer.Status), answer.Good ? null : answer.RetryAfter, default);
    }

    private static string Words(int status) => status switch
    {
        410 => "It answered 410: it wants no more events.",
        >= 300 and < 400 => string.Create(CultureInfo.InvariantCulture, $"It answered {status}, a redirect, which is not followed; set the address that it leads to."),
        _ => string.Create(CultureInfo.InvariantCulture, $"It answered {status}; anything from 200 to 299 is a yes."),
    };
}
