using Watchword.Core.Audit;
using Watchword.Server.Delivery.Providers;
using Watchword.Server.Storage;

namespace Watchword.Server.Administration;

/// <summary>A webhook as an administrator wants it; what is null stays as it is.</summary>
internal sealed record WebhookInput(string? Uri, string? ApiKey, IReadOnlyList<string?>? Events, bool? Enabled)
{
    private const int LongestKey = 500;
    private const int MostEvents = 100;

    /// <summary>Every fault, a sentence each.</summary>
    /// <param name="isNew">Whether nothing may be left out.</param>
    public List<string> Faults(bool isNew)
    {
        var faults = new List<string>();
        var fields = new ProviderSettings(new Dictionary<string, string> { ["api_key"] = ApiKey ?? "" });
        if (Uri is null && isNew)
            faults.Add("uri is required: the address of your webhook; it is asked to prove itself.");
        faults.AddRange(ProviderAddress.WholeFaults("uri", Uri));
        if (ApiKey is null ? isNew : ApiKey.Length is 0 or > LongestKey)
            faults.Add($"api_key is required: 1 to {LongestKey} characters, sent as X-API-Key so that your webhook knows who calls.");
        else if (ApiKey is not null)
            faults.AddRange(ProviderAddress.HeaderFaults(fields, "api_key"));
        if (Events is null ? isNew : Events.Count is 0 or > MostEvents)
            faults.Add($"events is required: one or more of {string.Join(", ", WebhookEvents.Offered)}.");
        else
            faults.AddRange((Events ?? []).Select((name, i) => (name, i)).Where(e => !WebhookEvents.Offered.Contains(e.name)).Select(e => $"events[{e.i}] must be one of {string.Join(", ", WebhookEvents.Offered)}."));
        return faults;
    }

    /// <summary>The events, each once, in our order.</summary>
    public IReadOnlyList<string>? Chosen => Events is null ? null : [.. WebhookEvents.Offered.Where(Events.Contains)];
}

/// <summary>A webhook, and its signing secret where that is shown: when it is made.</summary>
internal sealed record ShownWebhook(Webhook Webhook, string? SigningSecret = null);

/// <summary>How trying a webhook out went.</summary>
internal sealed record WebhookTrial(string EventId, Events.WebhookAnswer Answer);
